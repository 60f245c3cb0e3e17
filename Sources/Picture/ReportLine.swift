// SPDX-License-Identifier: Apache-2.0

/// A line of a control that tells something: a word or none before `key=value` pairs, in order. Values with blanks are
/// quoted.
public struct ReportLine: Sendable, Equatable {
    /// The word it begins with; empty if it begins with a pair.
    public let word: String
    /// What follows, without quotes.
    public let pairs: [Pair]

    /// A key and its value.
    public struct Pair: Sendable, Equatable {
        /// What stands before the =.
        public let key: String
        /// What stands behind it.
        public let value: String
    }

    /// Reads a line.
    public init(_ line: Substring) {
        var (word, pairs): (String, [Pair]) = ("", [])
        for item in Self.items(of: line) {
            let parts = item.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            if parts.count == 2 {
                pairs.append(Pair(key: String(parts[0]), value: parts[1].filter { $0 != "\"" }))
            } else {
                word = String(item)
            }
        }
        (self.word, self.pairs) = (word, pairs)
    }

    /// Reads all lines of a text.
    public static func lines(of text: String) -> [ReportLine] { text.split(separator: "\n").map(ReportLine.init) }

    /// The items of a line; quoted blanks do not part them.
    private static func items(of line: Substring) -> [Substring] {
        var isQuoted = false
        return line.split { character in
            if character == "\"" { isQuoted.toggle() }
            return character == " " && !isQuoted
        }
    }

    /// The value of a key, if the line has it.
    public subscript(key: String) -> String? { pairs.first { $0.key == key }?.value }
    /// A value as a count or a page frame: 0 for none, and never so large that sums and sizes of such overflow.
    public func number(_ key: String) -> Int { min(max(0, self[key].flatMap { Int($0) } ?? 0), 1 << 40) }
    /// The key of the first pair: what the line is about, where it has no word.
    public var subject: String { word.isEmpty ? pairs.first?.key ?? "" : word }

    /// A value that is one number or a range of them.
    public func range(_ key: String) -> ClosedRange<Int>? {
        let ends = (self[key] ?? "").split(separator: "-").compactMap { Int($0) }
        guard let first = ends.first, let last = ends.last, ends.count <= 2, first <= last else { return nil }
        return first...last
    }

    /// The line for programs: an object of `word` and the pairs.
    public var json: String {
        JSONText.object([("word", JSONText.text(word))] + pairs.map { ($0.key, JSONText.text($0.value)) })
    }
}
