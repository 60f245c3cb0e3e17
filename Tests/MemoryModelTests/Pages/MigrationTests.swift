// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import MemoryModel

/// A machine with blocks 32 and 33 in a zone, and a workload in 32.
private struct Place {
    var machine = Machine(booting: Machines.oneNode())

    init(_ zone: OnlineType = .onlineMovable) throws {
        try machine.probe(32...33)
        try machine.run(.state(32, zone), .state(33, zone))
    }

    /// Puts pages of a kind into block 32.
    mutating func put(_ kind: PageKind, _ pages: UInt64 = 600, fileSystem: FileSystem? = nil) throws {
        if kind == .hugetlb { try machine.run(.setHugePages(NodeID(0), 4)) }
        let block = kind == .hugetlb ? nil : BlockID(32)
        let pages = kind.traits.isHuge ? 1024 : pages
        try machine.run(
            .allocate(Workload(name: "w", kind: kind, block: block, pages: pages, fileSystem: fileSystem)))
    }

    var use: WorkloadUse? { machine.use(ofWorkload: "w") }
}

@Suite struct `What becomes of pages when their block goes offline` {
    @Test(arguments: PageKind.ofWorkloads.filter { [.copied, .byDriver].contains($0.traits.migration) })
    func `those that can move are elsewhere, and no fewer`(kind: PageKind) throws {
        for zone in [OnlineType.onlineMovable, .onlineKernel] {
            var place = try Place(zone)
            try place.put(kind, fileSystem: kind == .file ? .ext4 : nil)
            let before = try #require(place.use)
            let outcome = try place.machine.run(.state(32, .offline))
            #expect(outcome.waiting == nil)
            let after = try #require(place.use)
            #expect(after.pages == before.pages && !after.blocks.contains { $0.block == BlockID(32) })
            expectInvariants(place.machine)
        }
    }

    @Test(arguments: PageKind.ofWorkloads.filter(\.blocksOffline))
    func `those that never move refuse it at once, and the reason says whose they are`(kind: PageKind) throws {
        var place = try Place(.onlineKernel)
        try place.put(kind)
        let before = MachineState(place.machine)
        let outcome = place.machine.apply(.state(32, .offline))
        #expect(outcome.refusal?.errno == .busy)
        #expect(outcome.refusal?.reason.contains("\(kind.rawValue) of w") == true, "\(outcome)")
        #expect(outcome.actions.isEmpty, "no listener hears of it")
        #expect(MachineState(place.machine) == before)
    }

    /// What keeps pages in their place for a time, and what ends it.
    enum Hindrance: CaseIterable {
        case pinned, stalled

        var begin: Command { self == .pinned ? .pin(name: "w", pages: 1, true) : .stall(name: "w", true) }
        var end: Command { self == .pinned ? .pin(name: "w", false) : .stall(name: "w", false) }
    }

    @Test(arguments: Hindrance.allCases)
    func `those that cannot move yet are waited for`(hindrance: Hindrance) throws {
        var place = try Place()
        try place.put(.file, fileSystem: .nfs)
        try place.machine.run(hindrance.begin)
        let outcome = try place.machine.run(.state(32, .offline))
        let ticket = try #require(outcome.waiting)
        #expect(place.machine.block(32).state == .goingOffline && place.machine.block(32).isOnline)
        #expect(place.machine.blockGoingOffline == BlockID(32))
        #expect(outcome.actions == [.goingOffline])
        expectInvariants(place.machine)
        let end = try place.machine.run(hindrance.end)
        #expect(end.finished == [Answer(ticket: ticket, refusal: nil)])
        #expect(place.machine.block(32).state == .offline)
        #expect(place.use?.blocks.map(\.block) == [BlockID(33)])
        expectInvariants(place.machine)
    }

    @Test(arguments: [(PageKind.nonlinear, FileSystem?.none), (.file, .legacy)])
    func `those that fail to move each time wait until they are freed`(kind: PageKind, fileSystem: FileSystem?) throws {
        var place = try Place()
        try place.put(kind, fileSystem: fileSystem)
        let outcome = try place.machine.run(.state(32, .offline))
        #expect(outcome.waiting != nil)
        #expect(outcome.changes.contains { if case .pagesStay = $0 { true } else { false } })
        let freed = try place.machine.run(.free(name: "w"))
        #expect(freed.finished.map(\.refusal) == [nil])
        expectInvariants(place.machine)
    }

