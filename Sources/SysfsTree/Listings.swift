// SPDX-License-Identifier: Apache-2.0

import MemoryModel

/// The last few listings of directories, for readers who come back for the rest: what a directory lists is what is there
/// when its first entry is read, though nobody says when a reader begins or ends.
///
/// A place is where a reader goes on; it fits 31 bits, as 32-bit programs want it. Where entries have an order of their own,
/// an entry's place is always the same, whatever else comes and goes, and however long ago it was read: the kernel keeps
/// places, and puts a listing together from what several readers read. Elsewhere bits 0-24 are a position, and
/// those above a number that follows from the entries.
struct Listings {
    /// A directory's entries at some time, after `.` and `..`.
    struct Listing {
        let inode: Inode
        let entries: [Tree.Entry]
        /// What is added to a position; nil where entries have an order of their own.
        let first: UInt64?
        /// Whether the machine is as it was since.
        var isCurrent = true

        init(_ inode: Inode, _ entries: [Tree.Entry]) {
            (self.inode, self.entries) = (inode, entries)
            let isOrdered = zip(entries, entries.dropFirst()).allSatisfy { $0.order < $1.order }
            first = isOrdered ? nil : Self.number(of: entries) << Tree.Entry.objectBits
        }

        /// The place after the entry at an index.
        func place(after index: Int) -> UInt64 { first.map { $0 + UInt64(index) + 1 } ?? entries[index].order }

        /// The index of the first entry after a place.
        func index(after place: UInt64) -> Int {
            guard first == nil else { return Int(place & (1 << Tree.Entry.objectBits - 1)) }
            var (low, high) = (0, entries.count)
            while low < high {
                let middle = (low + high) / 2
                if entries[middle].order <= place { low = middle + 1 } else { high = middle }
            }
            return place == 0 ? 0 : low
        }

        /// A number of 6 bits that most likely tells a listing from what the directory listed before (FNV-1a, folded).
        private static func number(of entries: [Tree.Entry]) -> UInt64 {
            var hash: UInt64 = 0xcbf2_9ce4_8422_2325
            for entry in entries { hash = (hash ^ entry.inode.number) &* 0x0000_0100_0000_01b3 }
            return (hash ^ hash >> 32) >> 8 & 63
        }
    }

    private static let kept = 8
    private var recent: [Listing] = []

    /// Takes note that something may have changed: who begins now gets another listing.
    mutating func expire() {
        for index in recent.indices { recent[index].isCurrent = false }
    }

    /// The listing that a reader at a place is in.
    ///
    /// - Parameter make: what the directory lists now, for who begins, or was away for too long.
    mutating func listing(
        of inode: Inode, at place: UInt64, make: () throws(Refusal) -> [Tree.Entry]
    ) throws(Refusal) -> Listing {
        let known = recent.last { listing in
            guard listing.inode == inode else { return false }
            guard place != 0, let first = listing.first else { return listing.isCurrent }
            return place >> Tree.Entry.objectBits == first >> Tree.Entry.objectBits
        }
        if let known { return known }
        let listing = Listing(inode, try make())
        recent.removeAll { $0.inode == inode && $0.first == listing.first }
        if recent.count == Self.kept { recent.removeFirst() }
        recent.append(listing)
        return listing
    }

    /// Takes note that a reader has all of a listing; a large one is not kept for others.
    mutating func finish(_ listing: Listing) {
        guard listing.entries.count > 4096 else { return }
        recent.removeAll { $0.inode == listing.inode && $0.first == listing.first }
    }
}
