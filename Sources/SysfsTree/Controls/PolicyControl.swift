// SPDX-License-Identifier: Apache-2.0

import MemoryModel

/// The control `policy`: how the simulated kernel does what kernels have done in several ways.
enum PolicyControl {
    /// What holds, in the words that set it, and how many pages are booked, if any.
    static func text(of machine: Machine) -> String {
        "set offline_policy=\(machine.offlinePolicy.rawValue)\nset migrate=\(machine.migrationPolicy.rawValue)\n"
            + (machine.bookedPages > 0 ? "booked=\(machine.bookedPages)\n" : "")
    }

    /// The commands a write asks for.
    static func commands(in text: String) throws(Refusal) -> [Command] {
        try ControlLine.commands(in: text, verbs: ["set": ["offline_policy", "migrate"]]) { (line) throws(Refusal) in
            guard line.optionalText("migrate") == nil else {
                guard line.optionalText("offline_policy") == nil else {
                    throw Refusal(.invalid, "one policy a line")
                }
                return .setMigrationPolicy(try choice("migrate", line))
            }
            return .setOfflinePolicy(try choice("offline_policy", line))
        }
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
