// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import MemoryModel

/// A machine with a workload in block 3.
private struct Place {
    var machine: Machine

    init(_ kind: PageKind = .anon, pages: UInt64 = 600, on description: MachineDescription = Machines.oneNode()) throws
    {
        machine = Machine(booting: description)
        try machine.run(.allocate(Workload(name: "w", kind: kind, block: BlockID(3), pages: pages)))
    }

    /// Pages of the workload that are in block 3.
    var left: UInt64 {
        machine.use(ofWorkload: "w")?.blocks.first { $0.block == BlockID(3) }?.pages ?? 0
    }

    mutating func offline() throws -> Ticket { try #require(try machine.run(.state(3, .offline)).waiting) }
}

@Suite struct `A page that a fault keeps` {
    @Test(arguments: [PageKind.anon, .file, .thp])
    func `is waited for like a pinned one, and goes when the fault is cleared`(kind: PageKind) throws {
        let pages: UInt64 = kind == .thp ? 1024 : 600
        var place = try Place(kind, pages: pages)
        try place.machine.run(.fault("kind=stuck"))
        let outcome = try place.machine.run(.state(3, .offline))
        let ticket = try #require(outcome.waiting)
        let kept: UInt64 = kind == .thp ? 512 : 1
        #expect(place.left == kept && place.machine.block(3).state == .goingOffline)
        let reasons = outcome.changes.compactMap { if case .pagesStay(_, let reason) = $0 { reason } else { nil } }
        #expect(reasons == ["a page of w will not migrate (fault stuck)"])
        #expect(place.machine.deadline == nil, "nothing wakes up for it")
        expectInvariants(place.machine)
        try place.machine.run(.touch(name: "w"), .tick(milliseconds: 100_000))
        #expect(place.left == kept)
        let end = try place.machine.run(.clearFaults(name: "stuck"))
        #expect(end.finished == [Answer(ticket: ticket, refusal: nil)])
        #expect(place.machine.block(3).state == .offline && place.machine.use(ofWorkload: "w")?.pages == pages)
        expectInvariants(place.machine)
    }

    @Test func `stays for a time, if one is said`() throws {
        var place = try Place()
        try place.machine.run(.tick(milliseconds: 5), .fault("kind=stuck time=300ms"))
        let ticket = try place.offline()
        #expect(place.machine.deadline == 305)
        #expect(place.machine.apply(.tick(milliseconds: 299)).finished.isEmpty && place.left == 1)
        #expect(place.machine.apply(.tick(milliseconds: 1)).finished == [Answer(ticket: ticket, refusal: nil)])
        #expect(place.machine.deadline == nil)
        expectInvariants(place.machine)
    }

    @Test func `is given up with a signal, and not met again`() throws {
        var place = try Place()
        try place.machine.run(.fault("kind=stuck"))
        let ticket = try place.offline()
        #expect(place.machine.apply(.interrupt(ticket)).finished.first?.refusal?.errno == .interrupted)
        #expect(place.machine.block(3).state == .online && place.left == 1)
        try place.machine.run(.state(3, .offline))
        #expect(place.machine.block(3).state == .offline && place.machine.counts("stuck") == [1, 1])
        expectInvariants(place.machine)
    }

    @Test func `goes when its owner frees it`() throws {
        var place = try Place(pages: 1)
        try place.machine.run(.fault("kind=stuck"))
        let ticket = try place.offline()
        #expect(try place.machine.run(.free(name: "w")).finished == [Answer(ticket: ticket, refusal: nil)])
        expectInvariants(place.machine)
    }

    @Test func `keeps a block that is one owner's as a whole`() throws {
        var machine = Machine(booting: Machines.hotpluggableNode(""))
        try machine.run(.allocate(Workload(name: "w", kind: .anon, block: BlockID(33), pages: machine.pagesPerBlock)))
        try machine.run(.fault("kind=stuck"))
        let ticket = try #require(try machine.run(.state(33, .offline)).waiting)
        #expect(machine.use(ofWorkload: "w")?.blocks.contains(BlockShare(block: BlockID(33), pages: 1)) == true)
        expectInvariants(machine)
        #expect(try machine.run(.clearFaults(name: nil)).finished.map(\.ticket) == [ticket])
        expectInvariants(machine)
    }

    @Test func `ends an older kernel's patience after 120 seconds`() throws {
        var place = try Place(on: Machines.old(Machines.oneNode()))
        try place.machine.run(.fault("kind=stuck"))
        _ = try place.offline()
        #expect(place.machine.deadline == 120_000)
        let outcome = place.machine.apply(.tick(milliseconds: 120_000))
        #expect(outcome.finished.first?.refusal?.errno == .busy && outcome.actions == [.cancelOffline])
        #expect(place.machine.block(3).state == .online)
        expectInvariants(place.machine)
    }

    @Test func `is in no block that has none in use`() throws {
        var machine = Machine(booting: Machines.oneNode())
        try machine.probe(32...32)
        try machine.run(.state(32, .onlineMovable), .fault("kind=stuck"), .state(32, .offline))
        #expect(machine.block(32).state == .offline && machine.counts("stuck") == [0, 0])
    }

