// SPDX-License-Identifier: Apache-2.0

@testable import MemoryModel

/// A walk: commands given to a machine one after the other, with everything checked after each.
struct Walk {
    let description: MachineDescription
    /// Every how many commands each page frame is looked at; the last one's are looked at in any case.
    var pageCheckInterval = 1

    /// What went wrong, after which command.
    struct Failure {
        let step: Int
        let violations: [String]
    }

    /// Draws commands and gives them to the machine until something is wrong or there were enough of them.
    func random(seed: UInt64, steps: Int) -> (commands: [Command], failure: Failure?) {
        var machine = Machine(booting: description)
        var generator = RandomCommands(seed: seed)
        var commands: [Command] = []
        let boot = machine.nodes
        for step in 0..<steps {
            commands.append(generator.next(for: machine))
            let checksPages = step % pageCheckInterval == 0 || step == steps - 1
            let violations = violations(of: commands[step], on: &machine, boot, checksPages)
            if !violations.isEmpty { return (commands, Failure(step: step, violations: violations)) }
        }
        return (commands, nil)
    }

    /// The first failure of a list of commands.
    func replay(_ commands: [Command]) -> Failure? {
        var machine = Machine(booting: description)
        let boot = machine.nodes
        for (step, command) in commands.enumerated() {
            let violations = violations(of: command, on: &machine, boot, true)
            if !violations.isEmpty { return Failure(step: step, violations: violations) }
        }
        return nil
    }

    /// Drops commands as long as something is still wrong without them.
    func shrunk(_ commands: [Command]) -> [Command] {
        var commands = commands
        var size = max(1, commands.count / 2)
        while true {
            var (position, dropped) = (0, false)
            while position < commands.count {
                var fewer = commands
                fewer.removeSubrange(position..<min(position + size, commands.count))
                if let failure = replay(fewer) {
                    commands = Array(fewer[...failure.step])
                    dropped = true
                } else {
                    position += size
                }
            }
            if size == 1, !dropped { return commands }
            if !dropped { size /= 2 }
        }
    }

    private func violations(
        of command: Command, on machine: inout Machine, _ boot: [Node], _ checksPages: Bool
    ) -> [String] {
        let before = MachineState(machine)
        let outcome = machine.apply(command)
        var invariants = Invariants(machine: machine, atBoot: boot)
        invariants.checksPages = checksPages
        var found = invariants.violations
        if let refusal = outcome.refusal {
            let after = MachineState(machine)
            if before.kept(byRefused: command) != after.kept(byRefused: command) {
                found.append("refused (\(refusal.reason)), yet the machine changed: \(before.differences(from: after))")
            }
        }
        return found
    }
}

extension MachineState {
    /// The parts in which two states differ.
    func differences(from other: MachineState) -> [String] {
        zip(Mirror(reflecting: self).children, Mirror(reflecting: other).children).compactMap { mine, others in
            "\(mine.value)" == "\(others.value)" ? nil : mine.label
        }
    }
}
