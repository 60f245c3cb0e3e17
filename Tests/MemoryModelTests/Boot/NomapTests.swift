// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import MemoryModel

/*
    RAM       [ 1 GiB           .....][ 128 MiB nomap ][ usable ..... 2 GiB ]
    blocks      0 to 7                 8                 9 to 15
*/
@Suite struct `Memory that is not mapped` {
    private let machine = Machine(booting: Machines.notMapped)

    @Test func `is there, and never free`() {
        expectInvariants(machine)
        #expect(machine.blocks.count == 16 && machine.block(8).isOnline)
        let node = machine.nodes[0]
        #expect(node.present == 2 * Machines.GiB / machine.pageSize)
        #expect(node.present - node.managed >= machine.pagesPerBlock)
        #expect(machine.memblock.memory.map(\.flags) == [[], .nomap, []])
        #expect(!machine.memblock.reserved.contains { $0.bytes.contains(Machines.GiB) }, "it needs no reserving")
    }

    @Test func `keeps its block from going offline`() {
        var machine = machine
        #expect(machine.errno(of: .setState(BlockID(8), .offline)) == .busy)
    }

    @Test func `is no resource of the kernel's`() {
        let resource = machine.resources.resources.first { $0.first == Machines.GiB }
        #expect(resource?.name == "reserved" && resource?.isBusy == false)
        #expect(resource?.last == Machines.GiB + Machines.block - 1)
    }
}
