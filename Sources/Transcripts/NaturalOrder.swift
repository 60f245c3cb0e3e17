// SPDX-License-Identifier: Apache-2.0

extension Sequence where Element == String {
    /// Sorted with numbers counted as numbers: memory2 before memory10.
    public var naturallySorted: [String] { sorted { NaturalOrder.precedes(Array($0.utf8), Array($1.utf8)) } }
}

/// The order of names in which numbers count as numbers.
private enum NaturalOrder {
    static func precedes(_ one: [UInt8], _ other: [UInt8]) -> Bool {
        var (left, right) = (one[...], other[...])
        while let first = left.first, let second = right.first {
            if isDigit(first), isDigit(second) {
                let (mine, theirs) = (takeNumber(&left), takeNumber(&right))
                if mine.count != theirs.count { return mine.count < theirs.count }
                if mine != theirs { return mine.lexicographicallyPrecedes(theirs) }
            } else {
                if first != second { return first < second }
                left.removeFirst()
                right.removeFirst()
            }
        }
        // Of names that are alike but for zeros before numbers, one has to be the first.
        return left.isEmpty && right.isEmpty ? one.count < other.count : left.isEmpty
    }

    /// A number's digits, without zeros before it.
    private static func takeNumber(_ text: inout ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        let digits = text.prefix(while: isDigit)
        text = text.dropFirst(digits.count)
        return digits.drop { $0 == UInt8(ascii: "0") }
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }
}
