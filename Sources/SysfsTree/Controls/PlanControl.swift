// SPDX-License-Identifier: Apache-2.0

import MemoryModel

/// The control `plan`: how a node can be removed (seed 004).
enum PlanControl {
    static let verbs = [
        ControlVerb(
            "remove-node", "Asks how all memory of a node can go, which is tried on a copy of the machine.",
            [ControlKey("node", "The node.", required: true)])
    ]

    /// The plan asked for last, made anew for the machine as it is.
    static func text(of machine: Machine) -> String {
        guard let node = machine.planTarget, machine.node(node)?.isOnline == true else { return "" }
        return machine.planRemoval(of: node).controlText
    }

    /// The command a line asks for.
    static func command(_ line: ControlLine, _: Machine) throws(Refusal) -> Command {
        .plan(NodeID(Int(clamping: try line.number("node"))))
    }
}
