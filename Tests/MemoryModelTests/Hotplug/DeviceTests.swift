// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import MemoryModel

@Suite struct `Memory devices` {
    private var machine = Machine(booting: Machines.oneNode())

    private func events(_ outcome: Outcome) -> [Change] {
        outcome.changes.filter {
            switch $0 {
            case .blockRemoved, .nodeRemoved, .blockOffline, .blockOnline: true
            default: false
            }
        }
    }

    private func first(_ id: String) -> UInt64? { machine.devices.compactMap(\.module).first { $0.id == id }?.first }

    /*
        10 GiB  | a | b     | c |        b goes, d is larger than its gap, e fits
                | a |.......| c | d         |
                | a | e |...| c | d         |
     */
    @Test mutating func `are placed in the lowest gap that is large enough, whatever node they name`() throws {
        let base: UInt64 = 10 << 30
        try machine.run(.plug("a", blocks: 1), .plug("b", blocks: 2, node: 0), .plug("c", blocks: 1), .unplug(id: "b"))
        try machine.run(.plug("d", blocks: 3), .plug("e", blocks: 1, node: 0))
        #expect(first("a") == base && first("c") == base + 3 * Machines.block)
        #expect(first("d") == base + 4 * Machines.block && first("e") == base + Machines.block)
        #expect(machine.block(81).node == NodeID(0) && machine.block(80).node == NodeID(1))
        #expect(machine.devices.prefix(4).map { $0.module?.id } == ["a", "d", "c", "e"], "in the first empty slot")
        expectInvariants(machine)
    }

    @Test func `are not placed on boot memory`() throws {
        var machine = Machine(booting: Machines.hotpluggableNode())
        try machine.run(.plug("d1"))
        #expect(machine.devices[0].module?.first == 6 << 30, "node 1's own gigabyte lies below")
        #expect(machine.devices[0].module?.blocks == [BlockID(48)])
        expectInvariants(machine)
    }

    @Test mutating func `a bad plug is refused and changes nothing`() throws {
        try machine.run(.plug("a"))
        let before = MachineState(machine)
        #expect(machine.errno(of: .plug("a")) == .exists)
        #expect(machine.errno(of: .plug(id: "b", size: 0, node: NodeID(1))) == .invalid)
        #expect(machine.errno(of: .plug(id: "b", size: 1 << 20, node: NodeID(1))) == .invalid)
        #expect(machine.errno(of: .plug("b", node: 7)) == .invalid)
        #expect(machine.errno(of: .plug("b", blocks: 1000)) == .noRoom)
        #expect(machine.errno(of: .unplug(id: "b")) == .noEntry)
        #expect(MachineState(machine) == before)
    }

