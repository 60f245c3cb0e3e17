// SPDX-License-Identifier: Apache-2.0

import MemoryModel

/// The control `policy`: how the simulated kernel does what kernels have done in several ways.
enum PolicyControl {
    /// What holds, in the words that set it.
    static func text(of machine: Machine) -> String {
        "set offline_policy=\(machine.offlinePolicy.rawValue)\n"
    }

    /// The commands a write asks for.
    static func commands(in text: String) throws(Refusal) -> [Command] {
        try ControlLine.commands(in: text, verbs: ["set": ["offline_policy"]]) { (line) throws(Refusal) in
            guard let policy = OfflinePolicy(rawValue: try line.text("offline_policy")) else {
                let known = OfflinePolicy.allCases.map(\.rawValue).joined(separator: ", ")
                throw Refusal(.invalid, "unknown policy: known are \(known)")
            }
            return .setOfflinePolicy(policy)
        }
    }
}
