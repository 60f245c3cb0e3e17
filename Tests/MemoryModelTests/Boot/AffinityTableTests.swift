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