    /*
        10 GiB   |a|      |        64 MiB: no block can be made of it
                 |a|b     |        and so b does not begin with one either
    */
    @Test mutating func `that are not whole blocks take their room, and the kernel leaves them alone`() throws {
        let half = Machines.block / 2
        let outcome = try machine.run(.plug(id: "a", size: half, node: NodeID(1)))
        #expect(
            outcome.changes.contains { if case .refused(let refusal) = $0 { refusal.errno == .invalid } else { false } }
        )
        try machine.run(.plug("b"))
        #expect(first("b") == 10 << 30 + half)
        #expect(machine.devices.prefix(2).allSatisfy { $0.module?.isBound == false })
        #expect(machine.blocks[BlockID(80)] == nil && !machine[NodeID(1)].isOnline)
        #expect(machine.resources == Machine(booting: machine.description).resources)
        try machine.run(.plug(id: "c", size: half, node: NodeID(1)), .plug("d"))
        #expect(machine.block(82).device == 3, "two halves make up for each other")
        expectInvariants(machine)
        try machine.run(.unplug(id: "a"), .unplug(id: "b"), .unplug(id: "c"), .unplug(id: "d"))
        #expect(machine.devices.allSatisfy { $0.module == nil })
        expectInvariants(machine)
    }

    @Test func `more than there are slots are refused with ENOSPC, and a freed slot is used again`() throws {
        var machine = Machine(booting: Machines.oneNode(slots: 2))
        try machine.run(.plug("a"), .plug("b"))
        #expect(machine.errno(of: .plug("c")) == .noRoom)
        try machine.run(.unplug(id: "a"), .plug("c"))
        #expect(machine.devices.map { $0.module?.id } == ["c", "b"])
    }

    @Test mutating func `a removed device's blocks go offline, are removed, and the empty node goes last`() throws {
        try machine.run(.plug("a", blocks: 2), .plug("b"), .state(80, .onlineMovable), .state(81, .onlineKernel))
        let outcome = try machine.run(.unplug(id: "a"))
        let (x, y) = (BlockID(80), BlockID(81))
        #expect(events(outcome) == [.blockOffline(x), .blockOffline(y), .blockRemoved(x), .blockRemoved(y)])
        #expect(machine[NodeID(1)].isOnline, "b's block is still there")
        #expect(events(try machine.run(.unplug(id: "b"))) == [.blockRemoved(BlockID(82)), .nodeRemoved(NodeID(1))])
        #expect(machine.groups.allSatisfy { $0.maxPages == 0 })
        #expect(MachineState(machine).resources == Machine(booting: machine.description).resources)
        expectInvariants(machine)
    }

    @Test mutating func `what an eject took offline comes back if a block cannot go`() throws {
        try machine.run(.plug("a", blocks: 3), .state(80, .onlineMovable), .state(81, .onlineKernel), .pin(81))
        let outcome = machine.apply(.unplug(id: "a"))
        #expect(outcome.refusal?.errno == .busy)
        #expect(events(outcome) == [.blockOffline(BlockID(80)), .blockOnline(BlockID(80))])
        #expect(machine.block(80).zone == .normal, "by the default policy, not where it was")
        #expect(machine.block(82).state == .offline, "it was so before")
        #expect(machine.devices[0].module?.blocks.count == 3)
        expectInvariants(machine)
        try machine.run(.unpin(81), .unplug(id: "a"))
        #expect(machine.blocks[BlockID(80)] == nil)
    }

    @Test mutating func `the second pass tries what failed once more, and only that`() throws {
        try machine.run(
            .plug("a", blocks: 3), .state(80, .onlineKernel), .state(81, .onlineKernel), .state(82, .onlineKernel))
        try machine.run(.pin(80), .pin(81))
        let outcome = machine.apply(.unplug(id: "a"))
        let attempts = outcome.changes.compactMap {
            if case .stateChanged(let id, .goingOffline) = $0 { id.rawValue } else { nil }
        }
        #expect(attempts == [80, 81, 82, 80])
    }

    @Test mutating func `a write to eject answers at once, and a refusal reaches the log only`() throws {
        #expect(machine.errno(of: .eject(slot: 0)) == .noDevice)
        #expect(machine.errno(of: .eject(slot: -1)) == .noDevice)
        #expect(machine.errno(of: .eject(slot: 32)) == .noDevice)
        try machine.run(.plug("a"), .state(80, .onlineKernel), .pin(80))
        let outcome = try machine.run(.eject(slot: 0))
        #expect(
            outcome.changes.contains { if case .refused(let refusal) = $0 { refusal.errno == .busy } else { false } })
        try machine.run(.unpin(80), .eject(slot: 0))
        #expect(machine.devices[0].module == nil)
    }

    @Test mutating func `memory that is there already is bound all the same, in no group`() throws {
        try machine.probe(80...80)
        try machine.run(.plug("a"))
        #expect(machine.devices[0].module?.isBound == true && machine.block(80).device == 0)
        #expect(machine.block(80).group == nil && machine.groups.allSatisfy { $0.maxPages == 0 })
        expectInvariants(machine)
        for _ in 0..<3 { try machine.run(.plug("b"), .unplug(id: "b")) }
        #expect(machine.groups.count == 1, "groups are used again")
    }

    /*
        80   81          81 was probed after the device was bound to 80 alone
        [ device ]
     */
    @Test mutating func `a block that came to a device's range later goes with it`() throws {
        try machine.probe(80...80)
        try machine.run(.plug("a", blocks: 2))
        try machine.probe(81...81)
        try machine.run(.state(80, .online), .state(81, .online), .unplug(id: "a"))
        #expect(machine.blocks[BlockID(80)] == nil && machine.blocks[BlockID(81)] == nil)
        #expect(machine.devices[0].module == nil)
        expectInvariants(machine)
    }

    @Test(arguments: [OnlineType.onlineKernel, .onlineMovable])
    mutating func `a group counts its online pages`(type: OnlineType) throws {
        try machine.run(.plug("a", blocks: 3), .state(80, type), .state(82, type))
        let group = machine.groups[0]
        #expect(group.maxPages == 3 * 32768)
        #expect([group.presentKernel, group.presentMovable] == (type == .onlineKernel ? [65536, 0] : [0, 65536]))
        try machine.run(.state(80, .offline), .state(82, .offline))
        #expect(machine.groups[0].presentKernel == 0 && machine.groups[0].presentMovable == 0)
    }

    @Test mutating func `are refused where they would make more blocks than a machine may have`() {
        let size = (Machine.mostBlocks + 1) * Machines.block
        let outcome = machine.apply(.plug(id: "d", size: size, node: NodeID(1)))
        #expect(outcome.refusal?.errno == .noRoom && outcome.changes.isEmpty)
    }

    @Test mutating func `bring blocks that are not the ones that were there before`() throws {
        var seen: Set<UInt16> = []
        for _ in 0..<300 {
            try machine.run(.plug("d", blocks: 1))
            #expect(seen.insert(machine.block(80).incarnation).inserted)
            try machine.run(.unplug(id: "d"))
        }
        #expect(!seen.contains(0), "that is boot's")
    }

    @Test func `acpi_no_memhotplug leaves a device in its slot, for good`() {
        var machine = Machine(booting: Machines.oneNode("acpi_no_memhotplug"))
        let blocks = machine.blocks
        let outcome = machine.apply(.plug("d"))
        #expect(outcome.refusal == nil)
        #expect(outcome.changes.contains { if case .refused = $0 { true } else { false } }, "the log says so")
        #expect(machine.devices[0].module?.isBound == false && machine.blocks == blocks)
        #expect(machine.errno(of: .eject(slot: 0)) == .noDevice)
        #expect(machine.errno(of: .unplug(id: "d")) == .notPermitted)
        #expect(machine.devices[0].module != nil)
        expectInvariants(machine)
    }

    @Test func `without the firmware's nodes a device's node means nothing`() throws {
        for line in ["numa=off", "numa=noacpi"] {
            var machine = Machine(booting: Machines.twoNodes(line))
            try machine.run(.plug("d", node: 1))
            #expect(machine.block(88).nodes == [NodeID(0)])
            #expect(machine.errno(of: .plug("e", node: 2)) == .invalid, "the firmware has no such node")
            try machine.run(.unplug(id: "d"))
            expectInvariants(machine)
        }
    }
}
