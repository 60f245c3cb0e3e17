// SPDX-License-Identifier: Apache-2.0

/// The records of page frames, by index, a pageblock after the other.
///
/// Most pageblocks are one thing from their first page to their last: part of a large free chunk, a huge page, a memory map.
/// Such a pageblock has no record but its first; the others are tails, and say so without being there. As soon as another
/// is changed, all of them get a place in a row of their own.
///
///     heads  [ free, order 10 ][ tail ][ used, order 9 ][ - ]
///     rows   [       -        ][  -   ][       -       ][ 0 ]
///     fine   [ used ][ free, order 0 ][ used ] ...
///
/// Records are read and written with every page that is allocated, moved or freed, so here alone memory is reached
/// without checks, and a write does not look whether a copy shares it: whoever hands out the records to be changed calls
/// ``unshare()`` first (``Machine/pages``). Unoptimised builds check both.
struct PageRecords: @unchecked Sendable {
    private static let none = UInt32.max

    /// What the pointers point to, for as long as somebody has it. Written to by its only owner.
    private final class Memory {
        let heads: UnsafeMutablePointer<PageRecord>
        let rows: UnsafeMutablePointer<UInt32>
        let fine: UnsafeMutablePointer<PageRecord>
        let pageblocks: Int
        let records: Int

        init(pageblocks: Int, records: Int) {
            heads = .allocate(capacity: pageblocks)
            rows = .allocate(capacity: pageblocks)
            fine = .allocate(capacity: records)
            (self.pageblocks, self.records) = (pageblocks, records)
        }

        deinit {
            heads.deallocate()
            rows.deallocate()
            fine.deallocate()
        }
    }

    /// Pages of a pageblock, as a power of two.
    private let order: Int
    private var memory = Memory(pageblocks: 0, records: 0)
    /// The first record of each pageblock that has no row.
    private var heads: UnsafeMutablePointer<PageRecord>
    /// Where in ``fine`` the row of each pageblock begins, or ``none``.
    private var rows: UnsafeMutablePointer<UInt32>
    private var fine: UnsafeMutablePointer<PageRecord>
    private var pageblocks = 0
    private var fineCount = 0
    private var vacantRows: ContiguousArray<UInt32> = []

    init(pageblockOrder: Int) {
        order = pageblockOrder
        (heads, rows, fine) = (memory.heads, memory.rows, memory.fine)
    }

    /// How many pages have records, whether these are there or not.
    var count: Int { pageblocks << order }
    private var pagesPerRow: Int { 1 << order }
    /// Pages of a pageblock.
    var pagesPerPageblock: Int { pagesPerRow }

    /// Whether each page of a pageblock has a place, not only the first.
    func hasRow(_ pageblock: Int) -> Bool { rows[pageblock] != Self.none }

    subscript(index: Int) -> PageRecord {
        @inline(__always) get {
            assert(index >= 0 && index < count)
            let row = rows[index >> order]
            if row != Self.none { return fine[Int(row) + (index & (pagesPerRow - 1))] }
            return index & (pagesPerRow - 1) == 0 ? heads[index >> order] : PageRecord()
        }
        @inline(__always) _modify {
            assert(index >= 0 && index < count && isKnownUniquelyReferenced(&memory))
            yield &pointer(to: index).pointee
        }
    }

    @inline(__always) private mutating func pointer(to index: Int) -> UnsafeMutablePointer<PageRecord> {
        let place = index & (pagesPerRow - 1)
        var row = rows[index >> order]
        if row == Self.none {
            if place == 0 { return heads + (index >> order) }
            row = makeRow(of: index >> order)
        }
        return fine + Int(row) + place
    }

    /// Calls with where the records of two pages are, each followed by those of the rest of its pageblock.
    @inline(__always) mutating func withRows(
        _ first: Int, _ second: Int,
        _ body: (_ first: UnsafeMutablePointer<PageRecord>, _ second: UnsafeMutablePointer<PageRecord>) -> Void
    ) {
        assert(max(first, second) < count && isKnownUniquelyReferenced(&memory))
        for pageblock in [first >> order, second >> order] where rows[pageblock] == Self.none {
            _ = makeRow(of: pageblock)
        }
        body(pointer(to: first), pointer(to: second))
    }

    /// Gives a pageblock a row: its first record and tails.
    @inline(never) private mutating func makeRow(of pageblock: Int) -> UInt32 {
        let row: UInt32
        if let vacant = vacantRows.popLast() {
            row = vacant
        } else {
            row = UInt32(truncatingIfNeeded: fineCount)
            if fineCount + pagesPerRow > memory.records {
                move(to: Memory(pageblocks: memory.pageblocks, records: max(2 * memory.records, pagesPerRow)))
            }
            fineCount += pagesPerRow
        }
        (fine + Int(row)).initialize(repeating: PageRecord(), count: pagesPerRow)
        fine[Int(row)] = heads[pageblock]
        rows[pageblock] = row
        return row
    }

    /// Adds records for pages of whole pageblocks, all of them tails.
    mutating func append(_ pages: Int) {
        let added = pages >> order
        if pageblocks + added > memory.pageblocks || !isKnownUniquelyReferenced(&memory) {
            let room = max(pageblocks + added, 2 * memory.pageblocks)
            move(to: Memory(pageblocks: room, records: memory.records))
        }
        (heads + pageblocks).initialize(repeating: PageRecord(), count: added)
        (rows + pageblocks).initialize(repeating: Self.none, count: added)
        pageblocks += added
    }

    /// Makes all pages of whole pageblocks tails.
    @inline(__always) mutating func clear(_ pages: Range<Int>) {
        assert(isKnownUniquelyReferenced(&memory))
        for pageblock in pages.lowerBound >> order..<pages.upperBound >> order {
            if rows[pageblock] != Self.none {
                vacantRows.append(rows[pageblock])
                rows[pageblock] = Self.none
            }
            heads[pageblock] = PageRecord()
        }
    }

    /// Gives the records memory of their own, if a copy has the same.
    @inline(__always) mutating func unshare() {
        if !isKnownUniquelyReferenced(&memory) {
            move(to: Memory(pageblocks: memory.pageblocks, records: memory.records))
        }
    }

    @inline(never) private mutating func move(to new: Memory) {
        new.heads.initialize(from: heads, count: pageblocks)
        new.rows.initialize(from: rows, count: pageblocks)
        new.fine.initialize(from: fine, count: fineCount)
        memory = new
        (heads, rows, fine) = (new.heads, new.rows, new.fine)
    }
}
