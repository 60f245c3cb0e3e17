// SPDX-License-Identifier: Apache-2.0

/// Where pages that were moved are now, by where they were: who still knows a page by its old frame finds it again
/// without a search (seed 004, migration cache).
///
/// As a cache may, it forgets: a frame's entry is overwritten by that of another frame with the same place.
public struct MigrationCache: Sendable {
    private static let size = 1 << 14
    private var entries: ContiguousArray<(old: PageFrame, new: PageFrame)> = []
    /// Lookups that found something.
    public private(set) var hits: UInt64 = 0
    /// Lookups that found nothing.
    public private(set) var misses: UInt64 = 0

    init() {}

    /// Remembers a move.
    @inline(__always) mutating func note(_ old: PageFrame, movedTo new: PageFrame) {
        if entries.isEmpty { entries = ContiguousArray(repeating: (.max, 0), count: Self.size) }
        entries[Int(truncatingIfNeeded: old) & (Self.size - 1)] = (old, new)
    }

    /// Where a page is that was at a frame; moves after that one are followed.
    mutating func find(_ frame: PageFrame) -> PageFrame? {
        guard let found = peek(frame) else {
            misses += 1
            return nil
        }
        hits += 1
        return found
    }

    private func peek(_ frame: PageFrame) -> PageFrame? {
        guard !entries.isEmpty else { return nil }
        var (current, found) = (frame, PageFrame?.none)
        // A page that came back to where it was ends the chain.
        for _ in 0..<Self.size {
            let entry = entries[Int(truncatingIfNeeded: current) & (Self.size - 1)]
            guard entry.old == current, entry.new != frame else { break }
            (current, found) = (entry.new, entry.new)
        }
        return found
    }

    /// Lets go of frames that are gone: what was moved there is known by where it went from there, or forgotten.
    mutating func forget(movedTo frames: Range<PageFrame>) {
        for index in entries.indices where entries[index].old != .max && frames.contains(entries[index].new) {
            if let further = peek(entries[index].new), !frames.contains(further) {
                entries[index].new = further
            } else {
                entries[index].old = .max
            }
        }
    }

    /// Forgets what was moved from frames that are there again, and so stand for other pages.
    mutating func forget(movedFrom frames: Range<PageFrame>) {
        for index in entries.indices where frames.contains(entries[index].old) { entries[index].old = .max }
    }
}
