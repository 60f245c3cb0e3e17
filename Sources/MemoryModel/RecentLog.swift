// SPDX-License-Identifier: Apache-2.0

import DequeModule

/// The latest of what happened, numbered from 1.
struct RecentLog<Entry: Sendable>: Sendable {
    /// How many are kept.
    static var kept: Int { 1000 }
    private var entries: Deque<Entry> = []
    private var count: UInt64 = 0

    /// Those that are kept, oldest first.
    var latest: [Entry] { Array(entries) }

    /// Adds what `make` makes of its number.
    @discardableResult
    mutating func append(_ make: (_ number: UInt64) -> Entry) -> Entry {
        count += 1
        let entry = make(count)
        if entries.count == Self.kept { entries.removeFirst() }
        entries.append(entry)
        return entry
    }
}
