// SPDX-License-Identifier: Apache-2.0

/// The records of pages as bytes. Of each pageblock a byte says which follow: none, for it is all tails; the first; or all.
///
/// Rows are numbered anew when they are read, as nobody knows their numbers.
extension PageRecords {
    private enum Extent: UInt64 {
        case nothing, first, all
    }

    /// Columns of a record that go up from one to the next: its links.
    private static var rows: Rows { Rows(columns: 7, counting: 5, 6) }

    /// The bytes.
    var packed: [UInt8] {
        var writer = PackedWriter()
        var rows = Self.rows
        let pageblocks = count / pagesPerPageblock
        writer.varint(pageblocks)
        for pageblock in 0..<pageblocks {
            let first = pageblock * pagesPerPageblock
            if hasRow(pageblock) {
                writer.varint(Extent.all.rawValue)
                for index in first..<first + pagesPerPageblock { writer.row(&rows, self[index].fill) }
            } else if case let record = self[first], record != PageRecord() {
                writer.varint(Extent.first.rawValue)
                writer.row(&rows, record.fill)
            } else {
                writer.varint(Extent.nothing.rawValue)
            }
        }
        return writer.bytes
    }

    /// Reads records of so many pages into a store that has none yet.
    mutating func unpack(_ bytes: [UInt8], pages: Int) throws(DecodingError) {
        var reader = PackedReader(bytes)
        let pageblocks = try reader.count()
        try require(pageblocks * pagesPerPageblock == pages, "records of \(pageblocks) pageblocks for \(pages) pages")
        append(pages)
        var rows = Self.rows
        for pageblock in 0..<pageblocks {
            let first = pageblock * pagesPerPageblock
            guard let extent = Extent(rawValue: try reader.varint()) else { throw .damaged("records") }
            let indices: Range<Int>
            switch extent {
            case .nothing: continue
            case .first: indices = first..<first + 1
            case .all:
                // Room is made only for what is there.
                try require(reader.left >= pagesPerPageblock, "records are cut short")
                indices = first..<first + pagesPerPageblock
            }
            for index in indices {
                guard let record = PageRecord(row: try reader.row(&rows)) else { throw .damaged("record \(index)") }
                self[index] = record
            }
        }
        try reader.end()
    }
}

extension PageRecord {
    fileprivate func fill(_ row: inout [UInt32]) {
        row[0] = UInt32(use.rawValue)
        row[1] = UInt32(order)
        row[2] = UInt32(flags.rawValue)
        row[3] = UInt32(type.rawValue)
        row[4] = owner
        row[5] = next.rawValue &+ 1
        row[6] = previous.rawValue &+ 1
    }

    fileprivate init?(row: [UInt32]) {
        guard row[0] < 256, row[1] < 32, row[2] < 256, row[3] < 256, let use = PageUse(rawValue: UInt8(row[0])),
            let type = MigrateType(rawValue: UInt8(row[3]))
        else { return nil }
        self.init(
            use: use, order: UInt8(row[1]), flags: PageFlags(rawValue: UInt8(row[2])), type: type, owner: row[4],
            next: Link(rawValue: row[5] &- 1), previous: Link(rawValue: row[6] &- 1))
    }
}
