// SPDX-License-Identifier: Apache-2.0

import MemoryModel

/// What a machine boots to, in a few lines.
struct MachineSummary {
    private let facts: [(name: String, value: String, isNumber: Bool)]

    init(_ machine: Machine) {
        let online = machine.blocks.reduce(0) { $0 + ($1.isOnline ? 1 : 0) }
        facts = [
            ("abi", machine.description.abi.rawValue, false),
            ("arch", machine.description.architecture.rawValue, false),
            ("cmdline", machine.description.commandLine, false),
            ("block_size", "\(machine.blockSize)", true),
            ("blocks", "\(machine.blocks.count)", true),
            ("online_blocks", "\(online)", true),
            ("nodes", "\(machine.onlineNodes.count)", true),
            ("possible_nodes", "\(machine.nodes.count)", true),
            ("cpus", "\(machine.description.cpus.count)", true),
            ("slots", "\(machine.devices.count)", true),
            ("present_bytes", "\(machine.nodes.reduce(0) { $0 + $1.present } * machine.pageSize)", true),
        ]
    }

    var text: String { facts.map { "\($0.name) = \($0.isNumber ? $0.value : JSON.text($0.value))\n" }.joined() }

    var json: String {
        let items = facts.map { "  \(JSON.text($0.name)): \($0.isNumber ? $0.value : JSON.text($0.value))" }
        return "{\n" + items.joined(separator: ",\n") + "\n}\n"
    }
}

/// The little of JSON that is written here.
enum JSON {
    /// A string, quoted.
    static func text(_ text: String) -> String {
        var quoted = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": quoted += "\\\""
            case "\\": quoted += "\\\\"
            case "\n": quoted += "\\n"
            case "\t": quoted += "\\t"
            default:
                if scalar.value < 0x20 {
                    let hex = String(scalar.value, radix: 16)
                    quoted += "\\u" + String(repeating: "0", count: 4 - hex.count) + hex
                } else {
                    quoted.unicodeScalars.append(scalar)
                }
            }
        }
        return quoted + "\""
    }
}
