// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import MemoryModel

@Suite struct `Free pages` {
    @Test(
        arguments: [
            (0..<10, 3..<5, [0..<3, 5..<10]), (0..<10, 0..<5, [5..<10]), (0..<10, 5..<10, [0..<5]),
            (0..<10, 0..<10, []),
            (0..<10, 20..<30, [0..<10]), (5..<5, 0..<10, []), (3..<5, 0..<10, []),
        ] as [(Range<PageFrame>, Range<PageFrame>, [Range<PageFrame>])])
    func `taking a range out leaves what is beside it`(
        whole: Range<PageFrame>, other: Range<PageFrame>, left: [Range<PageFrame>]
    ) {
        #expect(whole.without(other) == left)
    }

    @Test func `a fresh block is chunks of the highest order, and what is taken from it is split off`() throws {
        var machine = Machine(booting: Machines.oneNode())
        try machine.probe(32...32)
        try machine.run(.state(32, .onlineKernel))
        #expect(machine.freeChunks(of: machine.zone(.normal)) == [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 32])
        try machine.run(.pin(32, pages: 1))
        #expect(machine.freeChunks(of: machine.zone(.normal)) == [1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 31])
        try machine.run(.softOffline(address: machine.pages(of: BlockID(32)).lowerBound * 4096))
        #expect(machine.freeChunks(of: machine.zone(.normal)) == [2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 30])
        #expect(machine.zone(.normal).free == 32768 - 2)
        expectInvariants(machine)
    }

    @Test func `a block that two nodes share gives each of them its own pages`() {
        let machine = Machine(booting: Machines.sharedBlock())
        let block = machine.block(12)
        #expect(block.nodes == [NodeID(0), NodeID(1)])
        expectInvariants(machine)
    }
}
