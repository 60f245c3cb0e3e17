// SPDX-License-Identifier: Apache-2.0

import MachineFile
import Testing

@testable import MemoryModel

@Suite struct `The presets as machines` {
    @Test(arguments: Preset.all.map(\.name))
    func `a preset boots, and its invariants hold`(name: String) throws {
        let description = try MachineFile.resolve(name)
        let booted = Machine(booting: description)
        #expect(!booted.blocks.isEmpty)
        // The largest machine's half a million blocks are too many for every check.
        if booted.blocks.count < 10_000 {
            expectInvariants(booted)
        } else {
            let present = booted.blocks.reduce(0) { $0 + UInt64($1.presentPages) }
            #expect(booted.nodes.reduce(0) { $0 + $1.present } == present)
        }
    }

    @Test func `the largest machine takes the largest ratio`() throws {
        var machine = Machine(booting: try MachineFile.resolve("huge"))
        let block = try #require(machine.blocks.first { $0.zone == .normal && !machine.holdsReserved($0) }).id
        for command: Command in [
            .setOnlinePolicy(.autoMovable), .setAutoMovableRatio(.max), .setState(block, .offline),
            .setState(block, .online),
        ] {
            #expect(machine.apply(command).refusal == nil)
        }
    }
}
