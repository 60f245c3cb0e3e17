// SPDX-License-Identifier: Apache-2.0

/// Where pages that were moved are now, by where they were: who still knows a page by its old frame finds it again
/// without a search (seed 004, migration cache).
///
/// As a cache may, it forgets: a frame's entry is overwritten by that of another frame with the same place.
public struct MigrationCache: Sendable {
    /// A move, and which one it was, from 1.
    private struct Entry {
        var old: PageFrame
        var new: PageFrame
        var number: UInt64
    }
    static let size = 1 << 14
    private var entries: ContiguousArray<Entry> = []
    private(set) var moves: UInt64 = 0

    init() {}

    /// What is in the cache, for who writes it down; places that were never used are passed over.
    var state: [(place: Int, old: PageFrame, new: PageFrame, number: UInt64)] {
        entries.enumerated().filter { $1.old != .max || $1.number > 0 }.map { ($0, $1.old, $1.new, $1.number) }
    }

    /// A cache with what one had, whose places are in range.
    init(isUsed: Bool, moves: UInt64, _ state: [(place: Int, old: PageFrame, new: PageFrame, number: UInt64)]) {
        self.moves = moves
        guard isUsed else { return }
        entries = ContiguousArray(repeating: Entry(old: .max, new: 0, number: 0), count: Self.size)
        for (place, old, new, number) in state { entries[place] = Entry(old: old, new: new, number: number) }
    }

    /// Whether anything was ever moved.
    var isUsed: Bool { !entries.isEmpty }

    /// Remembers a move.
    @inline(__always) mutating func note(_ old: PageFrame, movedTo new: PageFrame) {
        if entries.isEmpty {
            entries = ContiguousArray(repeating: Entry(old: .max, new: 0, number: 0), count: Self.size)
        }
        moves += 1
        entries[Self.place(of: old)] = Entry(old: old, new: new, number: moves)
    }

    /// Remembers the moves of pages that follow each other; the first are overwritten by the last, if they are more than fit.
    mutating func note(_ old: PageFrame, movedTo new: PageFrame, pages: UInt64) {
        let forgotten = pages - min(pages, UInt64(Self.size))
        moves += forgotten
        for page in forgotten..<pages { note(old + page, movedTo: new + page) }
    }

    /// Where a page is that was at a frame; moves after that one are followed.
    func find(_ frame: PageFrame) -> PageFrame? {
        guard !entries.isEmpty, case let first = entries[Self.place(of: frame)], first.old == frame else { return nil }
        return last(from: first).new
    }

    /// The last move of the page that a move was of: earlier moves from where it went were of other pages.
    private func last(from first: Entry) -> Entry {
        var entry = first
        while case let next = entries[Self.place(of: entry.new)], next.old == entry.new, next.number > entry.number {
            entry = next
        }
        return entry
    }

    @inline(__always) private static func place(of frame: PageFrame) -> Int {
        Int(truncatingIfNeeded: frame) & (size - 1)
    }

    /// Lets go of frames that are gone: what was moved there is known by where it went from there, or forgotten.
    mutating func forget(movedTo frames: Range<PageFrame>) {
        for index in entries.indices where entries[index].old != .max && frames.contains(entries[index].new) {
            let last = last(from: entries[index])
            if frames.contains(last.new) {
                entries[index].old = .max
            } else {
                (entries[index].new, entries[index].number) = (last.new, last.number)
            }
        }
    }

    /// Forgets what was moved from frames that are there again, and so stand for other pages.
    mutating func forget(movedFrom frames: Range<PageFrame>) {
        for index in entries.indices where frames.contains(entries[index].old) { entries[index].old = .max }
    }
}
