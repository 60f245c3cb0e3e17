// SPDX-License-Identifier: Apache-2.0

import MemoryModel

/// How attributes write numbers and sets.
enum Text {
    /// A number in lower-case hexadecimal, at least `width` digits.
    static func hex(_ number: some BinaryInteger, width: Int = 1) -> String {
        right(String(number, radix: 16), width, fill: "0")
    }

    /// Text at the right of a field (`%8s`).
    static func right(_ text: String, _ width: Int, fill: Character = " ") -> String {
        let missing = width - text.utf8.count
        return missing > 0 ? String(repeating: fill, count: missing) + text : text
    }

    /// A number at the right of a field (`%8lu`).
    static func right(_ number: some BinaryInteger, _ width: Int) -> String { right(String(number), width) }

    /// Text at the left of a field (`%-12s`).
    static func left(_ text: String, _ width: Int) -> String {
        let missing = width - text.utf8.count
        return missing > 0 ? text + String(repeating: " ", count: missing) : text
    }

    /// A set as ranges: `0-3,7`; the empty set is empty (bitmap format `%*pbl`).
    ///
    /// - Parameter numbers: ascending.
    static func list(_ numbers: some Sequence<Int>) -> String {
        numbers.runs.map { $0.count == 1 ? "\($0.lowerBound)" : "\($0.lowerBound)-\($0.upperBound)" }
            .joined(separator: ",")
    }

    /// What of something is in which block: `BLOCK:PAGES,...`.
    static func shares(_ shares: [BlockShare]) -> String {
        shares.map { "\($0.block.rawValue):\($0.pages)" }.joined(separator: ",")
    }

    /// A set as a hexadecimal mask of `bits` bits, in groups of 32 (bitmap format `%*pb`).
    static func mask(_ numbers: some Sequence<Int>, bits: Int) -> String {
        let bits = max(bits, 1)
        var words = [UInt32](repeating: 0, count: (bits + 31) / 32)
        for number in numbers where number < bits { words[number / 32] |= 1 << UInt32(number % 32) }
        return words.indices.reversed().map { index in
            let used = index == words.count - 1 ? (bits - 1) % 32 + 1 : 32
            return hex(words[index], width: (used + 3) / 4)
        }.joined(separator: ",")
    }
}
