// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import MemoryModel

/*
    10 GiB  | 80 | 81 | 82 |     node1.0 has blocks 80 and 81, node1.1 has 82; processors 2 and 3
 */
@Suite struct `Container devices` {
    private var machine = Machine(booting: Machines.containers())
    private let id = ContainerID(kind: .module, number: 0)
    private let node = NodeID(1)
    private let node1 = Machines.node1

    /// What user space hears of, in order.
    private func heard(_ outcome: Outcome) -> [Change] {
        outcome.changes.filter {
            switch $0 {
            case .blockAdded, .blockRemoved, .blockOnline, .blockOffline, .nodeAdded, .nodeRemoved, .cpuAdded,
                .cpuRemoved, .cpuOnline, .cpuOffline, .containerAdded, .containerRemoved, .containerOnline,
                .containerOffline, .containerOfflineWanted:
                true
            default: false
            }
        }
    }

    private func block(_ number: UInt32) -> BlockID { BlockID(number) }

    private mutating func bringAllOnline() throws {
        try machine.run(
            .state(80, .onlineMovable), .state(81, .onlineMovable), .state(82, .onlineMovable),
            .setProcessorOnline(2, true), .setProcessorOnline(3, true))
    }

    @Test mutating func `bring memory devices and processors in the order of their namespace`() throws {
        let outcome = try machine.run(.plugContainer(node1))
        #expect(
            heard(outcome) == [
                .containerAdded(id), .blockAdded(block(80)), .blockAdded(block(81)), .nodeAdded(node),
                .blockAdded(block(82)), .cpuAdded(2), .cpuAdded(3), .containerOnline(id),
            ])
        #expect(machine.slots(in: id) == [0, 1] && machine.devices[1].module?.id == "node1.1")
        #expect(machine.processors(in: id) == [2, 3] && machine.onlineProcessors == [0, 1])
        #expect(machine[node].cpus == [2, 3] && machine[node].onlineCPUs.isEmpty)
        expectInvariants(machine)
    }

    @Test mutating func `bring blocks online at once where that is the default`() throws {
        try machine.run(.setAutoOnline(.onlineMovable))
        let outcome = heard(try machine.run(.plugContainer(node1)))
        #expect(outcome[4...6] == [.blockOnline(block(80)), .blockOnline(block(81)), .blockAdded(block(82))])
        #expect(machine.onlineProcessors == [0, 1], "processors wait for somebody")
    }

    @Test mutating func `go in one go: all offline, then what came last first, the node with the last of it`() throws {
        try machine.run(.plugContainer(node1))
        try bringAllOnline()
        let outcome = try machine.run(.unplugContainer(name: "node1"))
        #expect(
            heard(outcome) == [
                .containerOfflineWanted(id), .blockOffline(block(80)), .blockOffline(block(81)),
                .blockOffline(block(82)), .cpuOffline(2), .cpuOffline(3), .containerOffline(id), .cpuRemoved(3),
                .cpuRemoved(2), .blockRemoved(block(82)), .blockRemoved(block(80)), .blockRemoved(block(81)),
                .nodeRemoved(node), .containerRemoved(id),
            ])
        let fresh = Machine(booting: machine.description)
        #expect(machine.containers.isEmpty && machine.processors == fresh.processors)
        #expect(machine.devices == fresh.devices && machine.resources == fresh.resources)
        #expect(machine.groups.allSatisfy { $0.maxPages == 0 })
        expectInvariants(machine)
    }

    @Test func `are on the kernel's nodes, where those are not the firmware's`() throws {
        for line in ["numa=off", "numa=noacpi"] {
            var machine = Machine(booting: Machines.containers(line))
            try machine.run(.plugContainer(node1), .setProcessorOnline(2, true))
            #expect(machine.nodes.map(\.id) == [NodeID(0)])
            #expect(machine.block(80).nodes == [NodeID(0)] && machine[NodeID(0)].cpus == [0, 1, 2, 3])
            try machine.run(.unplugContainer(name: "node1"))
            expectInvariants(machine)
        }
    }

    @Test mutating func `stay whole if one block cannot go offline`() throws {
        try machine.run(.plugContainer(node1))
        try bringAllOnline()
        try machine.run(.state(82, .offline), .state(82, .onlineKernel), .pin(82))
        let outcome = machine.apply(.unplugContainer(name: "node1"))
        #expect(outcome.refusal?.errno == .busy && outcome.refusal?.reason.hasPrefix("Offline failed") == true)
        #expect(
            heard(outcome) == [
                .containerOfflineWanted(id), .blockOffline(block(80)), .blockOffline(block(81)),
                .blockOnline(block(80)), .blockOnline(block(81)),
            ])
        #expect(machine.onlineProcessors == [0, 1, 2, 3] && machine.container(id)?.isOnline == true)
        #expect(machine.devices[0].module?.blocks.count == 2 && machine.devices[1].module?.blocks.count == 1)
        expectInvariants(machine)
        try machine.run(.unpin(82), .unplugContainer(name: "node1"))
        #expect(!machine[node].isOnline)
    }

    @Test mutating func `wait for pages that cannot move yet, and everybody else waits with them`() throws {
        try machine.run(.plugContainer(node1))
        try bringAllOnline()
        try machine.run(
            .allocate(Workload(name: "io", kind: .anon, block: block(82), pages: 8)), .pin(name: "io", true))
        let outcome = machine.apply(.unplugContainer(name: "node1"))
        let ticket = try #require(outcome.waiting)
        #expect(machine.blockGoingOffline == block(82) && machine.container(id) != nil)
        let later = machine.apply(.setProcessorOnline(2, false))
        let second = try #require(later.waiting)
        expectInvariants(machine)
        let end = try machine.run(.pin(name: "io", false))
        #expect(end.finished.map(\.ticket) == [ticket, second])
        #expect(end.finished.map { $0.refusal?.errno } == [nil, .noDevice], "the processor went with the container")
        #expect(machine.containers.isEmpty && !machine[node].isOnline)
        expectInvariants(machine)
    }

    @Test mutating func `come back when whoever unplugs them is interrupted`() throws {
        try machine.run(.plugContainer(node1))
        try bringAllOnline()
        try machine.run(
            .allocate(Workload(name: "io", kind: .anon, block: block(82), pages: 8)), .pin(name: "io", true))
        let ticket = try #require(machine.apply(.unplugContainer(name: "node1")).waiting)
        let outcome = machine.apply(.interrupt(ticket))
        #expect(outcome.finished.map { $0.refusal?.errno } == [.interrupted])
        #expect(!machine.blocks.contains { $0.node == node && !$0.isOnline })
        #expect(machine.onlineProcessors == [0, 1, 2, 3] && machine.containers.count == 1)
        expectInvariants(machine)
    }

    @Test mutating func `are ejected only once user space took them offline`() throws {
        try machine.run(.plugContainer(node1), .state(80, .online), .setProcessorOnline(3, true))
        let first = try machine.run(.ejectContainer(id))
        #expect(heard(first) == [.containerOfflineWanted(id)])
        #expect(first.changes.contains { if case .refused(let refusal) = $0 { refusal.errno == .busy } else { false } })
        #expect(machine.errno(of: .setContainerOnline(id, false)) == .busy)
        try machine.run(.state(80, .offline))
        #expect(machine.errno(of: .setContainerOnline(id, false)) == .busy, "a processor still runs")
        try machine.run(.setProcessorOnline(3, false), .setContainerOnline(id, false), .setContainerOnline(id, false))
        try machine.run(.state(80, .online), .ejectContainer(id))
        #expect(machine.containers.count == 1, "a block came online again")
        try machine.run(.state(80, .offline), .ejectContainer(id))
        #expect(machine.containers.isEmpty && !machine[node].isOnline)
        #expect(machine.errno(of: .ejectContainer(id)) == .noDevice)
        #expect(machine.errno(of: .setContainerOnline(id, true)) == .noDevice)
        expectInvariants(machine)
    }

    @Test mutating func `a bad one is refused and changes nothing`() throws {
        try machine.run(.plugContainer(node1))
        let before = MachineState(machine)
        func errno(_ change: (inout MachineDescription.Container) -> Void) -> Errno? {
            var container = MachineDescription.Container(name: "x", node: 1, cpus: 1, dimms: [Machines.block])
            change(&container)
            var copy = machine
            let outcome = copy.apply(.plugContainer(container))
            #expect(MachineState(copy) == before && outcome.changes.isEmpty)
            return outcome.refusal?.errno
        }
        #expect(errno { $0.name = "node1" } == .exists)
        #expect(errno { $0.node = 7 } == .invalid)
        #expect(errno { ($0.cpus, $0.dimms) = (0, []) } == .invalid)
        #expect(errno { $0.cpus = -1 } == .invalid)
        #expect(errno { $0.dimms = [Machines.block, 1 << 20] } == .invalid)
        #expect(errno { $0.dimms = Array(repeating: Machines.block, count: 4) } == .noRoom, "three slots are empty")
        #expect(errno { $0.dimms = [Machines.block, 1 << 40] } == .noRoom)
        #expect(errno { $0.cpus = 66 } == .noRoom, "5 possible and 64 spare, 4 taken")
        #expect(machine.errno(of: .unplugContainer(name: "x")) == .noEntry)
        var power = Machine(booting: Machines.power)
        #expect(power.errno(of: .plugContainer(.init(name: "x", node: 0, cpus: 1))) == .noDevice)
    }

    @Test mutating func `of one kind are numbered from the lowest free number`() throws {
        func container(_ name: String, _ kind: ContainerKind) -> Command {
            .plugContainer(.init(name: name, kind: kind, node: 1, cpus: 1))
        }
        try machine.run(container("a", .module), container("b", .module), container("c", .extended))
        try machine.run(.unplugContainer(name: "a"), container("d", .module))
        #expect(machine.containers.map(\.id.description) == ["ACPI0004:01", "PNP0A06:00", "ACPI0004:00"])
        #expect(machine.processors(in: id) == [2], "processor numbers, too")
        #expect(machine.container(id)?.incarnation != 1 && machine.processor(2)?.incarnation != 2)
    }

    @Test mutating func `go without a memory device that was ejected before`() throws {
        try machine.run(.plugContainer(node1), .eject(slot: 0))
        #expect(machine.slots(in: id) == [1])
        try machine.run(.plug("d", blocks: 2), .unplugContainer(name: "node1"))
        #expect(machine.devices[0].module?.id == "d" && machine.devices[1].module == nil)
        #expect(machine[node].isOnline, "d's blocks are there")
        expectInvariants(machine)
    }
}

