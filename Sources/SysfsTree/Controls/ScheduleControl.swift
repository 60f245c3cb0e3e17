// SPDX-License-Identifier: Apache-2.0

import MemoryModel

/// The control `schedule`: blocks that are to go away, so that allocations steer clear of them (seed 004, scheduled
/// hotplug).
enum ScheduleControl {
    /// The scheduled blocks, in the words that scheduled them.
    static func text(of machine: Machine) -> String {
        let numbers = machine.blocks.lazy.filter(\.isAvoided).map { Int($0.id.rawValue) }
        let list = Text.list(numbers)
        return list.isEmpty ? "" : list.split(separator: ",").map { "avoid block=\($0)\n" }.joined()
    }

    /// The commands a write asks for.
    static func commands(in text: String) throws(Refusal) -> [Command] {
        try ControlLine.commands(in: text, verbs: ["avoid": ["block"], "allow": ["block"]]) {
            (line) throws(Refusal) in .avoid(try blocks(line.text("block")), line.verb == "avoid")
        }
    }

    /// `40` or `40-47`.
    private static func blocks(_ text: String) throws(Refusal) -> ClosedRange<BlockID> {
        let ends = text.split(separator: "-", omittingEmptySubsequences: false).map { UInt32($0) }
        guard let first = ends.first ?? nil, let last = ends.last ?? nil, ends.count <= 2, first <= last else {
            throw Refusal(.invalid, "block= is a number or a range such as 40-47")
        }
        return BlockID(first)...BlockID(last)
    }
}
