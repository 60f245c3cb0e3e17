// SPDX-License-Identifier: Apache-2.0

import MemoryModel
import Picture

/// What a machine boots to, in a few lines.
struct MachineSummary {
    /// Names, and values as JSON writes them; a machine file would write them the same.
    private let facts: [(name: String, value: String)]

    init(_ machine: Machine) {
        let online = machine.blocks.reduce(0) { $0 + ($1.isOnline ? 1 : 0) }
        facts = [
            ("abi", JSONText.text(machine.description.abi.rawValue)),
            ("arch", JSONText.text(machine.description.architecture.rawValue)),
            ("cmdline", JSONText.text(machine.description.commandLine)),
            ("block_size", "\(machine.blockSize)"),
            ("blocks", "\(machine.blocks.count)"),
            ("online_blocks", "\(online)"),
            ("nodes", "\(machine.onlineNodes.count)"),
            ("possible_nodes", "\(machine.nodes.count)"),
            ("cpus", "\(machine.description.cpus.count)"),
            ("slots", "\(machine.devices.count)"),
            ("present_bytes", "\(machine.nodes.reduce(0) { $0 + $1.present } * machine.pageSize)"),
            ("complaints", "[" + machine.complaints.map(JSONText.text).joined(separator: ", ") + "]"),
        ]
    }

    var text: String { facts.map { "\($0.name) = \($0.value)\n" }.joined() }

    var json: String {
        let items = facts.map { "  \(JSONText.text($0.name)): \($0.value)" }
        return "{\n" + items.joined(separator: ",\n") + "\n}\n"
    }
}
