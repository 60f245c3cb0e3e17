// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import MemoryModel

@Suite struct `Hot-add` {
    private var machine = Machine(booting: Machines.oneNode())

    @Test(
        arguments: [
            (0, .exists), (0x800_0000, .exists), (0x1_0000_0001, .invalid), (.max, .invalid), (1, .invalid),
            // Above the processor's 40 bits, below what five levels of page tables map.
            (0x7_ffff_8000_000, .exists), ((1 << 52) - (128 << 20), .exists),
            // Above what they map, or around the end of all addresses: before any other check.
            (1 << 52, .tooBig), (.max - (128 << 20) + 1, .tooBig),
        ] as [(UInt64, Errno)])
    mutating func `a bad address is refused, in the kernel's order of checks`(address: UInt64, errno: Errno) {
        let before = MachineState(machine)
        #expect(machine.errno(of: .probe(address: address)) == errno)
        #expect(MachineState(machine) == before)
    }

    @Test func `four levels of page tables map less`() {
        var description = Machines.oneNode()
        (description.pagingLevels, description.addressBits) = (4, 52)
        var machine = Machine(booting: description)
        #expect(machine.errno(of: .probe(address: 1 << 46)) == .tooBig)
        #expect(machine.errno(of: .probe(address: (1 << 46) - (128 << 20))) == nil)
    }

    @Test mutating func `a block nests in a reserved range, once`() throws {
        try machine.run(.probe(address: 0xfd_0000_0000))
        #expect(machine.errno(of: .probe(address: 0xfd_0000_0000)) == .exists)
        expectInvariants(machine)
    }

    @Test mutating func `a probed block is offline, on the first entry's node, and in the firmware's map`() throws {
        let outcome = try machine.run(.probe(address: 4 << 30))
        #expect(outcome.changes == [.blockAdded(BlockID(32))])
        let block = machine.block(32)
        #expect(block.state == .offline && !block.isBoot && block.node == NodeID(0) && block.presentPages == 32768)
        #expect(
            machine.firmwareMap.entries.last.map { [$0.first, $0.last] } == [4 << 30, (4 << 30) + (128 << 20) - 1])
        #expect(machine.zone(.normal).spanned == 0, "its zone is chosen when it comes online")
        try machine.run(.probe(address: 10 << 30))
        #expect(machine.block(80).node == NodeID(0), "also where only a device would be on node 1")
    }

    @Test mutating func `a new node is added after its blocks, and they come online after it`() throws {
        try machine.run(.setAutoOnline(.onlineMovable))
        let outcome = try machine.run(.plug("d1", blocks: 2))
        let events = outcome.changes.filter {
            switch $0 {
            case .blockAdded, .nodeAdded, .blockOnline: true
            default: false
            }
        }
        let (a, b) = (BlockID(80), BlockID(81))
        #expect(events == [.blockAdded(a), .blockAdded(b), .nodeAdded(NodeID(1)), .blockOnline(a), .blockOnline(b)])
        #expect(machine[NodeID(1)].isOnline)
        expectInvariants(machine)
    }

    @Test(
        arguments: [
            (.offline, nil), (.online, .normal), (.onlineKernel, .normal), (.onlineMovable, .movable),
        ] as [(OnlineType, ZoneKind?)])
    mutating func `added blocks come online as auto_online_blocks says`(type: OnlineType, zone: ZoneKind?) throws {
        try machine.run(.setAutoOnline(type), .probe(address: 4 << 30))
        #expect(machine.block(32).zone == zone && machine.block(32).stickyType == nil)
    }

    @Test mutating func `automatic onlining stops at the first refusal, and the add succeeds all the same`() throws {
        try machine.run(.setAutoOnline(.online), .injectError(.goingOnline, .inputOutput))
        let outcome = try machine.run(.plug("d1", blocks: 3))
        let asked = outcome.changes.filter { if case .notified(.goingOnline, _, _) = $0 { true } else { false } }
        #expect(asked.count == 1)
        #expect(
            outcome.changes.contains {
                if case .refused(let refusal) = $0 { refusal.errno == .inputOutput } else { false }
            })
        #expect((80...82).allSatisfy { machine.block($0).state == .offline })
        #expect(machine.devices[0].module?.isBound == true)
        expectInvariants(machine)
    }

    @Test mutating func `a refused range gives its resource back`() throws {
        let before = machine.resources
        #expect(throws: Refusal.self) {
            try machine.addMemory(first: 4 << 30, size: 1 << 20, node: NodeID(0), group: nil)
        }
        #expect(throws: Refusal.self) {
            try machine.addMemory(first: 4 << 30, size: 128 << 20, node: NodeID(9), group: nil)
        }
        #expect(machine.resources == before)
    }

    @Test mutating func `a block that was removed and added again is another one`() throws {
        try machine.run(.plug("d1"))
        let first = machine.block(80).incarnation
        let node = machine[NodeID(1)].incarnation
        try machine.run(.unplug(id: "d1"), .plug("d1"))
        #expect(machine.block(80).incarnation != first && machine[NodeID(1)].incarnation != node)
    }
}
