// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import MemoryModel

extension Outcome {
    /// What faults struck, in order.
    var hits: [FaultHit] {
        changes.compactMap { if case .faulted(let hit) = $0 { hit } else { nil } }
    }
}

extension Machine {
    /// How often a fault could have struck, and did.
    func counts(_ name: String) -> [UInt64]? {
        faultList.first { $0.fault.name == name }.map { [$0.asked, $0.hits] }
    }
}

@Suite struct `Blocks that a fault keeps` {
    private var machine = Machine(booting: Machines.oneNode())

    @Test(arguments: [PageKind.anon, nil])
    mutating func `do not go offline, as if somebody on the chain objected, and are as they were`(
        kind: PageKind?
    ) throws {
        if let kind { try machine.run(.allocate(Workload(name: "w", kind: kind, block: BlockID(3), pages: 100))) }
        try machine.run(.fault("kind=offline errno=EAGAIN next=2"))
        for time in 1...2 {
            let before = MachineState(machine)
            let outcome = machine.apply(.state(3, .offline))
            #expect(outcome.refusal == Refusal(.tryAgain, "notifier failure: fault offline"))
            #expect(outcome.actions == [.goingOffline, .cancelOffline])
            #expect(outcome.hits.map(\.subject) == [.block(BlockID(3))])
            #expect(outcome.announced.allSatisfy { $0.announcement == nil })
            let states = outcome.changes.compactMap { if case .stateChanged(_, let state) = $0 { state } else { nil } }
            #expect(states == [.goingOffline, .online])
            #expect(machine.notifierLog.last { $0.refusal != nil }?.by == "fault offline")
            let (was, now) = (before.kept(byRefused: .state(3, .offline)), MachineState(machine))
            #expect(was == now.kept(byRefused: .state(3, .offline)))
            #expect(machine.counts("offline") == [UInt64(time), UInt64(time)])
            expectInvariants(machine)
        }
        try machine.run(.state(3, .offline))
        #expect(machine.block(3).state == .offline && machine.counts("offline") == [2, 2])
    }

    @Test mutating func `do not go online; the wanted type is used up, and the zone is as it was`() throws {
        try machine.probe(32...33)
        try machine.run(.fault("kind=online"))
        let before = MachineState(machine)
        let outcome = machine.apply(.state(32, .onlineMovable))
        #expect(outcome.refusal?.errno == .noMemory && outcome.actions == [.goingOnline, .cancelOnline])
        #expect(MachineState(machine) == before)
        #expect(machine.block(32).stickyType == nil && machine.zone(.movable).spanned == 0)
        try machine.run(.online(32, true))
        #expect(machine.block(32).zone == .normal)
        expectInvariants(machine)
    }

    @Test mutating func `are kept in a device's second pass only if it strikes twice`() throws {
        try machine.run(.plug("d", blocks: 2), .state(80, .onlineMovable), .state(81, .onlineMovable))
        try machine.run(.fault("kind=offline next=2 block=80"))
        #expect(machine.errno(of: .unplug(id: "d")) == .busy)
        #expect(machine.block(80).state == .online && machine.block(81).state == .online, "it came back")
        try machine.run(.fault("kind=offline next=1 block=80"), .unplug(id: "d"))
        #expect(machine.blocks[BlockID(80)] == nil && machine.counts("offline") == [1, 1])
        expectInvariants(machine)
    }

    @Test mutating func `that come and go online by themselves stay offline, and are there`() throws {
        try machine.run(.setAutoOnline(.online), .fault("kind=online errno=EIO block=80"))
        let outcome = try machine.run(.plug("d", blocks: 2))
        #expect(machine.block(80).state == .offline && machine.block(81).state == .offline, "the first refusal ends it")
        #expect(outcome.changes.contains(.refused(Refusal(.inputOutput, "notifier failure: fault online"))))
        expectInvariants(machine)
    }

    @Test mutating func `are those of a place, if that was said`() throws {
        try machine.run(.fault("name=b kind=offline every=1 block=4-5"), .fault("name=n kind=offline every=1 node=1"))
        try machine.run(.state(3, .offline), .plug("d"), .state(80, .onlineMovable))
        for block in [4, 5, 80] as [UInt32] { #expect(machine.errno(of: .state(block, .offline)) == .busy) }
        #expect(machine.counts("b") == [2, 2] && machine.counts("n") == [1, 1])
    }

    @Test mutating func `are not asked for where the kernel refuses by itself`() throws {
        try machine.run(.fault("kind=offline errno=EIO"), .pin(3), .injectError(.goingOffline, .noMemory))
        #expect(machine.errno(of: .state(3, .offline)) == .busy, "an unmovable page")
        #expect(machine.errno(of: .state(4, .offline)) == .noMemory, "the injector comes first")
        #expect(machine.errno(of: .state(99, .offline)) == .noDevice)
        #expect(machine.counts("offline") == [0, 0])
        try machine.run(.injectError(.goingOffline, nil))
        #expect(machine.errno(of: .state(4, .offline)) == .inputOutput)
    }
}

@Suite struct `Memory for which a fault leaves no memory map` {
    @Test func `is not added, and leaves nothing behind`() throws {
        var machine = Machine(booting: Machines.oneNode())
        try machine.run(.fault("kind=memmap"))
        let before = MachineState(machine)
        let outcome = machine.apply(.probe(address: 4 << 30))
        #expect(outcome.refusal?.errno == .noMemory && outcome.hits.map(\.subject) == [.block(BlockID(32))])
        #expect(outcome.changes.count == 1, "nothing else happened")
        #expect(MachineState(machine) == before)
        try machine.probe(32...32)
        expectInvariants(machine)
    }

    @Test func `of a device leaves that without a driver`() throws {
        var machine = Machine(booting: Machines.oneNode())
        try machine.run(.fault("kind=memmap block=81"))
        let before = MachineState(machine)
        let outcome = try machine.run(.plug("d", blocks: 3))
        #expect(outcome.changes.contains(.refused(Refusal(.noMemory, "no memory for the memory map of memory80"))))
        let reports = outcome.changes.compactMap { if case .reported(let report) = $0 { report.status } else { nil } }
        #expect(reports == [.failure])
        #expect(machine.devices[0].module?.isBound == false)
        var after = MachineState(machine)
        (after.devices, after.groups) = (before.devices, before.groups)
        #expect(after == before)
        // As on a machine that had none: it goes, and comes again.
        try machine.run(.unplug(id: "d"), .plug("d", blocks: 3))
        #expect(machine.devices[0].module?.isBound == true)
        expectInvariants(machine)
    }

    @Test func `is not asked for where blocks hold their own`() throws {
        var machine = Machine(booting: Machines.oneNode("memory_hotplug.memmap_on_memory=1"))
        try machine.run(.fault("kind=memmap every=1"), .plug("d"))
        #expect(machine.devices[0].module?.isBound == true && machine.counts("memmap") == [0, 0])
        #expect(machine.errno(of: .probe(address: 4 << 30)) == .noMemory)
    }

    @Test func `stays on standby`() throws {
        var description = Machines.mainframe
        description.abi = .linux6_18
        description.configuresStandby = true
        var machine = Machine(booting: description)
        let block = try #require(machine.storage.first { !$0.isConfigured }).id
        try machine.run(.fault("kind=memmap"))
        #expect(machine.errno(of: .configure(block, true)) == .noMemory)
        #expect(machine.blocks[block] == nil && machine.storageBlock(block)?.isConfigured == false)
        try machine.run(.configure(block, true))
        expectInvariants(machine)
    }
}
