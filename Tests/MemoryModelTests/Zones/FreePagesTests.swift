// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import MemoryModel

@Suite struct `Free pages` {
    /*
        page      1  2  3  4     8           16   18
                  |o0| o1  | o2  |     o3    | o1 |
     */
    @Test func `a range is split into the largest aligned chunks`() {
        var counts = [UInt64](repeating: 0, count: 11)
        (1..<18 as Range<PageFrame>).addChunks(to: &counts)
        #expect(counts == [1, 2, 1, 1, 0, 0, 0, 0, 0, 0, 0])
        counts = [UInt64](repeating: 0, count: 11)
        (0..<4096 as Range<PageFrame>).addChunks(to: &counts)
        #expect(counts == [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4])
    }

    @Test(arguments: 0..<50 as Range<UInt64>)
    func `chunks cover a range exactly`(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        let first = PageFrame.random(in: 0..<5000, using: &random)
        let range = first..<PageFrame.random(in: first...9000, using: &random)
        var counts = [UInt64](repeating: 0, count: 11)
        range.addChunks(to: &counts)
        let sum = counts.enumerated().reduce(0) { $0 + $1.element << UInt64($1.offset) }
        #expect(sum == UInt64(range.count), "seed \(seed)")
        // Below the highest order only the two ends can have a chunk of a size.
        #expect(counts.dropLast().allSatisfy { $0 <= 2 }, "seed \(seed): \(range) \(counts)")
    }

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

    @Test func `a fresh block is one run, a workload takes its end, a broken page splits it`() throws {
        var machine = Machine(booting: Machines.oneNode())
        try machine.probe(32...32)
        try machine.run(.state(32, .onlineKernel))
        let range = machine.pages(of: BlockID(32))
        func runs() -> [Range<PageFrame>] { machine.freeRuns(of: machine.block(32)).map(\.pages) }
        #expect(runs() == [range])
        #expect(machine.freeChunks(of: NodeID(0))[.normal] == [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 32])
        try machine.run(.pin(32, pages: 100))
        #expect(runs() == [range.lowerBound..<range.upperBound - 100])
        let broken = range.lowerBound + 50
        try machine.run(.softOffline(address: broken * 4096))
        #expect(runs() == [range.lowerBound..<broken, broken + 1..<range.upperBound - 100])
        #expect(machine.zone(.normal).free == 32768 - 101)
        expectInvariants(machine)
    }

    @Test func `a block that two nodes share gives each of them its own pages`() {
        let machine = Machine(booting: Machines.sharedBlock())
        let runs = machine.freeRuns(of: machine.block(12))
        #expect(Set(runs.map(\.node)) == [NodeID(0), NodeID(1)])
        let border = machine.zone(.dma32, of: 1).start
        #expect(
            runs.allSatisfy { $0.node == NodeID(0) ? $0.pages.upperBound <= border : $0.pages.lowerBound >= border })
        expectInvariants(machine)
    }
}
