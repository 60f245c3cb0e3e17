// SPDX-License-Identifier: Apache-2.0

/// The firmware's memory map as `/sys/firmware/memmap` shows it: numbered ranges, numbers never reused (spec 4.13).
public struct FirmwareMap: Sendable, Equatable, Codable {
    /// A numbered range.
    public struct Entry: Sendable, Equatable, Codable {
        /// The directory's name.
        public let number: Int
        /// First byte.
        public let first: UInt64
        /// Last byte.
        public let last: UInt64
        /// The text of `type`.
        public let name: String
    }
    /// The entries, ascending by number.
    public private(set) var entries: [Entry] = []
    private var next = 0

    mutating func add(first: UInt64, last: UInt64, name: String) {
        entries.append(Entry(number: next, first: first, last: last, name: name))
        next += 1
    }

    /// Removes the entry that has exactly this start and end, if there is one (spec 8.1).
    mutating func remove(first: UInt64, last: UInt64) {
        entries.removeAll { $0.first == first && $0.last == last }
    }
}
