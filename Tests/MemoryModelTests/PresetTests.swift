// SPDX-License-Identifier: Apache-2.0

import MachineFile
import Testing

@testable import MemoryModel

@Suite struct `The presets as machines` {
    @Test(arguments: Preset.all.map(\.name))
    func `a preset boots, and its invariants hold`(name: String) throws {
        let description = try MachineFile.resolve(name)
        let clock = ContinuousClock()
        var machine: Machine?
        let time = clock.measure { machine = Machine(booting: description) }
        #expect(time < .seconds(10), "\(name) took \(time) to boot")
        let booted = try #require(machine)
        #expect(!booted.blocks.isEmpty)
        // The largest machine's half a million blocks are too many for every check.
        if booted.blocks.count < 10_000 {
            expectInvariants(booted)
        } else {
            let present = booted.blocks.reduce(0) { $0 + UInt64($1.presentPages) }
            #expect(booted.nodes.reduce(0) { $0 + $1.present } == present)
        }
    }
}
