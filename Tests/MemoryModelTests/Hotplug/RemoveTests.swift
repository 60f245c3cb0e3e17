// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import MemoryModel

@Suite struct `Hot-remove` {
    private var machine = Machine(booting: Machines.oneNode())

    @Test mutating func `is refused with EBUSY while a block is online, and removes nothing`() throws {
        try machine.probe(32...34)
        try machine.run(.state(33, .online))
        let before = MachineState(machine)
        #expect(throws: Refusal(.busy, "memory33 is not offline")) {
            try machine.removeMemory(first: 4 << 30, size: 3 * Machines.block)
        }
        #expect(MachineState(machine) == before)
    }

    @Test mutating func `takes the blocks, their claim and their power control`() throws {
        let (resources, map) = (machine.resources, machine.firmwareMap.entries)
        try machine.probe(32...32)
        try machine.run(.setRuntimePower(.block(BlockID(32)), allowed: false))
        try machine.removeMemory(first: 4 << 30, size: Machines.block)
        #expect(machine.blocks[BlockID(32)] == nil && machine.resources == resources)
        #expect(machine.firmwareMap.entries == map && machine.runtimePowerForbidden.isEmpty)
        #expect(machine[NodeID(0)].isOnline, "it has memory and processors")
        try machine.probe(32...32)
        expectInvariants(machine)
    }
}
