// SPDX-License-Identifier: Apache-2.0

import MemoryModel

/// A file of `/sys/kernel/debug/hotmem`: what it is for, what it shows, and the lines it takes.
public struct Control: Sendable {
    /// The file's name.
    public let name: String
    /// One sentence that says what it is for.
    public let summary: String
    /// One sentence that says what is read from it.
    public let shows: String
    /// What the lines written to it may begin with; none for one that is only read.
    public let verbs: [ControlVerb]
    /// The file in the tree.
    let row: Row<Whole>

    /// Every control, in the order of the directory.
    public static var all: [Control] { ControlTable.controls }

    /// A control that is read only.
    init(_ name: String, _ summary: String, shows: String, show: @escaping @Sendable (Machine) -> String) {
        (self.name, self.summary, self.shows, self.verbs) = (name, summary, shows, [])
        row = .file(name, style: .control, show: { machine, _ in show(machine) })
    }

    /// A control whose lines come from the session, and go there.
    init(_ file: Row<Whole>, _ summary: String, shows: String, verbs: [ControlVerb]) {
        (name, self.summary, self.shows, self.verbs) = (file.name, summary, shows, verbs)
        row = file
    }

    /// A control that takes lines of `verb key=value ...`, each a command.
    init(
        _ name: String, _ summary: String, shows: String, show: @escaping @Sendable (Machine) -> String,
        verbs: [ControlVerb], command: @escaping @Sendable (ControlLine, Machine) throws(Refusal) -> Command
    ) {
        (self.name, self.summary, self.shows, self.verbs) = (name, summary, shows, verbs)
        row = .file(
            name, mode: 0o600, style: .control, show: { machine, _ in show(machine) },
            store: { (machine, _, text) throws(Refusal) in
                try ControlLine.commands(in: text, verbs: verbs) { (line) throws(Refusal) in try command(line, machine)
                }
            })
    }
}

/// What a line of a control may begin with.
public struct ControlVerb: Sendable {
    /// The word.
    public let name: String
    /// One sentence that says what it does.
    public let summary: String
    /// The keys that may follow, each once.
    public let keys: [ControlKey]
    /// Whether the rest of the line is text, in place of keys.
    public let takesText: Bool

    /// Makes a verb from its parts.
    init(_ name: String, _ summary: String, _ keys: [ControlKey]) {
        (self.name, self.summary, self.keys, takesText) = (name, summary, keys, false)
    }

    /// Makes a verb that takes text.
    init(text name: String, _ summary: String) {
        (self.name, self.summary, keys, takesText) = (name, summary, [], true)
    }
}

/// What may follow a verb, as `key=value`.
public struct ControlKey: Sendable {
    /// The word before the =.
    public let name: String
    /// One sentence that says what its value is, and what holds without it.
    public let summary: String
    /// Whether the line is refused without it.
    public let isRequired: Bool
    /// What it may be, where that is one of a few words.
    public let values: [String]

    /// Makes a key from its parts.
    init(_ name: String, _ summary: String, required: Bool = false, values: [String] = []) {
        (self.name, self.summary, self.isRequired, self.values) = (name, summary, required, values)
    }
}