@Suite struct `Processors that came in a container` {
    private var machine = Machine(booting: Machines.containers())
    private let node = NodeID(1)

    @Test mutating func `go on- and offline, and to have the wanted state is success`() throws {
        try machine.run(.plugContainer(Machines.node1))
        let outcome = try machine.run(.setProcessorOnline(2, true))
        #expect(outcome.changes == [.cpuOnline(2)] && machine[node].onlineCPUs == [2])
        #expect(try machine.run(.setProcessorOnline(2, true)).changes.isEmpty)
        #expect(try machine.run(.setProcessorOnline(2, false)).changes == [.cpuOffline(2)])
        #expect(machine.errno(of: .setProcessorOnline(0, false)) == .notPermitted)
        #expect(machine.errno(of: .setProcessorOnline(9, true)) == .noDevice)
        #expect(machine.errno(of: .setProcessorOnline(-1, true)) == .noDevice)
    }

    @Test mutating func `bring their node online, and keep it, if it has nothing else`() throws {
        try machine.run(.plugContainer(.init(name: "a", node: 1, cpus: 1)))
        #expect(!machine[node].isOnline, "present only")
        let outcome = try machine.run(.setProcessorOnline(2, true))
        #expect(outcome.changes == [.nodeAdded(node), .cpuOnline(2)])
        try machine.run(.setProcessorOnline(2, false))
        #expect(machine[node].isOnline)
        let end = try machine.run(.unplugContainer(name: "a"))
        #expect(end.changes.contains(.nodeRemoved(node)))
        expectInvariants(machine)
    }

