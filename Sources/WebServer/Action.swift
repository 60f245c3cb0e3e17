// SPDX-License-Identifier: Apache-2.0

import Picture

/// Something that the page may do to the machine: one line, written to one file of its tree.
public struct Action: Sendable, Equatable, Decodable {
    /// The file, in the tree.
    public let file: String
    /// The line, without its end.
    public let text: String

    /// Makes an action.
    public init(file: String, text: String) { (self.file, self.text) = (file, text) }

    /// What a block's `state` takes.
    private static let states: Set = ["online", "online_kernel", "online_movable", "offline"]
    /// The controls that a page may write to.
    private static let controls = Set(["workload", "dimm", "faults"].map(MachineFiles.control))

    /// Checks that it is one of those that the page has.
    func check() throws(ActionProblem) {
        guard text.utf8.count <= 1000, !text.unicodeScalars.contains(where: { $0.value < 0x20 || $0.value == 0x7f })
        else {
            throw .text
        }
        let directory = "/sys/devices/system/memory/memory"
        if file.hasPrefix(directory), file.hasSuffix("/state") {
            let number = file.dropFirst(directory.count).dropLast("/state".count)
            guard !number.isEmpty, number.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { throw .file }
            guard Self.states.contains(text) else { throw .text }
        } else if !Self.controls.contains(file) {
            throw .file
        }
    }
}

/// Why something is no action of the page's.
public enum ActionProblem: String, Error, Sendable {
    /// Another file than those.
    case file = "this page writes to blocks' state, and to the controls workload, dimm and faults"
    /// Not a word for `state`, or not one line.
    case text = "this is not a line that the file takes from this page"
    /// There are as many already as may wait at a time.
    case tooMany = "too many actions wait; cancel some"
    /// The server ends.
    case over = "the server ends, and begins nothing more"
}

/// An action that was begun, and what became of it.
struct ActionRecord: Sendable, Equatable {
    /// How an action stands.
    enum State: String, Sendable { case pending, done, refused, cancelled }

    /// Its number, from 1.
    let id: Int
    let action: Action
    var state = State.pending
    /// What it was refused with.
    var errno: Int32 = 0
    /// The errno in the C library's words.
    var message = ""
    /// Why the simulated kernel refused it, if it said so.
    var reason: String?

    var json: String {
        JSONText.object([
            ("id", "\(id)"), ("file", JSONText.text(action.file)), ("text", JSONText.text(action.text)),
            ("state", JSONText.text(state.rawValue)), ("errno", "\(errno)"), ("message", JSONText.text(message)),
            ("reason", reason.map(JSONText.text) ?? "null"),
        ])
    }
}
