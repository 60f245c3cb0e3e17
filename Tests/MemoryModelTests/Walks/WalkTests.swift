// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import MemoryModel

/// How far walks go. Optimised code takes the long ones (`make test` runs both): in all more than 100,000 commands.
private enum Length {
    #if DEBUG
        static let steps = 60
        static let seeds: UInt64 = 2
        static let pageCheckInterval = 10
    #else
        static let steps = 1000
        static let seeds: UInt64 = 9
        static let pageCheckInterval = 5
    #endif
}

@Suite struct `Random walks` {
    @Test(arguments: Machines.all.indices, 0..<Length.seeds as Range<UInt64>)
    func `nothing a machine is told breaks its invariants, and what it refuses leaves it alone`(
        index: Int, seed: UInt64
    ) {
        let (name, description) = Machines.all[index]
        let walk = Walk(description: description, pageCheckInterval: Length.pageCheckInterval)
        let (commands, failure) = walk.random(seed: UInt64(index) * 100 + seed, steps: Length.steps)
        guard let failure else { return }
        let shortest = walk.shrunk(commands)
        let violations = walk.replay(shortest)?.violations ?? failure.violations
        Issue.record(
            """
            machine "\(name)", seed \(UInt64(index) * 100 + seed), step \(failure.step): \(violations.joined(separator: "; "))
            shortest: \(shortest.map { "\n    \($0)" }.joined())
            """)
    }

    @Test(arguments: Machines.all.indices)
    func `the same description and the same commands make the same machine and the same answers`(index: Int) {
        let (name, description) = Machines.all[index]
        let seed = 1000 + UInt64(index)
        var first = Machine(booting: description)
        var second = Machine(booting: description)
        var generator = RandomCommands(seed: seed)
        for step in 0..<300 {
            let command = generator.next(for: first)
            #expect(first.apply(command) == second.apply(command), "machine \(name), seed \(seed), step \(step)")
        }
        #expect(MachineState(first) == MachineState(second), "machine \(name), seed \(seed)")
    }

    @Test func `a copy of a machine goes its own way`() throws {
        var machine = Machine(booting: Machines.oneNode())
        let before = MachineState(machine)
        let copy = machine
        try machine.run(.probe(address: 4 * Machines.GiB), .state(32, .online), .state(1, .offline))
        #expect(MachineState(copy) == before)
        #expect(MachineState(machine) != before)
    }
}