    @Test func `a signal to the writer ends the wait with EINTR; pages that moved stay moved`() throws {
        var place = try Place()
        try place.put(.anon)
        try place.machine.run(.pin(name: "w", pages: 1, true))
        let ticket = try #require(try place.machine.run(.state(32, .offline)).waiting)
        let outcome = place.machine.apply(.interrupt(ticket))
        #expect(outcome.finished == [Answer(ticket: ticket, refusal: Refusal(.interrupted, "signal backoff"))])
        #expect(outcome.actions == [.cancelOffline])
        #expect(place.machine.block(32).state == .online && place.machine.blockGoingOffline == nil)
        #expect(place.use?.blocks.map(\.pages) == [1, 599])
        expectInvariants(place.machine)
    }

    @Test func `others that want the hotplug lock wait their turn, in order`() throws {
        var place = try Place()
        try place.put(.anon)
        try place.machine.run(.pin(name: "w", pages: 1, true))
        let first = try #require(try place.machine.run(.state(32, .offline)).waiting)
        let second = try #require(try place.machine.run(.probe(address: 34 << 27)).waiting)
        let third = try #require(place.machine.apply(.probe(address: 34 << 27)).waiting)
        #expect(place.machine.blocks[BlockID(34)] == nil)
        let outcome = try place.machine.run(.pin(name: "w", false))
        #expect(outcome.finished.map(\.ticket) == [first, second, third])
        #expect(outcome.finished.map { $0.refusal?.errno } == [nil, nil, .exists])
        expectInvariants(place.machine)
    }

    @Test func `without room elsewhere it waits for room`() throws {
        var place = try Place()
        try place.machine.run(.state(33, .offline))
        try place.put(.anon, 30000)
        let rest = place.machine.zone(.dma32).free
        try place.machine.run(.allocate(Workload(name: "full", kind: .slab, pages: rest - 9000)))
        let outcome = try place.machine.run(.state(32, .offline))
        #expect(outcome.waiting != nil)
        #expect(
            outcome.changes.contains {
                if case .pagesStay(_, let reason) = $0 { reason.contains("no room") } else { false }
            })
        let freed = try place.machine.run(.free(name: "full"))
        #expect(freed.finished.count == 1 && place.machine.block(32).state == .offline)
        expectInvariants(place.machine)
    }

    @Test func `a huge page for which there is no room in one piece is split`() throws {
        var place = try Place()
        try place.put(.thp)
        // Every pageblock elsewhere has a page in use in the middle.
        for kind in [ZoneKind.movable, .dma32, .dma] {
            let zone = place.machine.zone(kind).number
            while let index = place.machine.pages.takeSmallest(zone, 9, .movable) {
                for part in stride(from: index, to: index + 512, by: 2) {
                    place.machine.pages.giveBack(part, order: 0, zone)
                }
            }
        }
        let held = place.machine.pageEvents.hugeSplit
        let outcome = place.machine.apply(.state(32, .offline))
        #expect(outcome.refusal == nil)
        #expect(place.machine.pageEvents.hugeSplit > held)
        #expect(place.use?.pages == 1024)
    }

    @Test func `the migration cache knows where a page went, also over two moves`() throws {
        var place = try Place()
        try place.put(.anon, 10)
        let old = place.machine.pages(of: BlockID(32)).upperBound - 1
        try place.machine.run(.state(32, .offline))
        try place.machine.run(.findMoved(old))
        let found = try #require(place.machine.lastFound)
        #expect(found.owner == "w" && place.machine.pages(of: BlockID(33)).contains(found.new))
        // It moves again, to a third block.
        try place.machine.probe(34...34)
        try place.machine.run(.state(34, .onlineMovable), .state(33, .offline), .findMoved(old))
        #expect(place.machine.pages(of: BlockID(34)).contains(try #require(place.machine.lastFound).new))
        // The frame is there again, and another page's.
        try place.machine.run(.state(32, .onlineMovable))
        #expect(place.machine.errno(of: .findMoved(old)) == .noEntry)
        #expect(place.machine.migrationCacheHits == 2 && place.machine.migrationCacheMisses == 1)
    }

    @Test func `marks go with the page`() throws {
        var place = try Place()
        try place.put(.file, 100, fileSystem: .xfs)
        try place.machine.run(.touch(name: "w", pages: 40, write: true), .state(32, .offline))
        #expect(place.machine.active(.file, in: place.machine.zone(.movable)) == 40)
        #expect(place.machine.dirty(in: place.machine.zone(.movable)) == 40)
        expectInvariants(place.machine)
    }

    @Test func `pages of a kernel zone do not move to Movable`() throws {
        var machine = Machine(booting: Machines.oneNode())
        try machine.probe(32...33)
        try machine.run(.state(32, .onlineKernel), .state(33, .onlineMovable))
        try machine.run(.allocate(Workload(name: "w", kind: .anon, block: BlockID(32), pages: 100)))
        try machine.run(.state(32, .offline))
        let blocks = try #require(machine.use(ofWorkload: "w")?.blocks.map(\.block))
        #expect(blocks.allSatisfy { machine.blocks[$0]?.isBoot == true })
    }

    @Test func `pages go to other nodes that have memory, the nearest first`() throws {
        var machine = Machine(booting: Machines.twoNodes())
        try machine.probe(32...32)
        let node = machine.block(32).node
        try machine.run(.state(32, .onlineMovable))
        try machine.run(.allocate(Workload(name: "w", kind: .anon, block: BlockID(32), pages: 100)))
        let outcome = try machine.run(.state(32, .offline))
        let moved = outcome.changes.compactMap { change -> NodeID? in
            if case .pagesMoved(_, 100, let to, _) = change { to } else { nil }
        }
        #expect(moved.count == 1 && moved != [node])
    }
}

