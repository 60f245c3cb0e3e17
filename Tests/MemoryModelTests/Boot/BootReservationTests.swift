// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import MemoryModel

@Suite struct `What the kernel takes at boot` {
    private func places(_ machine: Machine, _ kind: BootReservation.Kind) -> [Range<PageFrame>] {
        machine.bootReservations.filter { $0.kind == kind }.map(\.pages)
    }

    private func nodes(_ machine: Machine, _ kind: BootReservation.Kind) -> Set<NodeID> {
        Set(places(machine, kind).flatMap { pages in machine.ram.filter { $0.pages.overlaps(pages) }.map(\.node) })
    }

    @Test(arguments: Machines.all.indices)
    func `is all that is reserved, each page for one thing`(index: Int) {
        let (name, description) = Machines.all[index]
        let machine = Machine(booting: description)
        for (lower, upper) in zip(machine.reserved, machine.reserved.dropFirst()) {
            #expect(lower.upperBound < upper.lowerBound, "\(name)")
        }
        for (lower, upper) in zip(machine.bootReservations, machine.bootReservations.dropFirst()) {
            #expect(lower.pages.upperBound <= upper.pages.lowerBound, "\(name)")
        }
        #expect(
            machine.reserved.reduce(0) { $0 + $1.count } == machine.bootReservations.reduce(0) { $0 + $1.pages.count },
            "\(name)")
        for reservation in machine.bootReservations {
            #expect(machine.reserved.contains { $0.clamped(to: reservation.pages) == reservation.pages }, "\(name)")
        }
    }

    @Test(arguments: Machines.all.indices)
    func `is a map of 64 bytes a page for each node with memory, and data of each possible one`(index: Int) {
        let (name, description) = Machines.all[index]
        let machine = Machine(booting: description)
        for node in machine.nodes {
            let maps = places(machine, .memmap(node.id)).reduce(0) { $0 + UInt64($1.count) } * machine.pageSize
            #expect(maps >= node.present * 64 && maps < node.present * 64 + 2 << 20, "\(name) \(node.id)")
            #expect(places(machine, .nodeData(node.id)).count == 1, "\(name) \(node.id)")
        }
        #expect(places(machine, .image).count == 1)
        #expect(places(machine, .low).count == (description.architecture.keepsPageZero ? 1 : 0))
    }

    /*
         node 1   [ free ........................ ][ node data (172 KiB) ][ map (16 MiB) ]
     */
    @Test func `lies at the top of its node, the kernel's image at 16 MiB`() {
        let machine = Machine(booting: Machines.twoNodes())
        #expect(places(machine, .image) == [4096..<12288])
        #expect(places(machine, .low) == [0..<256])
        for (node, end) in [(0, 1 << 18), (1, 1 << 19)] as [(Int, PageFrame)] {
            #expect(places(machine, .memmap(NodeID(node))) == [end - 4096..<end])
            #expect(places(machine, .nodeData(NodeID(node))) == [end - 4096 - 43..<end - 4096])
        }
    }

    @Test func `lies on the node itself, hot-pluggable or not, unless movable_node is given`() {
        let machine = Machine(booting: Machines.hotpluggableNode(""))
        for kind in [BootReservation.Kind.memmap, BootReservation.Kind.nodeData] {
            #expect(nodes(machine, kind(NodeID(0))) == [NodeID(0)])
            #expect(nodes(machine, kind(NodeID(1))) == [NodeID(1)])
        }
        #expect(machine.nodes[1].zone(.movable)?.present == 0)
    }

    @Test func `lies on another node with movable_node, so that the whole node can go`() throws {
        var machine = Machine(booting: Machines.hotpluggableNode())
        for kind in [BootReservation.Kind.memmap, BootReservation.Kind.nodeData] {
            #expect(nodes(machine, kind(NodeID(1))) == [NodeID(0)])
        }
        let blocks = machine.blocks.filter { $0.links(to: NodeID(1)) }
        #expect(blocks.count == 8 && blocks.allSatisfy { $0.zone == .movable && !machine.holdsReserved($0) })
        for block in blocks { try machine.run(.setState(block.id, .offline)) }
        #expect(!machine[NodeID(1)].hasMemory)
        expectInvariants(machine)
    }

    @Test func `makes its node one that stays, whatever the firmware says`() {
        var description = Machines.hotpluggableNode()
        for index in description.affinity.indices { description.affinity[index].hotplug = true }
        let machine = Machine(booting: description)
        #expect(nodes(machine, .memmap(NodeID(0))) == [NodeID(0)], "the image is there")
        #expect(machine.zone(.movable).spanned == 0)
        #expect(nodes(machine, .memmap(NodeID(1))) == [NodeID(0)])
        #expect(machine.zone(.movable, of: 1).present == 262144)
    }

    @Test func `of a node without memory is data that lies anywhere`() {
        let machine = Machine(booting: Machines.oneNode())
        #expect(places(machine, .memmap(NodeID(1))).isEmpty)
        #expect(nodes(machine, .nodeData(NodeID(1))) == [NodeID(0)])
    }

    @Test func `comes in pieces where no range is large enough for a map`() {
        // 64 ranges of 33 MiB with holes of 31 MiB between them: 33 MiB of map.
        let ranges = (0..<64 as Range<UInt64>).map {
            MachineDescription.FirmwareRange(first: $0 << 26, last: $0 << 26 + 33 << 20 - 1, kind: .usable)
        }
        let machine = Machine(booting: MachineDescription(memory: ranges))
        let map = places(machine, .memmap(NodeID(0)))
        #expect(map.reduce(0) { $0 + $1.count } == 34 << 8 && map.count > 1)
        #expect(map.allSatisfy { map in machine.ram.contains { $0.pages.clamped(to: map) == map } })
        expectInvariants(machine)
    }

    @Test func `is mirrored where there is such memory and the kernel is to live there`() {
        var description = Machines.mirrored
        let kernel = Machine(booting: description)
        let mirrored = kernel.ram.filter(\.isMirrored).map(\.pages)
        for reservation in kernel.bootReservations where reservation.kind.node != nil {
            #expect(mirrored.contains { $0.clamped(to: reservation.pages) == reservation.pages })
        }
        description.commandLine = ""
        let plain = Machine(booting: description)
        #expect(plain.ram.allSatisfy { !$0.isMirrored }, "nobody asked")
        #expect(places(plain, .memmap(NodeID(1))).last?.upperBound == 12 << 18, "the top of the node")
    }
}

