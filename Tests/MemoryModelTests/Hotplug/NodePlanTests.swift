// SPDX-License-Identifier: Apache-2.0
// swift-format-ignore-file: NeverForceUnwrap

import MachineFile
import Testing

@testable import MemoryModel

@Suite struct `A plan of a node's removal` {
    private static let node = NodeID(1)

    /// A node of two devices: the second's memory maps are in the first's block 80, which is kernel memory.
    private static func twoDevices() throws -> Machine {
        var machine = Machine(booting: Machines.oneNode())
        try machine.run(.plug("d1", blocks: 2), .state(80, .onlineKernel), .state(81, .onlineMovable))
        try machine.run(.plug("d2", blocks: 2), .state(82, .onlineMovable), .state(83, .onlineMovable))
        return machine
    }

    /// Does what the plan says, and expects it to happen as it says.
    private func follow(_ plan: NodePlan, on machine: inout Machine) throws {
        defer { expectInvariants(machine) }
        for step in plan.steps {
            switch step.action {
            case .offline(let id, let moves):
                let outcome = try machine.run(.setState(id, .offline))
                #expect(outcome.waiting == nil)
                var moved: [NodeID: UInt64] = [:]
                for case .pagesMoved(id, let frames, let node, _) in outcome.changes {
                    moved[node, default: 0] += frames
                }
                #expect(moved == Dictionary(uniqueKeysWithValues: moves.map { ($0.node, $0.pages) }), "\(id)")
            case .leaveZonelists:
                for node in machine.nodes {
                    #expect(!machine.zonelist(of: node.id).contains { $0.node == plan.node })
                }
            case .eject(let device, let ids):
                try machine.run(.unplug(id: device))
                #expect(ids.allSatisfy { machine.blocks[$0] == nil })
            case .ejectContainer(let name, let ids):
                try machine.run(.unplugContainer(name: name))
                #expect(ids.allSatisfy { machine.blocks[$0] == nil })
            case .removeNode: #expect(!machine[plan.node].isOnline)
            }
        }
    }

