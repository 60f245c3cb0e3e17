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

extension RecentLog: Codable where Entry: Codable {
    private enum CodingKeys: CodingKey {
        case entries, count
    }

    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        entries = try container.decode(Deque<Entry>.self, forKey: .entries)
        count = try container.decode(UInt64.self, forKey: .count)
        guard entries.count <= Self.kept, UInt64(entries.count) <= count else {
            throw DecodingError.damaged("\(entries.count) entries of \(count)")
        }
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(entries, forKey: .entries)
        try container.encode(count, forKey: .count)
    }
}
