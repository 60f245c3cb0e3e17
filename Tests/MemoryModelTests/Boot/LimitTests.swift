// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import MemoryModel

@Suite struct `Limits of memory` {
    @Test func `memory beyond mem= is not there at boot, and can be added later`() throws {
        var machine = Machine(booting: Machines.hotpluggableNode("mem=3G"))
        #expect(machine.blocks.map(\.id.rawValue) == Array(0..<24))
        #expect(machine.nodes.map(\.isOnline) == [true, false], "the table's other node has no memory left")
        #expect(machine.firmwareMap.entries.count == machine.description.memory.count, "the firmware said so")
        try machine.run(.probe(address: 4 * Machines.GiB), .state(32, .online))
        expectInvariants(machine)
    }

    @Test func `reserved by memmap= is not memory, and a block with such a hole cannot go offline`() {
        var machine = Machine(booting: Machines.oneNode("memmap=1M$0x10000000,64M!0x20000000"))
        #expect(machine.block(2).presentPages == 32768 - 256 && machine.block(4).presentPages == 16384)
        #expect(machine.errno(of: .state(2, .offline)) == .invalid)
        let names = machine.resources.resources.map(\.name)
        #expect(names.contains("Persistent Memory (legacy)") && names.contains("Reserved"))
        expectInvariants(machine)
    }

    @Test func `the block size follows from where memory ends for the kernel`() {
        let description = MachineDescription(
            addressBits: 46, memory: [.init(first: 0, last: 80 * Machines.GiB - 1, kind: .usable)])
        var limited = description
        limited.commandLine = "mem=63G"
        #expect(Machine(booting: description).blockSize == 2 << 30)
        #expect(Machine(booting: limited).blockSize == 128 << 20)
    }
}