@Suite struct `Where pages go` {
    /// Two nodes with memory, and pages in a movable block of node 1.
    private var machine = Machine(booting: Machines.twoNodes())

    init() throws {
        try machine.run(.plug("d1", blocks: 3, node: 1))
        for block in 88...90 as ClosedRange<UInt32> { try machine.run(.state(block, .onlineMovable)) }
        try machine.run(.allocate(Workload(name: "w", kind: .anon, block: BlockID(88), pages: 100)))
    }

    private var nodes: Set<NodeID> {
        Set((machine.use(ofWorkload: "w")?.blocks ?? []).compactMap { machine.blocks[$0.block]?.node })
    }

    @Test mutating func `away: to another node`() throws {
        try machine.run(.state(88, .offline))
        #expect(nodes == [NodeID(0)])
    }

    @Test mutating func `near: to the own node while it stays`() throws {
        try machine.run(.setMigrationPolicy(.near), .state(88, .offline))
        #expect(nodes == [NodeID(1)])
        expectInvariants(machine)
    }

    @Test mutating func `near: to the nearest other node when the whole node is scheduled to go`() throws {
        try machine.run(.setMigrationPolicy(.near), .avoid(BlockID(0)...BlockID(200), true))
        try machine.run(.avoid(BlockID(0)...BlockID(7), false))
        try machine.run(.state(88, .offline))
        #expect(nodes == [NodeID(0)])
        expectInvariants(machine)
    }
}

@Suite struct `Booked pages` {
    @Test func `nothing is refused: a block goes when every page of it is booked and free`() throws {
        var place = try Place(.onlineKernel)
        try place.put(.kernel, 16)
        try place.machine.run(.setOfflinePolicy(.booked))
        let free = place.machine.zone(.normal).free
        let ticket = try #require(try place.machine.run(.state(32, .offline)).waiting)
        #expect(place.machine.bookedPages == 32768 - 16)
        #expect(place.machine.zone(.normal).free == free - (32768 - 16))
        expectInvariants(place.machine)
        // Nothing is handed out of it.
        try place.machine.run(.allocate(Workload(name: "more", kind: .kernel, pages: 20000)))
        #expect(place.machine.use(ofWorkload: "more")?.blocks.map(\.block).contains(BlockID(32)) == false)
        // A part of it freed is booked, and goes to no CPU's stock.
        try place.machine.run(.free(name: "w", pages: 10))
        #expect(place.machine.bookedPages == 32768 - 6)
        let outcome = try place.machine.run(.free(name: "w"))
        #expect(outcome.finished == [Answer(ticket: ticket, refusal: nil)])
        #expect(place.machine.block(32).state == .offline && place.machine.bookedPages == 0)
        expectInvariants(place.machine)
    }

    @Test func `given up, the pages are free again and pageblocks keep their types`() throws {
        var place = try Place(.onlineKernel)
        try place.put(.kernel, 16)
        let types = place.machine.pageblocks(of: place.machine.zone(.normal), on: NodeID(0))
        let free = place.machine.zone(.normal).free
        try place.machine.run(.setOfflinePolicy(.booked))
        let ticket = try #require(try place.machine.run(.state(32, .offline)).waiting)
        try place.machine.run(.setOfflinePolicy(.isolate), .interrupt(ticket))
        #expect(place.machine.pageblocks(of: place.machine.zone(.normal), on: NodeID(0)) == types)
        #expect(place.machine.zone(.normal).free == free && place.machine.bookedPages == 0)
        #expect(place.machine.errno(of: .state(32, .offline)) == .busy)
        expectInvariants(place.machine)
    }

    @Test func `what boot reserved can never be freed, and refuses`() throws {
        var machine = Machine(booting: Machines.oneNode("hotmem.offline_policy=booked"))
        let held = try #require(machine.blocks.first { $0.zone != nil && machine.holdsReserved($0) })
        #expect(machine.offlinePolicy == .booked)
        #expect(machine.errno(of: .setState(held.id, .offline)) == .busy)
    }
}
