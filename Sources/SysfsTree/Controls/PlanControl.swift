// SPDX-License-Identifier: Apache-2.0

import MemoryModel

/// The control `plan`: how a node can be removed (seed 004).
enum PlanControl {
    /// The plan asked for last, made anew for the machine as it is.
    static func text(of machine: Machine) -> String {
        guard let node = machine.planTarget, machine.node(node)?.isOnline == true else { return "" }
        return machine.planRemoval(of: node).controlText
    }

    /// The commands a write asks for.
    static func commands(in text: String) throws(Refusal) -> [Command] {
        try ControlLine.commands(in: text, verbs: ["remove-node": ["node"]]) { (line) throws(Refusal) in
            .plan(NodeID(Int(clamping: try line.number("node"))))
        }
    }
}
