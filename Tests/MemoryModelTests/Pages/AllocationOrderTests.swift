// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import MemoryModel

@Suite struct `Where allocations go` {
    private func zones(_ machine: Machine, _ node: Int) -> String {
        machine.zonelist(of: NodeID(node)).map { "\($0.node.rawValue)\($0.zone.name)" }.joined(separator: " ")
    }

    @Test func `a zonelist begins with the own node's highest zone and goes on with the nearest other node`() throws {
        var machine = Machine(booting: Machines.oneNode())
        #expect(zones(machine, 0) == "0DMA32 0DMA")
        #expect(zones(machine, 1) == "0DMA32 0DMA", "a node without memory uses others'")
        try machine.run(.plug("d1", blocks: 2, node: 1), .state(80, .onlineMovable), .state(81, .onlineKernel))
        #expect(zones(machine, 0) == "0DMA32 0DMA 1Movable 1Normal")
        #expect(zones(machine, 1) == "1Movable 1Normal 0DMA32 0DMA")
        try machine.run(.state(80, .offline))
        #expect(zones(machine, 1) == "1Normal 0DMA32 0DMA")
        try machine.run(.unplug(id: "d1"))
        #expect(zones(machine, 0) == "0DMA32 0DMA", "the node is gone from everyone's list")
    }

    @Test func `nodes are tried by distance`() {
        var description = Machines.twoNodes()
        description.distances = [[10, 40], [40, 10]]
        let machine = Machine(booting: description)
        #expect(machine.zonelist(of: NodeID(1)).map(\.node.rawValue) == [1, 0, 0])
    }

    @Test func `kernel memory never goes to Movable, user memory goes there first`() throws {
        var machine = Machine(booting: Machines.oneNode())
        try machine.probe(32...33)
        try machine.run(.state(32, .onlineKernel), .state(33, .onlineMovable))
        for kind in PageKind.ofWorkloads where !kind.traits.isHuge {
            try machine.run(.allocate(Workload(name: kind.rawValue, kind: kind, pages: 10)))
            let block: UInt32 = kind.traits.isMovable ? 33 : 32
            #expect(machine.use(ofWorkload: kind.rawValue)?.blocks.map(\.block) == [BlockID(block)], "\(kind)")
        }
        expectInvariants(machine)
    }

    @Test func `an allocation is counted as a hit where it was wanted, and as a miss and foreign elsewhere`() throws {
        var machine = Machine(booting: Machines.twoNodes())
        try machine.run(.allocate(Workload(name: "near", kind: .anon, node: NodeID(1), pages: 100)))
        #expect(machine.numaCounters(of: machine.zone(.dma32, of: 1)).hit == 100)
        #expect(machine.numaCounters(of: machine.zone(.dma32, of: 1)).other == 100, "CPU 0 is on node 0")
        let rest = machine.zone(.dma32, of: 1).free
        try machine.run(.allocate(Workload(name: "far", kind: .anon, node: NodeID(1), pages: rest)))
        let missed = machine.numaCounters(of: machine.zone(.dma32)).miss
        #expect(missed > 0 && machine.numaCounters(of: machine.zone(.dma32, of: 1)).foreign == missed)
        expectInvariants(machine)
    }

    @Test func `when memory is out, it says so and nothing is kept`() throws {
        var machine = Machine(booting: Machines.oneNode())
        let managed = machine[NodeID(0)].managed
        let unused = machine.unused(.dma) + machine.unused(.dma32)
        let outcome = machine.apply(.allocate(Workload(name: "all", kind: .anon, pages: managed)))
        #expect(outcome.refusal?.errno == .noMemory)
        #expect(outcome.refusal?.reason.contains("pages are left") == true)
        #expect(machine.unused(.dma) + machine.unused(.dma32) == unused && machine.workloadList.isEmpty)
        expectInvariants(machine)
    }

    @Test func `some is always kept back: below the low mark, and for lower zones`() throws {
        var machine = Machine(booting: Machines.oneNode())
        let marks = machine.watermarks(of: machine[NodeID(0)])
        try machine.run(
            .allocate(Workload(name: "most", kind: .anon, pages: machine.zone(.dma32).free - marks[1].low - 500)))
        #expect(machine.zone(.dma32).free > marks[1].min)
        expectInvariants(machine)
    }

