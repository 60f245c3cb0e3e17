// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import MemoryModel

@Suite struct `Workloads` {
    private var machine = Machine(booting: Machines.oneNode())

    @Test mutating func `unmovable pages leave the free ones and come back`() throws {
        let free = machine.zone(.dma32).free
        let outcome = try machine.run(.pin(3, pages: 10))
        #expect(outcome.changes == [.workloadChanged(name: "pin3")])
        #expect(machine.zone(.dma32).free == free - 10)
        #expect(machine.workloadList.map(\.pages) == [10])
        try machine.run(.unpin(3))
        #expect(machine.unused(.dma32) == free)
        #expect(machine.workloadList.isEmpty)
    }

    @Test mutating func `a bad allocation is refused and changes nothing`() throws {
        try machine.probe(32...33)
        try machine.run(.state(33, .onlineMovable), .pin(3))
        let before = MachineState(machine)
        #expect(machine.errno(of: .pin(3)) == .exists)
        #expect(machine.errno(of: .pin(99)) == .noAddress)
        #expect(machine.errno(of: .pin(32)) == .noAddress, "offline")
        #expect(machine.errno(of: .pin(33)) == .invalid, "Movable")
        #expect(machine.errno(of: .pin(4, pages: 0)) == .invalid)
        #expect(machine.errno(of: .pin(4, pages: 32769)) == .noMemory)
        #expect(machine.errno(of: .unpin(4)) == .noEntry)
        #expect(MachineState(machine).kept(byRefused: .pin(4)) == before.kept(byRefused: .pin(4)))
    }

    @Test mutating func `a block can be filled to the last free page`() throws {
        try machine.run(.pin(4, pages: 32768))
        #expect(machine.use(ofWorkload: "pin4")?.blocks.map(\.pages) == [32768])
        #expect(
            machine.errno(of: .allocate(Workload(name: "more", kind: .kernel, block: BlockID(4), pages: 1)))
                == .noMemory)
        expectInvariants(machine)
    }

    @Test func `a block of two zones or two nodes gives pages of the highest`() throws {
        var low = Machine(booting: Machines.oneNode())
        try low.run(.pin(0, pages: 5))
        #expect(low.zone(.dma).free == low.zone(.dma).managed)
        #expect(low.zone(.dma32).free == low.zone(.dma32).managed - 5)
        expectInvariants(low)
        var shared = Machine(booting: Machines.sharedBlock())
        try shared.run(.pin(12, pages: 5))
        #expect(shared.zone(.dma32).free == shared.zone(.dma32).managed)
        #expect(shared.zone(.dma32, of: 1).free == shared.zone(.dma32, of: 1).managed - 5)
        expectInvariants(shared)
    }
}
