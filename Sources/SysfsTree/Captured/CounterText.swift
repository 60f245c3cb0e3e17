// SPDX-License-Identifier: Apache-2.0

/// Texts of live counters, such as `meminfo` and `zoneinfo`: lines of names and numbers.
enum CounterText {
    /// A captured text gone on from: each number has changed by as much as the simulated one of that name did since boot.
    /// It does not fall below 0, and numbers stay at the right of their fields.
    static func advance(_ captured: String, from boot: String, to now: String) -> String {
        guard boot != now else { return captured }
        let (before, after) = (numbers(in: boot), numbers(in: now))
        var section: Substring = ""
        return captured.split(separator: "\n", omittingEmptySubsequences: false).map { text -> String in
            let line = Line(text, in: &section)
            return line.text { name, value in
                guard let start = before[name], let end = after[name] else { return value }
                return end > start ? value &+ (end - start) : value - min(value, start - end)
            }
        }.joined(separator: "\n")
    }

    private static func numbers(in text: String) -> [String: UInt64] {
        var numbers: [String: UInt64] = [:]
        var section: Substring = ""
        for text in text.split(separator: "\n") {
            let line = Line(text, in: &section)
            _ = line.text { name, value in
                numbers[name] = value
                return value
            }
        }
        return numbers
    }

    /// Names and numbers: `Node 0 MemTotal:       1027036 kB`.
    private struct Line {
        private let words: [Substring]
        /// Its words, after those of its section; nil where it has none, so that nobody knows what its numbers are.
        private let name: String?

        /// - Parameter section: the last line that stands above others, `Node 0, zone   Normal` in `zoneinfo`.
        init(_ text: Substring, in section: inout Substring) {
            words = text.split(separator: " ", omittingEmptySubsequences: false)
            let names = words.filter { !$0.isEmpty && UInt64($0) == nil }
            if names.count == 4, names.count == words.count(where: { !$0.isEmpty }), text.hasPrefix("Node ") {
                section = text
            }
            name = names.isEmpty ? nil : section + "/" + names.joined(separator: " ")
        }

        /// The line with other numbers, each of which takes the blanks before it where it is longer.
        func text(_ value: (_ name: String, _ value: UInt64) -> UInt64) -> String {
            var (text, count) = ("", 0)
            for (index, word) in words.enumerated() {
                if index > 0 { text += " " }
                guard let name, let number = UInt64(word) else {
                    text += word
                    continue
                }
                let new = value("\(name)/\(count)", number)
                count += 1
                guard new != number else {
                    text += word
                    continue
                }
                let digits = String(new)
                let missing = word.utf8.count - digits.utf8.count
                if missing > 0, text.hasSuffix(" ") { text += String(repeating: " ", count: missing) }
                for _ in 0..<max(0, -missing) where text.hasSuffix("  ") { text.removeLast() }
                text += digits
            }
            return text
        }
    }
}
