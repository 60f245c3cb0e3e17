// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import MemoryModel

@Suite struct `Nodes that are made up` {
    private static let unit: UInt64 = 32 << 20

    private func present(_ machine: Machine) -> [UInt64] { machine.nodes.map { $0.present * machine.pageSize } }

    /*
         real      [ node 0: 1 GiB              ][ node 1: 1 GiB             ]
         fake=4    [ node 0     ][ node 2       ][ node 1     ][ node 3      ]
     */
    @Test func `a number of them cuts the real nodes in turn`() {
        let machine = Machine(booting: Machines.twoNodes("numa=fake=4"))
        #expect(machine.nodes.map(\.id.rawValue) == [0, 1, 2, 3] && machine.complaints.isEmpty)
        #expect(machine.nodes.allSatisfy { $0.isOnline })
        #expect(machine.nodes.map(\.start) == [1, 1 << 18, 1 << 17, 3 << 17])
        #expect(machine.nodes.map(\.cpus) == [[0], [1], [0], [1]], "a processor is on every part of its node")
        expectInvariants(machine)
    }

    @Test(arguments: [1, 2, 3, 5, 7, 16, 40])
    func `they share all memory of a node about equally, in whole 32 MiB units`(count: Int) {
        for description in [Machines.twoNodes("numa=off"), Machines.oneNode(), Machines.hotpluggableNode("numa=off")] {
            var description = description
            let total = Machine(booting: description).nodes.reduce(0) { $0 + $1.present }
            description.commandLine += " numa=fake=\(count)"
            let machine = Machine(booting: description)
            let share = total * machine.pageSize / UInt64(count)
            guard share >= Self.unit else {
                #expect(machine.complaints == ["numa=fake=: not enough memory for each node; ignored"])
                continue
            }
            #expect(machine.complaints.isEmpty)
            #expect(machine.nodes.reduce(0) { $0 + $1.present } == total)
            #expect(machine.nodes.count <= count && machine.nodes.count > 0)
            for node in machine.nodes {
                #expect(node.present * machine.pageSize >= share / Self.unit * Self.unit)
                #expect(node.start % (Self.unit / machine.pageSize) <= 1)
            }
            expectInvariants(machine)
        }
    }

    @Test func `none is part of two real nodes, even if shares are unequal then`() {
        let machine = Machine(booting: Machines.hotpluggableNode("numa=fake=2"))
        #expect(present(machine) == [4 * Machines.GiB - 98 * 4096, Machines.GiB])
    }

    @Test func `a letter makes the number count for each real node`() {
        let machine = Machine(booting: Machines.twoNodes("numa=fake=2U"))
        #expect(machine.nodes.map(\.start) == [1, 1 << 17, 1 << 18, 3 << 17])
        #expect(machine.nodes.map(\.cpus) == [[0], [0], [1], [1]])
        expectInvariants(machine)
    }

    @Test func `a size makes as many as there are`() {
        let machine = Machine(booting: Machines.oneNode("numa=fake=256M"))
        // The first needs a unit more, for holes do not count; the last has what would be too little for another.
        #expect(machine.nodes.map(\.start) == [1, 288 << 8, 544 << 8])
        let least = Machine(booting: Machines.oneNode("numa=fake=1M"))
        #expect(least.nodes.count == 31 && least.nodes.allSatisfy { $0.present >= 32 << 8 }, "32 MiB is the least")
    }

    @Test func `parts of a node are as near to each other as it is to itself`() {
        var description = Machines.twoNodes("numa=fake=4")
        description.distances = [[10, 31], [32, 10]]
        let machine = Machine(booting: description)
        func distances(_ node: Int) -> [Int] {
            (0..<4).map { machine.distance(from: NodeID(node), to: NodeID($0)) }
        }
        #expect(distances(0) == [10, 31, 10, 31] && distances(2) == distances(0))
        #expect(distances(1) == [32, 10, 32, 10] && distances(3) == distances(1))
    }

    @Test func `without the firmware's nodes they are cut from one`() {
        let machine = Machine(booting: Machines.twoNodes("numa=off numa=fake=2"))
        #expect(machine.nodes.map(\.cpus) == [[0, 1], [0, 1]])
        #expect(machine.nodes.map(\.present).reduce(0, +) == 524190)
        expectInvariants(machine)
    }

    @Test func `probing beyond boot memory lands on the first of them`() throws {
        var machine = Machine(booting: Machines.oneNode("numa=fake=2"))
        try machine.run(.probe(address: 12 * Machines.GiB))
        #expect(machine.block(96).nodes == [NodeID(0)])
        expectInvariants(machine)
    }
}