@Suite struct `What memblock shows after boot` {
    @Test func `its hot-pluggable marks are gone, and what they kept apart is one`() {
        for line in ["", "movable_node"] {
            let machine = Machine(booting: Machines.hotpluggableNode(line))
            #expect(machine.memblock.memory.allSatisfy { $0.flags == [] })
            #expect(machine.memblock.memory.map(\.node) == [0, 0, 0, 1].map { NodeID($0) })
        }
    }

    @Test(arguments: Architecture.allCases)
    func `what is hot-added is there where the architecture keeps the list, until it goes`(
        architecture: Architecture
    ) throws {
        let section = architecture.geometries[0].sectionSize
        let description = MachineDescription(
            architecture: architecture,
            memory: [.init(first: 0, last: 2 * section - 1, kind: .usable)],
            affinity: [
                .init(node: 0, first: 0, last: 2 * section - 1),
                .init(node: 0, first: 4 * section, last: 6 * section - 1, hotplug: true),
            ])
        var machine = Machine(booting: description)
        let before = machine.memblock
        try machine.run(.plug(id: "d", size: section, node: NodeID(0)))
        if architecture.keepsMemblock {
            #expect(machine.memblock.memory.last?.bytes == 4 * section..<5 * section)
            #expect(machine.memblock.memory.last?.node == NodeID(0))
        } else {
            #expect(machine.memblock == before)
        }
        try machine.run(.unplug(id: "d"))
        #expect(machine.memblock == before)
    }
}
