// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import MemoryModel

@Suite struct `Pages of other sizes` {
    @Test func `memory from 1 TiB on, in pages of 16 KiB, is all in DMA`() throws {
        var machine = Machine(booting: Machines.largePages)
        #expect(machine.blockSize == 128 << 20)
        #expect(machine.pagesPerBlock == 8192)
        #expect(machine.blocks.map(\.id.rawValue) == Array(8192...8207))
        #expect(machine.zone(.dma).start == 1 << 26)
        #expect(machine.zone(.dma).present == 16 * 8192)
        #expect(machine.zone(.dma32).spanned == 0 && machine.zone(.normal).spanned == 0)
        #expect(machine.pages.layout.maxOrder == 11 && machine.pages.layout.pageblockOrder == 11)

        try machine.run(.probe(address: 8208 << 27))
        #expect(machine.zones(for: 8208) == "Normal Movable")
        try machine.run(.state(8208, .onlineMovable), .state(8193, .offline))
        #expect(machine.zone(.movable).managed == 8192)
        #expect(machine.zones(for: 8193) == "DMA Movable")
        expectInvariants(machine)
    }

    @Test func `with pages of 64 KiB a pageblock is a section of 512 MiB`() throws {
        var machine = Machine(booting: Machines.largestPages)
        #expect(machine.blockSize == 512 << 20)
        #expect(machine.pagesPerBlock == 8192)
        #expect(machine.zone(.dma).end == 1 << 16 && machine.zone(.normal).start == 1 << 16)
        #expect(machine.freeChunks(of: machine.zone(.normal)).count == 14)
        try machine.run(.plug(id: "d", size: 512 << 20, node: NodeID(0)), .state(16, .online), .unplug(id: "d"))
        expectInvariants(machine)
    }

    @Test func `the usual pages are those of a machine that does not say`() {
        #expect(MachineDescription(architecture: .ppc64, memory: []).pageSize == 64 << 10)
        #expect(MachineDescription(architecture: .ppc64, pageSize: 4096, memory: []).geometry.maxOrder == 12)
        #expect(MachineDescription(architecture: .ia64, memory: []).geometry.sectionSize == 1 << 30)
    }
}