    @Test func `takes the block that holds memory maps last, after the device whose maps they are`() throws {
        var machine = try Self.twoDevices()
        try machine.run(.allocate(Workload(name: "db", kind: .anon, block: BlockID(83), pages: 500)))
        let plan = machine.planRemoval(of: Self.node)
        #expect(plan.isPossible && plan.left.isEmpty)
        let actions = plan.steps.map(\.action)
        #expect(
            actions == [
                .offline(BlockID(81), []), .offline(BlockID(82), []),
                .offline(BlockID(83), [.init(node: NodeID(0), pages: 500)]),
                .eject(device: "d2", [BlockID(82), BlockID(83)]), .offline(BlockID(80), []), .leaveZonelists,
                .eject(device: "d1", [BlockID(80), BlockID(81)]), .removeNode,
            ])
        #expect(plan.steps[2].reason == "nearest with room, distance 20")
        #expect(plan.steps[4].reason == "the memory map of memory82-83 is gone; nothing to move")
        try follow(plan, on: &machine)
        #expect(!machine[Self.node].isOnline)
    }

    @Test func `changes nothing, and is the same each time`() throws {
        var machine = try Self.twoDevices()
        try machine.run(.allocate(Workload(name: "db", kind: .anon, node: Self.node, pages: 40_000)))
        let before = MachineState(machine)
        let plan = machine.planRemoval(of: Self.node)
        #expect(MachineState(machine) == before && machine.planRemoval(of: Self.node) == plan)
    }

    @Test func `is what offlining in the wrong order says too: the memory map is in the way, and whose it is`() throws {
        var machine = try Self.twoDevices()
        let outcome = machine.apply(.state(80, .offline))
        #expect(outcome.refusal?.errno == .busy)
        #expect(outcome.refusal?.reason.hasSuffix("memory map of memory82-83)") == true, "\(outcome)")
    }

    @Test func `names who keeps a block online, and until when`() throws {
        var machine = try Self.twoDevices()
        try machine.run(
            .allocate(Workload(name: "driver", kind: .kernel, block: BlockID(80), pages: 3)),
            .allocate(Workload(name: "db", kind: .anon, block: BlockID(82), pages: 9)),
            .pin(name: "db", pages: 2, true),
            .allocate(Workload(name: "mail", kind: .file, block: BlockID(81), pages: 7, fileSystem: .nfs)),
            .stall(name: "mail", true),
            .allocate(Workload(name: "old", kind: .nonlinear, block: BlockID(81), pages: 1)))
        let plan = machine.planRemoval(of: Self.node)
        #expect(!plan.isPossible)
        #expect(plan.steps.map(\.action) == [.offline(BlockID(83), [])])
        let causes = plan.blocked.map { "\($0.block.rawValue) \($0.until.rawValue): \($0.cause)" }
        #expect(
            causes == [
                "80 removed: memory map of memory82-83", "80 freed: 3 kernel pages of driver",
                "81 freed: 1 page: who maps pages of old is not found (non-linear mapping)",
                "81 resumed: 7 pages of mail, I/O on which does not end", "82 unpinned: 2 pinned pages of db",
            ])
        try follow(plan, on: &machine)
        for id in Set(plan.blocked.map(\.block)) {
            let outcome = machine.apply(.setState(id, .offline))
            #expect(outcome.refusal != nil || outcome.waiting != nil, "\(id)")
            if let ticket = outcome.waiting { _ = machine.apply(.interrupt(ticket)) }
        }
    }

    @Test func `says that boot's own memory map never goes`() throws {
        let machine = Machine(booting: Machines.twoNodes())
        let plan = machine.planRemoval(of: Self.node)
        let top = try #require(machine.blocks.last { $0.node == Self.node })
        #expect(!plan.isPossible && plan.blocked.map(\.block) == [top.id])
        #expect(plan.blocked[0].until == .never)
        #expect(
            plan.blocked[0].cause
                == "node data of node1 and boot's memory map of node1, 4139 pages reserved since boot")
        #expect(plan.steps.count == 7)
        let first = machine.planRemoval(of: NodeID(0))
        #expect(first.blocked.contains { $0.cause.hasPrefix("kernel image") || $0.cause.contains("several zones") })
    }

    @Test func `leaves hot-pluggable boot memory and processors behind, offline`() throws {
        var machine = Machine(booting: Machines.hotpluggableNode())
        let plan = machine.planRemoval(of: Self.node)
        #expect(plan.isPossible && plan.steps.last?.action == .leaveZonelists)
        #expect(plan.left == [.blocks((40...47).map { BlockID($0) }, reason: "on no memory device, nothing to eject")])
        try follow(plan, on: &machine)
        #expect(!machine[Self.node].hasMemory && machine[Self.node].isOnline)
    }

    @Test func `unplugs the container that the node came in, processors and all`() throws {
        var machine = Machine(booting: Machines.containers("memhp_default_state=online_movable"))
        try machine.run(.plugContainer(Machines.node1), .setProcessorOnline(2, true))
        let plan = machine.planRemoval(of: Self.node)
        #expect(plan.isPossible && plan.left.isEmpty)
        #expect(
            plan.steps.suffix(2).map(\.action) == [
                .ejectContainer(name: "node1", (80...82).map { BlockID($0) }), .removeNode,
            ])
        try follow(plan, on: &machine)
    }

    @Test func `says why what is offline cannot be ejected`() throws {
        var machine = Machine(booting: Machines.oneNode())
        try machine.run(.plug("d", blocks: 2), .setHotplugEnabled(.memory, false))
        let plan = machine.planRemoval(of: Self.node)
        let reason = "Eject disabled: /sys/firmware/acpi/hotplug/memory/enabled is 0"
        #expect(plan.left == [.blocks([BlockID(80), BlockID(81)], reason: reason)])
    }

    @Test func `sends pages to the nearest nodes first, and on to the next where they are full`() throws {
        var machine = Machine(booting: try MachineFile.resolve("four-nodes"))
        let block = try #require(machine.blocks.first { $0.node == Self.node })
        try machine.run(.allocate(Workload(name: "db", kind: .anon, block: block.id, pages: 30_000)))
        func nodes(in plan: NodePlan) -> [Int] {
            for case .offline(block.id, let moves) in plan.steps.map(\.action) { return moves.map(\.node.rawValue) }
            return []
        }
        let near = machine.planRemoval(of: Self.node)
        #expect(nodes(in: near) == [2], "0 is as near, but its node number is below")
        for node in [0, 2] {
            let free = machine[NodeID(node)].free
            try machine.run(
                .allocate(Workload(name: "n\(node)", kind: .anon, node: NodeID(node), pages: free - 20_000)))
        }
        let far = machine.planRemoval(of: Self.node)
        #expect(nodes(in: far) == [0, 2, 3], "\(far)")
        try follow(far, on: &machine)
    }

    @Test func `takes back an attempt for which there was no room`() throws {
        var machine = try Self.twoDevices()
        let room = machine.unused(.normal) + machine.unused(.dma32)
        try machine.run(.allocate(Workload(name: "full", kind: .anon, node: NodeID(0), pages: room - 30_000)))
        try machine.run(
            .allocate(Workload(name: "a", kind: .anon, block: BlockID(81), pages: 29_000)),
            .allocate(Workload(name: "b", kind: .anon, block: BlockID(82), pages: 28_000)),
            .allocate(Workload(name: "c", kind: .anon, block: BlockID(83), pages: 100)))
        let plan = machine.planRemoval(of: Self.node)
        #expect(!plan.isPossible)
        #expect(plan.blocked.contains { $0.until == .room })
        #expect(plan.blocked.contains { $0.until == .removed })
        try follow(plan, on: &machine)
        for item in plan.blocked where item.until == .room {
            let outcome = machine.apply(.setState(item.block, .offline))
            let ticket = try #require(outcome.waiting)
            _ = machine.apply(.interrupt(ticket))
        }
    }

    @Test func `takes back an attempt that a kernel gave up after some pages had moved`() throws {
        var machine = Machine(booting: Machines.old(Machines.hotpluggableNode()))
        try machine.run(.setMigrationPolicy(.away))
        let ids = machine.blocks.filter { $0.node == Self.node }.map(\.id)
        for id in ids {
            let pages: UInt64 = id == ids.last ? 5000 : 32_000
            try machine.run(.allocate(Workload(name: "\(id)", kind: .anon, block: id, pages: pages)))
        }
        // What is left has room for the first block that is tried, for part of the next, and for the last.
        let rest = machine[NodeID(0)].free - 60_000
        try machine.run(.allocate(Workload(name: "rest", kind: .anon, node: NodeID(0), pages: rest)))
        let plan = machine.planRemoval(of: Self.node)
        let blocked = plan.blocked.filter { $0.until == .room }.map(\.block)
        #expect(blocked == Array(ids[1..<ids.count - 1]), "\(plan)")
        try follow(plan, on: &machine)
        for id in blocked {
            var trial = machine
            let outcome = trial.apply(.setState(id, .offline))
            #expect(outcome.refusal?.errno == .noMemory)
            #expect(outcome.changes.contains { if case .pagesMoved = $0 { true } else { false } }, "\(outcome)")
        }
    }

    @Test func `counts on a removal that waits being given up`() throws {
        var machine = try Self.twoDevices()
        try machine.run(
            .allocate(Workload(name: "db", kind: .anon, block: BlockID(82), pages: 9)),
            .pin(name: "db", pages: 2, true))
        #expect(machine.apply(.state(82, .offline)).waiting != nil)
        #expect(machine.apply(.state(83, .offline)).waiting != nil)
        let plan = machine.planRemoval(of: Self.node)
        #expect(plan.blocked.map(\.block) == [BlockID(80), BlockID(82)])
        #expect(machine.blockGoingOffline == BlockID(82))
    }

    @Test func `tells of a listener that objects`() throws {
        var machine = try Self.twoDevices()
        try machine.run(.injectError(.goingOffline, .inputOutput))
        let plan = machine.planRemoval(of: Self.node)
        #expect(plan.steps.isEmpty)
        #expect(plan.blocked.filter { $0.until == .allowed }.map(\.block) == [81, 82, 83].map { BlockID($0) })
    }

    @Test func `is refused for a node that is not online, and forgotten with nobody`() throws {
        var machine = Machine(booting: Machines.oneNode())
        #expect(machine.errno(of: .plan(Self.node)) == .invalid && machine.errno(of: .plan(NodeID(9))) == .invalid)
        #expect(machine.planTarget == nil)
        try machine.run(.plan(NodeID(0)))
        #expect(machine.planTarget == NodeID(0))
        #expect(machine.planRemoval(of: NodeID(9)).steps.isEmpty)
    }

    @Test func `ejects with a container nothing that is not its own`() throws {
        var machine = Machine(booting: Machines.oneNode())
        // The kernel takes the first of two devices; a block is probed to where the other would be.
        try machine.run(
            .fault("kind=memmap every=2"),
            .plugContainer(.init(name: "board", node: 1, dimms: [128 << 20, 128 << 20])), .clearFaults(name: nil))
        let modules = machine.devices.compactMap(\.module)
        let refused = try #require(modules.first { !$0.isBound })
        try machine.run(.probe(address: refused.first))
        let plan = machine.planRemoval(of: Self.node)
        try follow(plan, on: &machine)
        #expect(
            plan.steps.contains { if case .ejectContainer(_, let ids) = $0.action { ids.count == 1 } else { false } })
    }

    @Test(arguments: Machines.all.indices)
    func `holds on any machine, after anything happened to it`(index: Int) throws {
        var machine = Machine(booting: Machines.all[index].description)
        // What goes wrong on demand is in no plan.
        var random = RandomCommands(seed: UInt64(index), setsFaults: false)
        for _ in 0..<100 { _ = machine.apply(random.next(for: machine)) }
        while let ticket = machine.underway?.ticket { _ = machine.apply(.interrupt(ticket)) }
        for node in machine.onlineNodes.map(\.id) {
            var copy = machine
            let plan = copy.planRemoval(of: node)
            try follow(plan, on: &copy)
            for id in Set(plan.blocked.map(\.block)) {
                let outcome = copy.apply(.setState(id, .offline))
                #expect(outcome.refusal != nil || outcome.waiting != nil, "\(id) of \(node) goes, though blocked")
                if let ticket = outcome.waiting { _ = copy.apply(.interrupt(ticket)) }
            }
        }
    }
}
