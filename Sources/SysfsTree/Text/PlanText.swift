// SPDX-License-Identifier: Apache-2.0

public import MemoryModel

extension NodePlan {
    /// The plan as the control `plan` reads: a line for each step, what is left and what blocks, and the result last.
    public var controlText: String {
        var lines = ["remove-node node=\(node.rawValue)"]
        for (number, step) in steps.enumerated() {
            lines.append("step=\(number + 1) " + words(of: step.action) + " reason=\"\(step.reason)\"")
        }
        lines += left.map(words)
        for item in blocked {
            lines.append("blocked block=\(item.block.rawValue) by=\"\(item.cause)\" until=\(item.until.rawValue)")
        }
        lines.append("result=" + (isPossible ? "possible" : "blocked"))
        return lines.joined(separator: "\n") + "\n"
    }

    private func words(of action: Action) -> String {
        switch action {
        case .offline(let block, let moves):
            let pages = moves.reduce(0) { $0 + $1.pages }
            let to = moves.map { "\($0.node):\($0.pages)" }.joined(separator: ",")
            return "do=offline block=\(block.rawValue) pages=\(pages)" + (to.isEmpty ? "" : " to=\(to)")
        case .leaveZonelists: return "do=leave-zonelists node=\(node.rawValue)"
        case .eject(let device, let blocks): return "do=eject device=\(device) block=\(list(blocks))"
        case .ejectContainer(let name, let blocks): return "do=eject container=\(name) block=\(list(blocks))"
        case .removeNode: return "do=remove-node node=\(node.rawValue)"
        }
    }

    private func words(of remainder: Remainder) -> String {
        switch remainder {
        case .blocks(let blocks, let reason): "left block=\(list(blocks)) reason=\"\(reason)\""
        case .processors(let processors):
            "left node=\(node.rawValue) reason=\"has processors \(Text.list(processors))\""
        }
    }

    private func list(_ blocks: [BlockID]) -> String { Text.list(blocks.map { Int($0.rawValue) }) }
}
