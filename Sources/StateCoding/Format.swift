// SPDX-License-Identifier: Apache-2.0

/// The bytes of a coded value.
///
///     version (1)  names: count, then each name's length and UTF-8  value
///
/// A value is a tag and what the tag asks for. Numbers are varints: seven bits a byte, the lowest first. A map's keys are
/// numbers of names, so that each name is there once, however many values have it.
enum Format {
    static let version: UInt8 = 1
    /// So deep may lists and maps lie in each other.
    static let deepest = 128
    /// As many bytes as are read at most: places in them have 31 bits.
    static let mostBytes = Int(Int32.max)
    /// As many different names as there may be: 24 bits.
    static let mostNames = 1 << 24

    enum Tag: UInt8 {
        case null
        case no
        case yes
        /// A number from 0.
        case number
        /// -1 less the number that follows.
        case negative
        /// Eight bytes, the lowest first: an IEEE 754 double.
        case double
        /// Its length, and UTF-8.
        case string
        /// Their count, and bytes.
        case bytes
        /// How many values, and these.
        case list
        /// How many pairs, and of each a name's number and a value.
        case map
    }
    /// Bytes from here on are the numbers 0 to 127.
    static let small: UInt8 = 0x80
}

extension [UInt8] {
    mutating func append(_ tag: Format.Tag) { append(tag.rawValue) }

    mutating func append(varint number: UInt64) {
        var rest = number
        while rest >= 0x80 {
            append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        append(UInt8(truncatingIfNeeded: rest))
    }

    mutating func append(number: UInt64) {
        if number < 0x80 { return append(Format.small | UInt8(number)) }
        append(.number)
        append(varint: number)
    }

    mutating func append(integer: Int64) {
        if integer >= 0 { return append(number: UInt64(integer)) }
        append(.negative)
        append(varint: UInt64(bitPattern: ~integer))
    }

    mutating func append(string: String) {
        append(.string)
        append(text: string)
    }

    /// A length and UTF-8, without a tag.
    mutating func append(text: String) {
        append(varint: UInt64(text.utf8.count))
        append(contentsOf: text.utf8)
    }
}
