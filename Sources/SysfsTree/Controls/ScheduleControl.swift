// SPDX-License-Identifier: Apache-2.0

import MemoryModel

/// The control `schedule`: blocks that are to go away, so that allocations steer clear of them (seed 004, scheduled
/// hotplug).
enum ScheduleControl {
    static let verbs = [
        ControlVerb(
            "avoid", "Allocations are to steer clear of blocks.",
            [ControlKey("block", "A number, or a range such as 40-47.", required: true)]),
        ControlVerb(
            "allow", "They may use them again.",
            [ControlKey("block", "A number, or a range such as 40-47.", required: true)]),
    ]

    /// The scheduled blocks, in the words that scheduled them.
    static func text(of machine: Machine) -> String {
        let numbers = machine.blocks.lazy.filter(\.isAvoided).map { Int($0.id.rawValue) }
        let list = Text.list(numbers)
        return list.isEmpty ? "" : list.split(separator: ",").map { "avoid block=\($0)\n" }.joined()
    }

    /// The command a line asks for.
    static func command(_ line: ControlLine, _: Machine) throws(Refusal) -> Command {
        .avoid(try blocks(line.text("block")), line.verb == "avoid")
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
