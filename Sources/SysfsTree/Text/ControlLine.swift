// SPDX-License-Identifier: Apache-2.0

import MemoryModel

/// One line of a control file: `verb key=value ...`.
struct ControlLine {
    let verb: String
    private let values: [String: String]

    /// Why a line whose verb is none of these is refused.
    static func unknown(_ verb: String, _ verbs: [ControlVerb]) -> Refusal {
        let known = verbs.map(\.name).sorted().joined(separator: ", ")
        return Refusal(.invalid, "unknown verb \(verb): this control takes \(known)")
    }

    /// Reads a line. Its verb must be one of `verbs`, and every key one of the verb's, and stand once.
    init(_ line: Substring, verbs: [ControlVerb]) throws(Refusal) {
        let words = line.split(whereSeparator: { $0 == " " || $0 == "\t" }).map(String.init)
        guard let verb = words.first, let keys = verbs.first(where: { $0.name == verb })?.keys.map(\.name) else {
            throw Self.unknown(words.first ?? "", verbs)
        }
        var values: [String: String] = [:]
        for word in words.dropFirst() {
            let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            guard parts.count == 2, keys.contains(parts[0]), values[parts[0]] == nil, parts[1].isName else {
                let known = keys.map { $0 + "=" }.joined(separator: " ")
                throw Refusal(.invalid, "\(word): \(verb) takes \(known), each once")
            }
            values[parts[0]] = parts[1]
        }
        self.verb = verb
        self.values = values
    }

    /// The commands a write of one or more lines asks for. One bad line, and none of them is given.
    static func commands(
        in text: String, verbs: [ControlVerb], _ read: (ControlLine) throws(Refusal) -> Command
    ) throws(Refusal) -> [Command] {
        var commands: [Command] = []
        let ends: Set<Unicode.Scalar> = ["\n", "\r", "\0"]
        for line in text.unicodeScalars.split(whereSeparator: ends.contains).map(Substring.init)
        where !line.allSatisfy(\.isWhitespace) {
            commands.append(try read(try ControlLine(line, verbs: verbs)))
        }
        guard !commands.isEmpty else { throw Refusal(.invalid, "no command") }
        return commands
    }

    /// A key's value.
    func text(_ key: String) throws(Refusal) -> String {
        guard let value = values[key] else { throw Refusal(.invalid, "\(verb) needs \(key)=") }
        return value
    }

    /// A key's value, or nil where the line does not have it.
    func optionalText(_ key: String) -> String? { values[key] }

    /// A key's value as a number, or nil where the line does not have it.
    func optionalNumber(_ key: String) throws(Refusal) -> UInt64? { values[key] == nil ? nil : try number(key) }

    /// A key's value as a number; suffixes K, M, G and T count.
    func number(_ key: String, default usual: UInt64? = nil) throws(Refusal) -> UInt64 {
        if values[key] == nil, let usual { return usual }
        guard let number = KernelText.size(try text(key)) else { throw Refusal(.invalid, "\(key)= is not a number") }
        return number
    }
}
