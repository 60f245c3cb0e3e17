// SPDX-License-Identifier: Apache-2.0

/// What two texts differ in, line by line, as diff(1) shows it: `-` for what was expected, `+` for what came.
enum LineDifference {
    /// So many lines are compared line by line; of more that differ, all are taken to.
    private static let most = 400
    /// So many are shown.
    private static let shown = 20
    /// So many that are alike are shown before and behind those that differ.
    private static let context = 2

    static func between(_ expected: [String], _ got: [String]) -> [String] {
        let same = zip(expected, got).prefix { $0 == $1 }.count
        let (mine, theirs) = (expected.dropFirst(same), got.dropFirst(same))
        let end = zip(mine.reversed(), theirs.reversed()).prefix { $0 == $1 }.count
        let changes = lines(Array(mine.dropLast(end)), Array(theirs.dropLast(end)))
        let all =
            expected[..<same].suffix(context).map { "  \($0)" } + changes
            + mine.suffix(end).prefix(context).map { "  \($0)" }
        var lines = all.prefix(shown).map(printable)
        if all.count > shown { lines.append("... and \(all.count - shown) more lines") }
        return lines
    }

    /// Those of two texts that differ in their first and last lines.
    private static func lines(_ expected: [String], _ got: [String]) -> [String] {
        guard max(expected.count, got.count) <= most else { return expected.map { "- \($0)" } + got.map { "+ \($0)" } }
        var (removed, added): (Set<Int>, Set<Int>) = ([], [])
        for change in got.difference(from: expected) {
            switch change {
            case .remove(let offset, _, _): removed.insert(offset)
            case .insert(let offset, _, _): added.insert(offset)
            }
        }
        var (lines, index, other): ([String], Int, Int) = ([], 0, 0)
        while index < expected.count || other < got.count {
            if removed.contains(index) {
                lines.append("- \(expected[index])")
                index += 1
            } else if added.contains(other) {
                lines.append("+ \(got[other])")
                other += 1
            } else {
                lines.append("  \(expected[index])")
                (index, other) = (index + 1, other + 1)
            }
        }
        return lines
    }

    /// A text in quotes, cut if it is long.
    static func quoted(_ text: String, most: Int) -> String {
        let scalars = text.unicodeScalars
        return JSON.quoted(String(String.UnicodeScalarView(scalars.prefix(most)))) + (scalars.count > most ? "..." : "")
    }

    /// A line with nothing in it that a terminal, or XML, would not take for text.
    static func printable(_ line: String) -> String {
        guard line.unicodeScalars.contains(where: { isOdd($0) }) || line.unicodeScalars.count > 300 else { return line }
        var text = ""
        for scalar in line.unicodeScalars.prefix(300) {
            if isOdd(scalar) {
                let digits = String(scalar.value, radix: 16)
                text += "\\x" + String(repeating: "0", count: max(0, 2 - digits.count)) + digits
            } else {
                text.unicodeScalars.append(scalar)
            }
        }
        return text + (line.unicodeScalars.count > 300 ? "..." : "")
    }

    private static func isOdd(_ scalar: Unicode.Scalar) -> Bool {
        scalar.value < 0x20 && scalar != "\t" || scalar.value >= 0x7f
    }
}
