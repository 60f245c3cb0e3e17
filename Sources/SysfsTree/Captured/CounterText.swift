// SPDX-License-Identifier: Apache-2.0

/// Texts of live counters, such as `meminfo` and `vmstat`: lines of a name and a number.
enum CounterText {
    /// A captured text gone on from: each number has changed by as much as the simulated one of that name did since boot.
    /// It does not fall below 0, and numbers stay at the right of their fields.
    static func advance(_ captured: String, from boot: String, to now: String) -> String {
        guard boot != now else { return captured }
        let (before, after) = (numbers(in: boot), numbers(in: now))
        return captured.split(separator: "\n", omittingEmptySubsequences: false).map { text -> String in
            guard let line = Line(text), let start = before[line.name], let end = after[line.name], start != end else {
                return String(text)
            }
            let value =
                end > start
                ? line.value.addingReportingOverflow(end - start).partialValue
                : line.value - min(line.value, start - end)
            return line.with(value)
        }.joined(separator: "\n")
    }

    private static func numbers(in text: String) -> [String: UInt64] {
        var numbers: [String: UInt64] = [:]
        for line in text.split(separator: "\n") {
            guard let line = Line(line) else { continue }
            numbers[line.name] = line.value
        }
        return numbers
    }

    /// A name, a number, and what follows it: `Node 0 MemTotal:       1027036 kB`.
    private struct Line {
        let name: String
        let value: UInt64
        private let words: [Substring]
        private let position: Int

        init?(_ text: Substring) {
            words = text.split(separator: " ", omittingEmptySubsequences: false)
            guard let position = words.lastIndex(where: { UInt64($0) != nil }), let value = UInt64(words[position])
            else { return nil }
            (self.position, self.value) = (position, value)
            name = words[..<position].filter { !$0.isEmpty }.joined(separator: " ")
            guard !name.isEmpty else { return nil }
        }

        /// The line with another number, which takes the blanks before it where it is longer.
        func with(_ value: UInt64) -> String {
            var (head, number) = (words[..<position].map(String.init), String(value))
            let missing = words[position].utf8.count - number.utf8.count
            if missing > 0, head.last == "" { number = String(repeating: " ", count: missing) + number }
            for _ in 0..<max(0, -missing) where head.count > 2 && head.last == "" { head.removeLast() }
            return (head + [number] + words[(position + 1)...].map(String.init)).joined(separator: " ")
        }
    }
}