    @Test func `a block that many pages are wanted of goes as a whole`() throws {
        var machine = Machine(booting: Machines.oneNode())
        try machine.probe(32...35)
        for block in 32...35 as ClosedRange<UInt32> { try machine.run(.state(block, .onlineMovable)) }
        try machine.run(.allocate(Workload(name: "db", kind: .anon, pages: 3 * 32768)))
        #expect(machine.use(ofWorkload: "db")?.blocks.map(\.pages) == [32768, 32768, 32768])
        let forms = (32...35).map { machine.pages.store.contents[Int(machine.block($0).content!)].form }
        #expect(forms == [.used, .used, .used, .free])
        try machine.run(.free(name: "db", pages: 5))
        #expect(machine.use(ofWorkload: "db")?.pages == 3 * 32768 - 5)
        expectInvariants(machine)
        try machine.run(.free(name: "db"))
        #expect(machine.unused(.movable) == 4 * 32768)
        expectInvariants(machine)
    }

    @Test func `a CPU keeps a stock of pages, which goes when a block of its zone goes offline`() throws {
        var machine = Machine(booting: Machines.oneNode())
        try machine.probe(32...33)
        try machine.run(.state(32, .onlineMovable), .state(33, .onlineMovable))
        try machine.run(.allocate(Workload(name: "w", kind: .anon, pages: 1)))
        let (batch, high) = machine.perCPULimits(of: machine.zone(.movable))
        #expect(machine.perCPUPages(of: machine.zone(.movable), cpu: 0) == batch - 1)
        try machine.run(.free(name: "w"))
        #expect(machine.perCPUPages(of: machine.zone(.movable), cpu: 0) <= high)
        try machine.run(.allocate(Workload(name: "other", kind: .anon, pages: 1, cpu: 1)))
        #expect(machine.perCPUPages(of: machine.zone(.movable), cpu: 1) == batch - 1)
        try machine.run(.state(33, .offline))
        #expect((0..<2).map { machine.perCPUPages(of: machine.zone(.movable), cpu: $0) } == [0, 0])
        expectInvariants(machine)
    }

    @Test func `blocks scheduled to go are used last`() throws {
        var machine = Machine(booting: Machines.oneNode())
        try machine.probe(32...33)
        try machine.run(.state(32, .onlineMovable), .state(33, .onlineMovable))
        try machine.run(.avoid(BlockID(32)...BlockID(32), true))
        try machine.run(.allocate(Workload(name: "a", kind: .anon, pages: 20000)))
        #expect(machine.use(ofWorkload: "a")?.blocks.map(\.block) == [BlockID(33)])
        // Other zones come first, and only then what is scheduled.
        let elsewhere = machine.zone(.movable).free - 32768 + machine.zone(.dma32).free
        try machine.run(.allocate(Workload(name: "b", kind: .anon, pages: elsewhere - 30000)))
        #expect(machine.use(ofWorkload: "b")?.blocks.contains { $0.block == BlockID(32) } == false)
        try machine.run(.allocate(Workload(name: "c", kind: .anon, pages: 40000)))
        #expect(machine.use(ofWorkload: "c")?.blocks.contains { $0.block == BlockID(32) } == true)
        try machine.run(.avoid(BlockID(32)...BlockID(33), false))
        expectInvariants(machine)
        #expect(machine.errno(of: .avoid(BlockID(100)...BlockID(200), true)) == .noAddress)
    }

    @Test func `a background load is the same for the same seed`() throws {
        func uses(_ seed: UInt64) throws -> [WorkloadUse] {
            var machine = Machine(booting: Machines.oneNode())
            try machine.run(.background(BackgroundLoad(name: "bg", seed: seed, pages: 20000, steps: 200)))
            expectInvariants(machine)
            return machine.workloadList.compactMap { machine.use(ofWorkload: $0.name) }
        }
        let first = try uses(1)
        #expect(try uses(1) == first)
        #expect(try uses(2) != first)
        #expect(first.reduce(0) { $0 + $1.pages } <= 20000 && !first.isEmpty)
    }
}
