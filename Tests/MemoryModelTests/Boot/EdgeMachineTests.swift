// SPDX-License-Identifier: Apache-2.0

import MachineFile
import Testing

@testable import MemoryModel

/// Machines whose memory does not end where blocks do.
@Suite struct `Machines at the edges` {
    private func boot(_ text: String) throws -> Machine {
        Machine(booting: try MachineFile.parse(text, name: "edge"))
    }

    @Test func `what is not mirrored is Movable and nothing else, whatever the spans say`() throws {
        let machine = try boot(
            """
            cmdline = "kernelcore=mirror"
            memory = [
                { first = 0x100000, last = 0xbfffffff }, { first = 0x100000000, last = 0x100000fff },
                { first = 0x100001000, last = 0x17fffffff },
            ]
            """)
        expectInvariants(machine)
        var poisoned = machine
        for page in 0..<1100 {
            _ = poisoned.apply(.softOffline(address: 0x1_1000_0000 + UInt64(page) * 4096))
        }
        expectInvariants(poisoned)
    }

    @Test func `a block on three nodes links to all of them`() throws {
        let machine = try boot(
            """
            memory = [{ first = 0, last = 0x3fffffff }]
            affinity = [
                { node = 0, first = 0, last = 0x39ffffff }, { node = 1, first = 0x3a000000, last = 0x3bffffff },
                { node = 2, first = 0x3c000000, last = 0x3fffffff },
            ]
            """)
        #expect(machine.blocks[BlockID(7)]?.nodes == [NodeID(0), NodeID(1), NodeID(2)])
        expectInvariants(machine)
    }

    /*
         Normal  [ 32 ... 38 | 39 half ]            spanned to the middle of 39
                 [ 32 ... 38 | 39 half | 40 ]       40 online
                 [ 32 ... 38 | 39 half ]            and offline again: the same as before
     */
    @Test func `a span shrinks to the last memory, not to the end of its block`() throws {
        var machine = try boot(
            """
            memory = [{ first = 0, last = 0xbfffffff }, { first = 0x100000000, last = 0x13bffffff }]
            """)
        let before = try #require(machine[NodeID(0)].zone(.normal))
        try machine.run(.probe(address: 0x1_4000_0000), .state(40, .onlineKernel), .state(40, .offline))
        let after = try #require(machine[NodeID(0)].zone(.normal))
        #expect(after.start == before.start && after.spanned == before.spanned && after.present == before.present)
        #expect(before.free - after.free == machine.memoryMapPages, "block 40's memory map is in Normal")
        expectInvariants(machine)
    }

    @Test func `standby memory is on the node the firmware says`() throws {
        let machine = try boot(
            """
            memory = [
                { first = 0, last = 0x3fffffff }, { first = 0x100000000, size = "1G", type = "standby" },
            ]
            affinity = [{ node = 0, first = 0, last = 0x3fffffff }, { node = 1, first = 0x100000000, size = "4G" }]
            """)
        #expect(machine.blocks[BlockID(32)]?.nodes == [NodeID(1)])
        #expect(machine.onlineNodes.map(\.id) == [NodeID(0), NodeID(1)])
        expectInvariants(machine)
    }

    @Test func `as many blocks go at once as came`() throws {
        var machine = try boot(
            """
            address_bits = 46
            memory = [{ first = 0, size = "64G" }]
            affinity = [{ node = 0, first = 0, size = "64G" }, { node = 1, first = "1T", size = "32T", hotplug = true }]
            """)
        let blocks = machine.blocks.count
        // 64 bytes a page: the map of 2 TiB takes half of the 64 GiB.
        let free = machine[NodeID(0)].free
        try machine.run(.plug(id: "large", size: 2 << 40, node: NodeID(1)))
        #expect(machine.blocks.count == blocks + (2 << 40) / Int(machine.blockSize))
        #expect(free - machine[NodeID(0)].free == 32 << 30 / machine.pageSize)
        try machine.run(.unplug(id: "large"))
        #expect(machine.blocks.count == blocks && machine.onlineNodes.count == 1)
        #expect(machine[NodeID(0)].free == free)
    }

    @Test func `a device whose memory map finds no room stays in its slot, unused`() throws {
        var machine = try boot(
            """
            address_bits = 46
            memory = [{ first = 0, last = 0x3fffffff }]
            affinity = [{ node = 0, first = 0, last = 0x3fffffff }, { node = 1, first = "1T", size = "32T", hotplug = true }]
            """)
        let free = machine.unused(.dma) + machine.unused(.dma32)
        let outcome = try machine.run(.plug(id: "large", size: 2 << 40, node: NodeID(1)))
        #expect(
            outcome.changes.contains {
                if case .refused(let refusal) = $0 { refusal.errno == .noMemory } else { false }
            })
        #expect(machine.devices[0].module?.isBound == false)
        #expect(machine.unused(.dma) + machine.unused(.dma32) == free)
        expectInvariants(machine)
    }
}
