// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import MemoryModel

@Suite struct `Offlining` {
    private var machine = Machine(booting: Machines.oneNode())

    @Test mutating func `takes a block's pages from its zone, in the kernel's order of events`() throws {
        let before = machine.zone(.dma32)
        let outcome = try machine.run(.state(3, .offline))
        let zone = machine.zone(.dma32)
        #expect(before.present - zone.present == 32768 && before.presentEarly - zone.presentEarly == 32768)
        #expect(before.managed - zone.managed == 32768 && before.free - zone.free == 32768)
        #expect(outcome.changes.first == .stateChanged(BlockID(3), .goingOffline))
        #expect(outcome.changes.suffix(2) == [.stateChanged(BlockID(3), .offline), .blockOffline(BlockID(3))])
        #expect(outcome.actions == [.goingOffline, .offline])
        #expect(machine.block(3).zone == nil && !machine.block(3).isOnline)
    }

    @Test(arguments: [(KernelABI.linux6_1, false), (.linux6_18, true)])
    func `that is given up leaves pageblocks Movable, or as they were`(abi: KernelABI, keeps: Bool) throws {
        var description = Machines.oneNode()
        description.abi = abi
        var machine = Machine(booting: description)
        try machine.run(.pin(3), .unpin(3), .injectError(.goingOffline, .busy))
        let (zone, unused) = (machine.zone(.dma32), machine.unused(.dma32))
        let before = machine.pageblocks(of: zone, on: NodeID(0))
        #expect(before[.unmovable] == 1)
        #expect(machine.errno(of: .state(3, .offline)) == .busy)
        let after = machine.pageblocks(of: zone, on: NodeID(0))
        #expect(after == (keeps ? before : [.movable: zone.spanned / 512]))
        #expect(machine.unused(.dma32) == unused)
        expectInvariants(machine)
    }

    @Test mutating func `a block that is offline refuses state with EINVAL and takes 0 as success`() throws {
        try machine.run(.state(3, .offline))
        #expect(machine.errno(of: .state(3, .offline)) == .invalid)
        #expect(try machine.run(.online(3, false)).changes.isEmpty)
    }

    @Test mutating func `a block without a single zone is refused with EINVAL before anything happens`() {
        for command in [Command.state(0, .offline), .online(0, false)] {
            let outcome = machine.apply(command)
            #expect(outcome.refusal?.errno == .invalid && outcome.changes.isEmpty)
        }
    }

    @Test func `a block with holes is refused with EINVAL`() {
        var description = Machines.oneNode()
        description.memory.insert(.init(first: 4 << 30, last: (4 << 30) + (64 << 20) - 1, kind: .usable), at: 4)
        var machine = Machine(booting: description)
        #expect(machine.block(32).presentPages == 16384 && machine.block(32).zone == .normal)
        let outcome = machine.apply(.state(32, .offline))
        #expect(outcome.refusal == Refusal(.invalid, "memory holes"))
        #expect(outcome.actions.isEmpty)
        expectInvariants(machine)
    }

    @Test mutating func `offlining a block with an unmovable page is refused with EBUSY, and no listener is asked`()
        throws
    {
        try machine.run(.pin(3))
        let before = MachineState(machine)
        for injected in [nil, Errno.inputOutput] {
            try machine.run(.injectError(.goingOffline, injected))
            let outcome = machine.apply(.state(3, .offline))
            #expect(outcome.refusal?.errno == .busy, "isolation comes before the listeners")
            #expect(outcome.actions.isEmpty)
            #expect(outcome.changes == [.stateChanged(BlockID(3), .goingOffline), .stateChanged(BlockID(3), .online)])
        }
        try machine.run(.injectError(.goingOffline, nil))
        #expect(MachineState(machine) == before)
        try machine.run(.unpin(3), .state(3, .offline))
    }

    @Test mutating func `a block that holds what boot reserved is refused with EBUSY`() throws {
        let held = try #require(machine.blocks.first { $0.zone != nil && machine.holdsReserved($0) })
        #expect(machine.errno(of: .setState(held.id, .offline)) == .busy)
    }

    @Test(arguments: [Errno.inputOutput, .busy, Errno(rawValue: 4095)])
    mutating func `a listener's refusal is the writer's errno, and the attempt is cancelled`(errno: Errno) throws {
        let before = MachineState(machine)
        try machine.run(.injectError(.goingOffline, errno))
        let outcome = machine.apply(.online(3, false))
        #expect(outcome.refusal?.errno == errno)
        #expect(outcome.actions == [.goingOffline, .cancelOffline])
        try machine.run(.injectError(.goingOffline, nil))
        #expect(MachineState(machine) == before)
    }

    @Test mutating func `a notice names the node that loses its last memory`() throws {
        try machine.run(.plug("d1", blocks: 3))
        try machine.run(.state(80, .onlineMovable), .state(81, .onlineKernel), .state(82, .onlineKernel))
        let first = try #require(try machine.run(.state(82, .offline)).notice)
        #expect(first.statusChangeNode == nil && first.statusChangeNodeNormal == nil)
        let second = try #require(try machine.run(.state(81, .offline)).notice)
        #expect(second.statusChangeNode == nil && second.statusChangeNodeNormal == NodeID(1))
        #expect(machine[NodeID(1)].hasMemory && !machine[NodeID(1)].hasNormalMemory)
        let third = try #require(try machine.run(.state(80, .offline)).notice)
        #expect(third.statusChangeNode == NodeID(1) && third.statusChangeNodeNormal == nil)
        #expect(!machine[NodeID(1)].hasMemory && machine[NodeID(1)].isOnline)
    }

    @Test mutating func `a boot block that goes and comes back counts as early memory again`() throws {
        let before = machine.zone(.dma32)
        try machine.run(.state(3, .offline), .state(3, .onlineKernel))
        #expect(machine.zone(.dma32) == before)
        try machine.run(.state(3, .offline), .state(3, .onlineMovable))
        #expect(machine.zone(.movable).presentEarly == 32768)
        expectInvariants(machine)
    }
}
