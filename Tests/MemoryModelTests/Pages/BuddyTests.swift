// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import MemoryModel

/// A machine whose Normal zone is one block: 32 chunks of order 10.
private func oneBlock(_ commandLine: String = "") throws -> Machine {
    var machine = Machine(booting: Machines.oneNode(commandLine))
    try machine.probe(32...32)
    try machine.run(.state(32, .onlineKernel))
    return machine
}

@Suite struct `The buddy allocator` {
    private var machine: Machine
    private var pages: PageAllocator { machine.pages }
    private let zone: Int
    private let first: PageFrame

    init() throws {
        machine = try oneBlock()
        zone = machine.zone(.normal).number
        first = machine.pages(of: BlockID(32)).lowerBound
    }

    private func chunks(_ type: MigrateType = .movable) -> [UInt64] {
        machine.freeChunks(of: machine.zone(.normal), [type])
    }

    /*
        order 10 |                 1024                |
        taken    |3| 3 | 4  |  5   |   6   |   7  | 8 | 9 |     the lower half is kept, upper halves go to the lists
     */
    @Test mutating func `takes the head of the smallest list that has one, and keeps the lower half of each split`() {
        let index = machine.pages.takeSmallest(zone, 3, .movable)
        #expect(index.map(pages.store.frame) == first)
        #expect(chunks() == [0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 31])
        let next = machine.pages.takeSmallest(zone, 3, .movable)
        #expect(next.map(pages.store.frame) == first + 8)
    }

    @Test mutating func `what is given back merges with its buddies up to the highest order, at the head`() throws {
        let taken = (0..<16).compactMap { _ in machine.pages.takeSmallest(zone, 0, .movable) }
        #expect(taken.count == 16)
        var random = SplitMix(seed: 46)
        for index in taken.shuffled(using: &random) { machine.pages.giveBack(index, order: 0, zone) }
        #expect(chunks() == [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 32])
        let again = machine.pages.takeSmallest(zone, 10, .movable)
        #expect(again.map(pages.store.frame) == first)
    }

    @Test mutating func `a block is words again when its last chunk comes home`() throws {
        let taken = machine.pages.takeSmallest(zone, 0, .movable)
        let index = try #require(taken)
        #expect(pages.store.contents[pages.store.content(of: index)].form == .paged)
        machine.pages.giveBack(index, order: 0, zone)
        let block = try #require(machine.block(32).content)
        #expect(pages.store.contents[Int(block)].form == .free)
        #expect(machine.zone(.normal).free == 32768)
    }

    /*
        pages  0 1 2 3 4 5 6 7      0 and 4..7 taken; 1 and 2..3 free: with 0, a chunk of 4 is soon whole
     */
    @Test mutating func `a chunk that will soon merge goes to the tail, any other to the head`() throws {
        for _ in 0..<8 { _ = machine.pages.takeSmallest(zone, 0, .movable) }
        let base = pages.store.base(of: Int(try #require(machine.block(32).content)))
        machine.pages.giveBack(base + 4, order: 0, zone)
        machine.pages.giveBack(base + 2, order: 1, zone)
        // 0's buddy is in use, but 2..3 is free: as soon as 1 is back, 0..3 is one.
        machine.pages.giveBack(base, order: 0, zone)
        let list = pages.lists[pages.list(zone, .movable, 0)]
        #expect(list.head == Link(page: base + 4) && list.tail == Link(page: base))
    }

    @Test(arguments: [(0, 7), (5, 5), (10, 0), (3, 1000)])
    mutating func `a place can be taken out of the chunk around it`(order: Int, place: Int) throws {
        let number = Int(try #require(machine.block(32).content))
        let base = machine.pages.tellApart(number)
        let index = base + (place << order)
        let taken = (0..<2).map { _ in machine.pages.takeOut(index, order: order, zone) }
        #expect(taken == [.movable, nil], "the second time it is not free")
        #expect(pages.zones[zone].free == 32768 - 1 << UInt64(order))
        machine.pages.giveBack(index, order: order, zone)
        #expect(pages.zones[zone].free == 32768)
        #expect(chunks() == [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 32])
    }

    @Test mutating func `a copy of a machine keeps its own lists`() throws {
        let copy = machine
        try machine.run(.allocate(Workload(name: "w", kind: .anon, pages: 1000)))
        #expect(copy.zone(.normal).free == 32768 && copy.freeChunks(of: copy.zone(.normal))[10] == 32)
        expectInvariants(copy)
    }
}

@Suite struct `Stealing from another type` {
    private func chunks(_ machine: Machine, _ type: MigrateType) -> [UInt64] {
        machine.freeChunks(of: machine.zone(.normal), [type])
    }

    @Test func `kernel memory takes a chunk of the highest order, and its pageblocks with it`() throws {
        var machine = try oneBlock()
        try machine.run(.allocate(Workload(name: "k", kind: .kernel, pages: 1)))
        #expect(machine.pageblocks(of: machine.zone(.normal), on: NodeID(0)) == [.unmovable: 2, .movable: 62])
        #expect(chunks(machine, .movable)[10] == 31)
        #expect(chunks(machine, .unmovable).reduce(0, +) > 0)
        // More of it comes from there.
        try machine.run(.allocate(Workload(name: "more", kind: .kernel, pages: 500)))
        #expect(machine.pageblocks(of: machine.zone(.normal), on: NodeID(0)) == [.unmovable: 2, .movable: 62])
        expectInvariants(machine)
    }

    @Test func `reclaimable and unmovable memory do not share pageblocks while there are others`() throws {
        var machine = try oneBlock()
        try machine.run(
            .allocate(Workload(name: "k", kind: .kernel, pages: 10)),
            .allocate(Workload(name: "s", kind: .slab, pages: 10)))
        let counts = machine.pageblocks(of: machine.zone(.normal), on: NodeID(0))
        #expect(counts[.unmovable] == 2 && counts[.reclaimable] != nil, "\(counts)")
        expectInvariants(machine)
    }

    @Test func `movable memory takes whole pageblocks where it can, and else the smallest chunk that does`() throws {
        var machine = try oneBlock()
        try machine.run(.allocate(Workload(name: "k", kind: .kernel, pages: 1)))
        let zone = machine.zone(.normal).number
        while machine.pages.takeSmallest(zone, 10, .movable) != nil {}
        let large = machine.pages.steal(zone, 0, .movable, noFragment: false)
        #expect(large)
        #expect(machine.pageblocks(of: machine.zone(.normal), on: NodeID(0)) == [.unmovable: 1, .movable: 63])
        while machine.pages.takeSmallest(zone, 9, .movable) != nil {}
        // What is left is smaller than the sixteen pages that a movable request may steal a pageblock for.
        for order in 4...8 { while machine.pages.takeSmallest(zone, order, .unmovable) != nil {} }
        let before = chunks(machine, .unmovable)
        let smallest = try #require(before.firstIndex { $0 > 0 })
        #expect(smallest < 3 && before[smallest..<4].reduce(0, +) > before[smallest], "\(before)")
        let small = machine.pages.steal(zone, 0, .movable, noFragment: false)
        #expect(small)
        #expect(chunks(machine, .unmovable)[smallest] == before[smallest] - 1)
        #expect(chunks(machine, .movable)[smallest] == 1)
        let fragmenting = machine.pages.steal(zone, 0, .unmovable, noFragment: true)
        #expect(!fragmenting, "only whole pageblocks, and there are none")
    }
}
