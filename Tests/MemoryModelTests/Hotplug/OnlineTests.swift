// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import MemoryModel

@Suite struct `Onlining` {
    private var machine = Machine(booting: Machines.oneNode())

    init() throws { try machine.probe(32...34) }

    @Test mutating func `gives a block's pages to its zone, in the kernel's order of events`() throws {
        let before = machine.zone(.normal)
        let outcome = try machine.run(.state(32, .online))
        let zone = machine.zone(.normal)
        #expect(before.present == 0)
        #expect(
            [zone.present, zone.managed, zone.free, zone.spanned, zone.presentEarly] == [32768, 32768, 32768, 32768, 0])
        let notice = MemoryNotice(startPage: 1 << 20, pages: 32768, statusChangeNode: nil, statusChangeNodeNormal: nil)
        #expect(
            outcome.changes == [
                .notified(.goingOnline, notice, refused: nil), .zoneChanged(NodeID(0), .normal),
                .notified(.online, notice, refused: nil), .stateChanged(BlockID(32), .online),
                .blockOnline(BlockID(32)),
            ])
    }

    @Test(arguments: [OnlineType.online, .onlineKernel, .onlineMovable])
    mutating func `a block that is online refuses state with EINVAL and takes 1 as success`(type: OnlineType) throws {
        try machine.run(.state(32, .online))
        #expect(machine.errno(of: .state(32, type)) == .invalid)
        #expect(try machine.run(.online(32, true)).changes.isEmpty)
        expectInvariants(machine)
    }

    @Test mutating func `the type wanted of an online block sticks, and the next 1 to online uses it up`() throws {
        try machine.run(.state(32, .onlineKernel))
        #expect(machine.errno(of: .state(32, .onlineMovable)) == .invalid)
        #expect(machine.block(32).stickyType == .onlineMovable)
        try machine.run(.online(32, false), .online(32, true))
        #expect(machine.block(32).zone == .movable && machine.block(32).stickyType == nil)
        try machine.run(.online(32, false), .online(32, true))
        #expect(machine.block(32).zone == .normal)
    }

    @Test mutating func `an attempt that fails uses the sticky type up too`() throws {
        try machine.run(.state(32, .onlineKernel))
        _ = machine.errno(of: .state(32, .onlineMovable))
        try machine.run(.online(32, false), .injectError(.goingOnline, .busy))
        #expect(machine.errno(of: .online(32, true)) == .busy)
        try machine.run(.injectError(.goingOnline, nil), .online(32, true))
        #expect(machine.block(32).zone == .normal)
    }

    /// DMA32 ends at 4 GiB, but its memory at 3 GiB. An attempt to add to its end leaves the end at what is online.
    @Test func `that is refused may leave the zone's end at its memory's`() throws {
        var machine = Machine(booting: Machines.hotpluggableNode())
        try machine.probe(30...31)
        #expect(machine.zone(.dma32).end == 1 << 20 && machine.zones(for: 31) == "DMA32 Movable")
        try machine.run(.injectError(.goingOnline, .noMemory))
        #expect(machine.errno(of: .state(30, .online)) == .noMemory)
        #expect(machine.zone(.dma32).end == 1 << 20, "a hole in the middle")
        #expect(machine.errno(of: .state(31, .online)) == .noMemory)
        #expect(machine.zone(.dma32).end == 24 * 32768)
        #expect(machine.zones(for: 31) == "Movable Normal", "movable_node decides where no zone is near")
        expectInvariants(machine)
    }

    @Test mutating func `that is refused leaves a zone that was empty empty`() throws {
        try machine.run(.injectError(.goingOnline, .noMemory))
        let before = machine.nodes
        #expect(machine.errno(of: .state(33, .online)) == .noMemory)
        #expect(machine.nodes == before)
        try machine.run(.injectError(.goingOnline, nil), .state(32, .online), .injectError(.goingOnline, .noMemory))
        #expect(machine.errno(of: .state(34, .online)) == .noMemory)
        #expect([machine.zone(.normal).start, machine.zone(.normal).spanned] == [1 << 20, 32768])
        expectInvariants(machine)
    }

    @Test mutating func `1 means plain online, whatever auto_online_blocks says`() throws {
        try machine.run(.setAutoOnline(.onlineMovable), .online(32, true))
        #expect(machine.block(32).zone == .normal)
    }

    @Test mutating func `a listener's refusal leaves the block offline and everyone is told`() throws {
        let before = MachineState(machine)
        try machine.run(.injectError(.goingOnline, .noMemory))
        let outcome = machine.apply(.state(32, .onlineMovable))
        #expect(outcome.refusal?.errno == .noMemory)
        #expect(outcome.actions == [.goingOnline, .cancelOnline] && outcome.changes.count == 2)
        try machine.run(.injectError(.goingOnline, nil))
        #expect(MachineState(machine) == before)
    }

    @Test mutating func `a notice names the node that gets its first memory`() throws {
        try machine.run(.plug("d1", blocks: 3))
        let first = try #require(try machine.run(.state(80, .onlineMovable)).notice)
        #expect(first.statusChangeNode == NodeID(1) && first.statusChangeNodeNormal == nil)
        let second = try #require(try machine.run(.state(81, .onlineKernel)).notice)
        #expect(second.statusChangeNode == nil && second.statusChangeNodeNormal == NodeID(1))
        let third = try #require(try machine.run(.state(82, .onlineKernel)).notice)
        #expect(third.statusChangeNode == nil && third.statusChangeNodeNormal == nil)
        #expect(third.startPage == 82 * 32768 && third.pages == 32768)
        #expect(machine[NodeID(1)].hasMemory && machine[NodeID(1)].hasNormalMemory)
    }

    @Test(arguments: [Command.state(99, .online), .state(99, .offline), .online(99, true), .online(99, false)])
    mutating func `a block that is not there is ENODEV`(command: Command) {
        #expect(machine.errno(of: command) == .noDevice)
    }
}