    @Test func `is of nobody's concern who plans`() throws {
        var place = try Place(on: Machines.twoNodes())
        let before = place.machine.planRemoval(of: NodeID(1))
        try place.machine.run(.fault("kind=offline every=1"), .fault("kind=stuck every=1"))
        #expect(place.machine.planRemoval(of: NodeID(1)) == before)
        #expect(place.machine.faultList.allSatisfy { $0.asked == 0 })
    }
}

@Suite struct `Pages that a fault slows down` {
    @Test(
        arguments: [
            ("10ms", 7, 70), ("1ms", 600, 600), ("100us", 600, 60), ("1us", 600, 1), ("250us", 5, 2), ("1s", 2, 2000),
        ] as [(String, UInt64, UInt64)])
    func `take their time each, and not longer`(time: String, pages: UInt64, all: UInt64) throws {
        var place = try Place(pages: pages)
        try place.machine.run(.fault("kind=slow time=\(time)"))
        let ticket = try place.offline()
        #expect(place.left == pages && place.machine.block(3).state == .goingOffline)
        var answers: [Answer] = []
        var left = pages
        while let due = place.machine.deadline {
            let now = place.machine.clock
            try #require(due > now)
            answers += place.machine.apply(.tick(milliseconds: due - now)).finished
            #expect(place.left < left, "who is woken up has something to do")
            left = place.left
            expectInvariants(place.machine)
        }
        #expect(place.machine.clock == all && answers == [Answer(ticket: ticket, refusal: nil)])
        #expect(place.machine.use(ofWorkload: "w")?.pages == pages)
    }

    @Test func `move as time goes by, whoever says that it does`() throws {
        var place = try Place()
        try place.machine.run(.fault("kind=slow time=1ms"))
        _ = try place.offline()
        for (milliseconds, left) in [(1, 599), (3, 596), (96, 500), (400, 100), (99, 1)] as [(UInt64, UInt64)] {
            try place.machine.run(.tick(milliseconds: milliseconds))
            #expect(place.left == left)
        }
        #expect(place.machine.deadline == 600)
        expectInvariants(place.machine)
    }

    @Test func `of a huge page move together, and the next wait for all of them`() throws {
        var place = try Place(.thp, pages: 1024)
        try place.machine.run(.fault("kind=slow time=1ms"))
        _ = try place.offline()
        try place.machine.run(.tick(milliseconds: 1))
        #expect(place.left == 512)
        try place.machine.run(.tick(milliseconds: 511))
        #expect(place.left == 512)
        #expect(try place.machine.run(.tick(milliseconds: 1)).finished.count == 1)
        expectInvariants(place.machine)
    }

    @Test func `are waited for by others, and by whoever makes them wait`() throws {
        var place = try Place()
        try place.machine.run(.fault("kind=slow time=1ms"))
        let first = try place.offline()
        let second = try #require(place.machine.apply(.state(4, .offline)).waiting)
        try place.machine.run(.tick(milliseconds: 300))
        let outcome = place.machine.apply(.interrupt(first))
        #expect(outcome.finished.map { $0.refusal?.errno } == [.interrupted, nil])
        #expect(outcome.finished.map(\.ticket) == [first, second] && place.machine.deadline == nil)
        #expect(place.machine.block(3).state == .online && place.left == 300)
        expectInvariants(place.machine)
    }

    @Test func `move at once when the fault is cleared, or another is set in its place`() throws {
        for end in [Command.clearFaults(name: nil), try .fault("name=slow kind=lose")] {
            var place = try Place()
            try place.machine.run(.fault("kind=slow time=1s"))
            let ticket = try place.offline()
            #expect(try place.machine.run(end).finished == [Answer(ticket: ticket, refusal: nil)])
            expectInvariants(place.machine)
        }
    }

    @Test func `are not looked after while it is not time that they wait for`() throws {
        var place = try Place()
        try place.machine.run(.pin(name: "w", pages: 1, true), .fault("kind=slow time=1ms"))
        _ = try place.offline()
        try place.machine.run(.tick(milliseconds: 700))
        #expect(place.left == 1 && place.machine.deadline == nil)
        try place.machine.run(.tick(milliseconds: 700), .pin(name: "w", false))
        #expect(place.machine.block(3).state == .offline)
    }

    @Test func `can be too slow for an older kernel`() throws {
        var place = try Place(on: Machines.old(Machines.oneNode()))
        try place.machine.run(.fault("kind=slow time=1s"))
        _ = try place.offline()
        try place.machine.run(.tick(milliseconds: 119_000))
        #expect(place.left == 600 - 119)
        let outcome = place.machine.apply(.tick(milliseconds: 1000))
        #expect(outcome.finished.first?.refusal?.errno == .busy && place.machine.block(3).state == .online)
        expectInvariants(place.machine)
    }

    @Test func `of a device keep its ejection, block after block`() throws {
        var machine = Machine(booting: Machines.oneNode())
        try machine.run(.plug("d", blocks: 2), .state(80, .onlineMovable), .state(81, .onlineMovable))
        for block in [80, 81] as [UInt32] {
            try machine.run(
                .allocate(Workload(name: "w\(block)", kind: .anon, block: BlockID(block), pages: 10)))
        }
        try machine.run(.fault("kind=slow time=10ms every=1"))
        let ticket = try #require(try machine.run(.unplug(id: "d")).waiting)
        try machine.run(.tick(milliseconds: 100))
        #expect(machine.block(80).state == .offline && machine.block(81).state == .goingOffline)
        #expect(try machine.run(.tick(milliseconds: 100)).finished == [Answer(ticket: ticket, refusal: nil)])
        #expect(machine.blocks[BlockID(81)] == nil && machine.counts("slow") == [2, 2])
        expectInvariants(machine)
    }
}
