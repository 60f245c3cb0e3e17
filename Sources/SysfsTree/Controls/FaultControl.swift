// SPDX-License-Identifier: Apache-2.0

import MemoryModel

/// The control `faults`: what goes wrong on demand.
enum FaultControl {
    static let verbs = [
        ControlVerb(
            "set", "Sets a fault, in place of one of its name; its counts begin anew.",
            [
                key(
                    .kind,
                    "What goes wrong: a block is refused to go offline or online, added memory finds no memory for its "
                        + "memory map, a page is stuck and will not migrate, or pages are slow to; uevents come with a "
                        + "delay, are lost, doubled or reordered, or a flood of others comes before them.",
                    required: true, values: FaultKind.allCases.map(\.rawValue)),
                key(.name, "What it is cleared by, its kind if it is not said."),
                key(
                    .next,
                    "How often it strikes at most; once, the next time that it could, if neither this nor every= is said."
                ),
                key(.every, "Of so many times that it could strike, it strikes at one."),
                key(
                    .seed,
                    "Which of those, at random and the same for the same seed; if it is not said, hotmem.seed= or the last."
                ),
                key(
                    .errno,
                    "What going offline or online fails with, as EBUSY, ebusy or a number; offline EBUSY and online "
                        + "ENOMEM if it is not said."),
                key(
                    .time,
                    "What each page takes (slow), how much later a uevent comes (delay), how long it waits for the next "
                        + "at most (reorder, 1s if it is not said), how long a page stays (stuck, until the fault is "
                        + "cleared if it is not said), as 250us, 10ms or 2s."),
                key(.uevents, "How many uevents a flood has, 5000 if it is not said."),
                key(
                    .block, "Only these blocks, or uevents of these, now or later: a number, or a range such as 40-47."),
                key(.node, "Only blocks on this node; not for uevents."),
                key(.subsystem, "Only uevents of this subsystem, such as memory or node."),
                key(
                    .action, "Only uevents with this action.", values: UeventAction.allCases.map(\.rawValue)),
            ]),
        ControlVerb(
            "clear", "Forgets a fault; what it holds back goes on.",
            [key(.name, "Which one, all if it is not said.")]),
    ]

    private static func key(
        _ key: FaultKey, _ summary: String, required: Bool = false, values: [String] = []
    ) -> ControlKey {
        ControlKey(key.rawValue, summary, required: required, values: values)
    }

    /// The faults, in the words that set them, and their counts.
    static func text(of machine: Machine) -> String {
        machine.faultList.map { active in
            let words = active.fault.words.map { "\($0.key.rawValue)=\($0.value)" }
            return "set \(words.joined(separator: " ")) asked=\(active.asked) hits=\(active.hits)\n"
        }.joined()
    }

    /// The command a line asks for.
    static func command(_ line: ControlLine, _: Machine) throws(Refusal) -> Command {
        if line.verb == "clear" { return .clearFaults(name: line.optionalText(FaultKey.name.rawValue)) }
        _ = try line.text(FaultKey.kind.rawValue)
        var words: [FaultKey: String] = [:]
        for key in FaultKey.allCases { words[key] = line.optionalText(key.rawValue) }
        do throws(FaultProblem) { return .setFault(try Fault(words)) } catch {
            throw Refusal(.invalid, "\(error.key.rawValue)= \(error.reason)")
        }
    }
}
