// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import MemoryModel

@Suite struct `Offlining that gives up` {
    private var machine = Machine(booting: Machines.old(Machines.oneNode()))
    private let offline = Command.state(3, .offline)

    private mutating func allocate(_ kind: PageKind, fileSystem: FileSystem? = nil) throws {
        try machine.run(
            .allocate(Workload(name: "w", kind: kind, block: BlockID(3), pages: 100, fileSystem: fileSystem)))
    }

    /// Expects that nothing is left of an attempt.
    private func expectUndone(since before: MachineState) {
        #expect(MachineState(machine).kept(byRefused: offline) == before.kept(byRefused: offline))
        #expect(machine.deadline == nil && machine.blockGoingOffline == nil)
        expectInvariants(machine)
    }

    @Test mutating func `waits 120 seconds for pinned pages, and then fails with EBUSY, everything as it was`() throws {
        try machine.run(.tick(milliseconds: 5000))
        try allocate(.anon)
        try machine.run(.pin(name: "w", true))
        let before = MachineState(machine)
        let ticket = try #require(machine.apply(offline).waiting)
        #expect(machine.deadline == 125_000)
        #expect(machine.apply(.tick(milliseconds: 119_999)).finished.isEmpty)
        #expect(machine.block(3).state == .goingOffline)
        let outcome = machine.apply(.tick(milliseconds: 1))
        #expect(outcome.finished.map(\.ticket) == [ticket])
        #expect(outcome.finished.first?.refusal?.errno == .busy)
        #expect(outcome.actions == [.cancelOffline])
        expectUndone(since: before)
    }

    @Test mutating func `waits for I/O that does not end as long, and no longer than it takes`() throws {
        try allocate(.file, fileSystem: .nfs)
        try machine.run(.stall(name: "w", true))
        let ticket = try #require(machine.apply(offline).waiting)
        try machine.run(.tick(milliseconds: 119_000))
        let outcome = machine.apply(.stall(name: "w", false))
        #expect(outcome.finished == [Answer(ticket: ticket, refusal: nil)])
        #expect(machine.block(3).state == .offline && machine.deadline == nil)
    }

    @Test(arguments: [(PageKind.nonlinear, nil), (.file, FileSystem.legacy)])
    mutating func `tries five times, at once, where migration fails for good`(
        kind: PageKind, fileSystem: FileSystem?
    ) throws {
        try allocate(kind, fileSystem: fileSystem)
        let before = MachineState(machine)
        let failed = machine.pages.events.migrationFailed
        let outcome = machine.apply(offline)
        #expect(outcome.refusal?.errno == .busy && outcome.actions == [.goingOffline, .cancelOffline])
        #expect(machine.pages.events.migrationFailed - failed == 500)
        expectUndone(since: before)
    }

    @Test mutating func `where there is no room for the pages fails with ENOMEM`() throws {
        try allocate(.anon)
        var count = 0
        while machine.apply(.allocate(Workload(name: "\(count)", kind: .anon, pages: 512))).refusal == nil {
            count += 1
        }
        #expect(count > 100)
        #expect(machine.errno(of: offline) == .noMemory)
        #expect(machine.block(3).state == .online && machine.deadline == nil)
        expectInvariants(machine)
    }

    @Test mutating func `ends with EINTR when a signal comes`() throws {
        try allocate(.anon)
        try machine.run(.pin(name: "w", true))
        let before = MachineState(machine)
        let ticket = try #require(machine.apply(offline).waiting)
        let outcome = machine.apply(.interrupt(ticket))
        #expect(outcome.finished.first?.refusal?.errno == .interrupted)
        expectUndone(since: before)
    }

    @Test mutating func `lets the commands that waited for it go on`() throws {
        try allocate(.anon)
        try machine.run(.pin(name: "w", true))
        _ = machine.apply(offline)
        let second = try #require(machine.apply(.state(4, .offline)).waiting)
        let outcome = machine.apply(.tick(milliseconds: 120_000))
        #expect(outcome.finished.last == Answer(ticket: second, refusal: nil))
        #expect(machine.block(4).state == .offline)
    }

    @Test mutating func `of a device's blocks is tried twice, as ejecting does`() throws {
        try machine.run(.plug("d1", blocks: 2), .state(80, .online), .state(81, .online))
        try machine.run(
            .allocate(Workload(name: "w", kind: .anon, block: BlockID(81), pages: 10)), .pin(name: "w", true))
        let ticket = try #require(machine.apply(.unplug(id: "d1")).waiting)
        #expect(machine.block(80).state == .offline && machine.deadline == 120_000)
        #expect(machine.apply(.tick(milliseconds: 120_000)).finished.isEmpty)
        #expect(machine.deadline == 240_000)
        let outcome = machine.apply(.tick(milliseconds: 120_000))
        #expect(outcome.finished.map(\.ticket) == [ticket] && outcome.finished.first?.refusal?.errno == .busy)
        #expect(machine.block(80).state == .online && machine.block(81).state == .online)
        expectInvariants(machine)
    }

    @Test func `is not what newer kernels do`() throws {
        var machine = Machine(booting: Machines.oneNode())
        try machine.run(.allocate(Workload(name: "w", kind: .nonlinear, block: BlockID(3), pages: 1)))
        #expect(machine.apply(offline).waiting != nil && machine.deadline == nil)
        #expect(machine.apply(.tick(milliseconds: 1_000_000)).finished.isEmpty)
    }
}
