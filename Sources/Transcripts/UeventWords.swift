// SPDX-License-Identifier: Apache-2.0

import MemoryModel
public import Uevents

extension Uevent {
    /// The message's words.
    public var words: [String] { bytes.dropLast().split(separator: 0).map { String(latin1: $0) } }
}

/// Uevents as transcripts have them.
enum UeventWords {
    /// Those of a command, each as its words; what is sent several times over, as a flood is, says so in a last one.
    static func all(in outcome: Outcome) -> [[String]] {
        outcome.uevents.map { $0.times == 1 ? $0.uevent.words : $0.uevent.words + ["\($0.times) times"] }
    }
}
