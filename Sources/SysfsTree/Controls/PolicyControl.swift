// SPDX-License-Identifier: Apache-2.0

import MemoryModel

/// The control `policy`: how the simulated kernel does what kernels have done in several ways.
enum PolicyControl {
    static let verbs = [
        ControlVerb(
            "set", "Sets a policy, one a line.",
            [
                ControlKey(
                    "offline_policy",
                    "How a block is emptied: isolated as Linux does it, or booked as an early design had it.",
                    values: OfflinePolicy.allCases.map(\.rawValue)),
                ControlKey(
                    "migrate",
                    "Where its pages move: away to another node as in Linux 6.1, or near, to its own node while that stays.",
                    values: MigrationPolicy.allCases.map(\.rawValue)),
            ])
    ]

    /// What holds, in the words that set it, and how many pages are booked, if any.
    static func text(of machine: Machine) -> String {
        "set offline_policy=\(machine.offlinePolicy.rawValue)\nset migrate=\(machine.migrationPolicy.rawValue)\n"
            + (machine.bookedPages > 0 ? "booked=\(machine.bookedPages)\n" : "")
    }

    /// The command a line asks for.
    static func command(_ line: ControlLine, _: Machine) throws(Refusal) -> Command {
        guard line.optionalText("migrate") == nil else {
            guard line.optionalText("offline_policy") == nil else { throw Refusal(.invalid, "one policy a line") }
            return .setMigrationPolicy(try choice("migrate", line))
        }
        return .setOfflinePolicy(try choice("offline_policy", line))
    }

    private static func choice<C: RawRepresentable<String> & CaseIterable>(
        _ key: String, _ line: ControlLine
    ) throws(Refusal) -> C {
        guard let choice = C(rawValue: try line.text(key)) else {
            let known = C.allCases.map(\.rawValue).joined(separator: ", ")
            throw Refusal(.invalid, "unknown \(key): known are \(known)")
        }
        return choice
    }
}