    @Test mutating func `keep their node while they are present, online or not`() throws {
        try machine.run(.plugContainer(.init(name: "a", node: 1, cpus: 1)), .plug("d"), .unplug(id: "d"))
        #expect(machine[node].isOnline)
        try machine.run(.unplugContainer(name: "a"))
        #expect(!machine[node].isOnline)
        expectInvariants(machine)
    }

    @Test mutating func `give back what they have in stock, and others free what was theirs`() throws {
        try machine.run(.plugContainer(Machines.node1), .setProcessorOnline(2, true))
        #expect(machine.errno(of: .allocate(Workload(name: "w", kind: .anon, pages: 1, cpu: 3))) == .invalid)
        let before = machine.zone(.normal).free + machine.zone(.dma32).free
        try machine.run(.allocate(Workload(name: "w", kind: .anon, pages: 3, cpu: 2)), .setProcessorOnline(2, false))
        #expect(machine.zone(.normal).free + machine.zone(.dma32).free == before - 3)
        try machine.run(.free(name: "w"))
        expectInvariants(machine)
    }

    @Test func `are possible from boot if the machine file has them, and more become possible`() throws {
        var machine = machine
        #expect(machine.processors.count == 5 && machine.presentProcessors == [0, 1])
        try machine.run(
            .plugContainer(.init(name: "a", node: 1, cpus: 4)), .plugContainer(.init(name: "b", node: 1, cpus: 63)))
        #expect(machine.processors.count == 69)
        try machine.run(.unplugContainer(name: "b"))
        #expect(machine.processors.count == 69 && machine.presentProcessors == [0, 1, 2, 3, 4, 5])
    }
}
