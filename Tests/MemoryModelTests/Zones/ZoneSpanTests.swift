// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import MemoryModel

@Suite struct `A zone's span` {
    /*
        32 33 34 35 36 37 38 39 40
         N  N  N  N  N  N  M  N  N     Normal 32...40, Movable 38
    */
    private func interleaved() throws -> Machine {
        var machine = Machine(booting: Machines.oneNode())
        try machine.probe(32...40)
        for block in [32, 33, 34, 35, 36, 37, 39, 40] as [UInt32] { try machine.run(.state(block, .onlineKernel)) }
        try machine.run(.state(38, .onlineMovable))
        return machine
    }

    private func normal(_ machine: Machine) -> [UInt64] {
        let zone = machine.zone(.normal)
        return [zone.start, zone.spanned, zone.present]
    }

    @Test func `shrinks at its ends and jumps over holes, as on a live kernel`() throws {
        var machine = try interleaved()
        #expect(normal(machine) == [1_048_576, 294912, 262144])
        try machine.run(.state(40, .offline))
        #expect(normal(machine) == [1_048_576, 262144, 229376])
        try machine.run(.state(39, .offline))
        #expect(normal(machine) == [1_048_576, 196608, 196608], "over 38, which is Movable's")
        for block in [33, 34, 35, 37] as [UInt32] { try machine.run(.state(block, .offline)) }
        #expect(normal(machine) == [1_048_576, 163840, 65536])
        try machine.run(.state(32, .offline))
        #expect(normal(machine) == [1_179_648, 32768, 32768])
        expectInvariants(machine)
        try machine.run(.state(36, .offline))
        #expect(normal(machine) == [0, 0, 0])
        expectInvariants(machine)
    }

    @Test func `is not changed by what goes from its middle`() throws {
        var machine = try interleaved()
        for block in 33...36 as ClosedRange<UInt32> {
            try machine.run(.state(block, .offline))
            #expect(normal(machine)[..<2] == [1_048_576, 294912])
        }
        expectInvariants(machine)
    }

    @Test func `widens over everything between`() throws {
        var machine = Machine(booting: Machines.oneNode())
        try machine.probe(32...40)
        try machine.run(.state(36, .onlineMovable), .state(40, .onlineMovable), .state(33, .onlineMovable))
        let zone = machine.zone(.movable)
        #expect(zone.start == 33 * 32768 && zone.spanned == 8 * 32768 && zone.present == 3 * 32768)
        #expect(machine[NodeID(0)].start == 1 && machine[NodeID(0)].spanned == zone.end - 1)
    }

    /// Block 7 cannot go, it holds the memory map; with movable_node, node 0 holds it for node 1.
    @Test func `of boot memory ends where the last block stays, and begins in a block without a zone`() throws {
        var machine = Machine(booting: Machines.oneNode())
        for block in 1...6 as ClosedRange<UInt32> { try machine.run(.state(block, .offline)) }
        #expect(machine.zone(.dma32).start == 4096 && machine.zone(.dma32).end == 8 * 32768)
        var other = Machine(booting: Machines.hotpluggableNode())
        for block in (40...47 as ClosedRange<UInt32>).reversed() { try other.run(.state(block, .offline)) }
        #expect(other.zone(.movable, of: 1).spanned == 0 && other[NodeID(1)].isOnline)
        expectInvariants(machine)
        expectInvariants(other)
    }

    /// A zone's boot span has the zone's limits; what is online ends below the hole.
    ///
    ///     DMA32  [ 0 | 1 ........... 23 |    hole    ]
    @Test func `of boot memory keeps a hole at its end, whatever goes below it`() throws {
        var machine = Machine(booting: Machines.hotpluggableNode(""))
        #expect(machine.zone(.dma32).end == 1 << 20)
        try machine.run(.state(23, .offline))
        #expect(machine.zone(.dma32).end == 1 << 20)
        expectInvariants(machine)
    }

    @Test func `of a node is the hull of its zones`() throws {
        var machine = Machine(booting: Machines.oneNode())
        try machine.run(.plug("d1", blocks: 4))
        #expect(machine[NodeID(1)].spanned == 0)
        try machine.run(.state(80, .onlineMovable), .state(83, .onlineKernel))
        #expect(machine[NodeID(1)].start == 80 * 32768 && machine[NodeID(1)].spanned == 4 * 32768)
        try machine.run(.state(80, .offline))
        #expect(machine[NodeID(1)].start == 83 * 32768 && machine[NodeID(1)].spanned == 32768)
        try machine.run(.state(83, .offline))
        #expect(machine[NodeID(1)].start == 0 && machine[NodeID(1)].spanned == 0)
    }

    @Test func `meets a range only in pages they share`() {
        var zone = Zone(kind: .normal, number: 2)
        #expect(!zone.intersects(0..<100), "an empty zone meets nothing")
        zone.widen(to: 100..<200)
        #expect(zone.intersects(0..<101) && zone.intersects(199..<300) && zone.intersects(120..<130))
        #expect(!zone.intersects(0..<100) && !zone.intersects(200..<300))
        zone.widen(to: 50..<60)
        #expect(zone.start == 50 && zone.end == 200)
        zone.widen(to: 120..<130)
        #expect(zone.start == 50 && zone.end == 200)
    }
}
