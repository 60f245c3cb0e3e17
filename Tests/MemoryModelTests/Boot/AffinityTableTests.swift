// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import MemoryModel

@Suite struct `The affinity table` {
    private func table(
        _ affinity: [MachineDescription.Affinity], ram: [(UInt64, UInt64)], cpus: [Int] = [], numaOff: Bool = false
    ) -> AffinityTable {
        let description = MachineDescription(memory: [], affinity: affinity, cpus: cpus.map { .init(node: $0) })
        return AffinityTable(description, ram: ram.map { (first: $0.0, last: $0.1) }, numaOff: numaOff)
    }

    /*
        entry    node 1  node 0        node 0   node 2 (no RAM)
                 [0,99]  [100,199]     [300,399]  [500,599]
        RAM      ########################...####
     */
    private var gaps: AffinityTable {
        table(
            [
                .init(node: 1, first: 0, last: 99), .init(node: 0, first: 100, last: 199),
                .init(node: 0, first: 300, last: 399), .init(node: 2, first: 500, last: 599),
            ], ram: [(0, 249), (300, 349)], cpus: [3])
    }

    @Test(
        arguments: [(0, 1), (99, 1), (100, 0), (250, 0), (349, 0), (350, 1), (399, 1), (550, 1), (.max, 1)]
            as [(UInt64, Int)])
    func `an address in a gap is its neighbours', one beyond boot memory the first entry's`(address: UInt64, node: Int)
    {
        #expect(gaps.node(ofAddress: address) == NodeID(node))
    }

    @Test func `a gap that another node lies in stays`() {
        let split = table(
            [
                .init(node: 0, first: 0, last: 99), .init(node: 1, first: 200, last: 299),
                .init(node: 0, first: 400, last: 499),
            ], ram: [(0, 99), (200, 299), (400, 499)])
        #expect(split.node(ofAddress: 150) == NodeID(0))
        #expect(split.node(ofAddress: 250) == NodeID(1))
        #expect(split.node(ofAddress: 450) == NodeID(0))
        #expect(split.node(ofAddress: 320) == NodeID(0), "the first entry's, not a gap's")
    }

    @Test func `a node is possible with a range or a processor, memory or not`() {
        #expect(gaps.possible == [0, 1, 2, 3].map(NodeID.init))
        #expect(table([], ram: [(0, 99)]).possible == [NodeID(0)])
        #expect(
            table([.init(node: 5, first: 0, last: 99)], ram: [(0, 99)], cpus: [7], numaOff: true).possible == [
                NodeID(0)
            ])
    }

    private static let MiB: UInt64 = 1 << 20

    /*
         node 0   [0       100 MiB)
         node 1          [99      200 MiB)      overlap: the table is not used
     */
    @Test func `nodes that overlap make all of the table worthless`() {
        let overlapping = table(
            [
                .init(node: 3, first: 0, last: 100 * Self.MiB - 1),
                .init(node: 1, first: 99 * Self.MiB, last: 200 * Self.MiB - 1),
            ], ram: [(0, 200 * Self.MiB - 1)], cpus: [1])
        #expect(!overlapping.isFirmwares)
        #expect(overlapping.complaint == "SRAT: node3 and node1 overlap; all memory is on node0")
        #expect(overlapping.possible == [NodeID(0)])
        #expect(overlapping.nodes(of: .init(node: 1)) == [NodeID(0)])
        #expect(overlapping.node(ofAddress: 150 * Self.MiB) == NodeID(0))
    }

    @Test func `nodes that overlap where there is no memory do not matter, nor one that overlaps itself`() {
        let beyond = table(
            [
                .init(node: 0, first: 0, last: 100 * Self.MiB - 1), .init(node: 0, first: 50, last: 80),
                .init(node: 1, first: 100 * Self.MiB, last: 300 * Self.MiB - 1, hotplug: true),
                .init(node: 2, first: 200 * Self.MiB, last: 400 * Self.MiB - 1, hotplug: true),
            ], ram: [(0, 100 * Self.MiB - 1)])
        #expect(beyond.isFirmwares && beyond.complaint == nil)
        #expect(beyond.possible == [0, 1, 2].map(NodeID.init))
    }

    @Test(arguments: [(1 << 20, false), ((1 << 20) - 1, true), (50 << 20, false)] as [(UInt64, Bool)])
    func `a MiB of memory on no node makes it worthless, less does not`(missing: UInt64, isUsed: Bool) {
        let end = 100 * Self.MiB
        let partial = table([.init(node: 1, first: 0, last: end - missing - 1)], ram: [(0, end - 1)])
        #expect(partial.isFirmwares == isUsed)
        #expect(partial.possible == [NodeID(isUsed ? 1 : 0)])
    }

    @Test func `a table that has no memory at all is not used`() {
        let elsewhere = table(
            [.init(node: 1, first: 1 << 40, last: 2 << 40 - 1)], ram: [(0, 100 * Self.MiB - 1)], cpus: [1])
        #expect(!elsewhere.isFirmwares && elsewhere.possible == [NodeID(0)])
    }

    @Test func `a machine whose table is not used has one node, and complains`() throws {
        var description = Machines.twoNodes("movable_node")
        for index in description.affinity.indices { description.affinity[index].hotplug = true }
        description.affinity[1].last += 1 << 20
        description.distances = [[10, 9], [9, 10]]
        var machine = Machine(booting: description)
        #expect(machine.complaints.count == 1 && machine.complaints[0].hasPrefix("SRAT: "))
        #expect(machine.nodes.map(\.id) == [NodeID(0)] && machine.nodes[0].cpus == [0, 1])
        #expect(machine.nodes[0].zone(.movable)?.spanned == 0, "nothing counts as hot-pluggable")
        try machine.run(.plug("d", node: 0))
        // The kernel knows a node 1 by name, but there can be none.
        let outcome = machine.apply(.plug("e", node: 1))
        #expect(outcome.refusal == nil && machine.devices[1].module?.isBound == false)
        expectInvariants(machine)
    }

    @Test(arguments: [[[10, 20], [10, 10]], [[11, 20], [20, 10]], [[10, 20]], [[10, 20], [20]]])
    func `distances that are senseless count for nothing`(distances: [[Int]]) {
        var description = Machines.twoNodes()
        description.distances = distances
        let machine = Machine(booting: description)
        #expect(machine.distance(from: NodeID(0), to: NodeID(1)) == 20)
        #expect(machine.distance(from: NodeID(1), to: NodeID(1)) == 10)
        #expect(machine.complaints.count == 1 && machine.complaints[0].hasPrefix("SLIT: "))
    }

    @Test func `boot memory is cut where nodes change, in whole pages`() {
        let page: UInt64 = 4096
        let table = table(
            [.init(node: 0, first: 0, last: 10 * page - 1), .init(node: 1, first: 10 * page, last: 99 * page - 1)],
            ram: [(0, 12 * page + 5), (20 * page + 1, 30 * page - 1)])
        let ranges = table.split(
            [(0, 12 * page + 5), (20 * page + 1, 30 * page - 1)], pageSize: page, keepsPageZero: true)
        #expect(
            ranges == [
                RAMRange(node: NodeID(0), pages: 1..<10), RAMRange(node: NodeID(1), pages: 10..<12),
                RAMRange(node: NodeID(1), pages: 21..<30),
            ])
    }
}
