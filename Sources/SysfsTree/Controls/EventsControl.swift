// SPDX-License-Identifier: Apache-2.0

import MemoryModel

/// The control `events`: its lines are kept by who serves the tree (``EventSource``), and notes are added to them.
enum EventsControl {
    static let note = ControlVerb(
        text: "note", "Adds an event with a text of your own, of which 200 characters are kept.")
    static let verbs = [note]

    /// The notes that a write asks for.
    static func notes(in text: String) throws(Refusal) -> [String] {
        // Scalars and not characters: a text may begin with one that joins the blank before it.
        var notes: [String] = []
        for line in text.unicodeScalars.split(separator: "\n") {
            let words = line.split(separator: " ", maxSplits: 1, omittingEmptySubsequences: false)
            guard let verb = words.first, String(verb) == note.name else {
                throw ControlLine.unknown(String(words.first ?? line), verbs)
            }
            guard words.count == 2 else { throw Refusal(.invalid, "\(note.name) takes a text") }
            notes.append(String(words[1]))
        }
        guard !notes.isEmpty else { throw Refusal(.invalid, "no command") }
        return notes
    }
}
