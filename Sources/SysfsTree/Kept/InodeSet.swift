// SPDX-License-Identifier: Apache-2.0

import BitCollections

/// Files, of which those of memory blocks may be very many: for each row of their tables one bit per block.
struct InodeSet: Sendable {
    /// A row of a table.
    struct RowID: Hashable {
        let directory: DirectoryKind
        let row: UInt8
    }

    private var others: Set<Inode> = []
    private var ofBlocks: [RowID: BitSet] = [:]

    /// Whether what is in a kind of directory belongs to one memory block, whose number is its key.
    static func isOfBlock(_ kind: DirectoryKind) -> Bool {
        kind == .block || kind == .blockPower || kind == .storageBlock
    }

    mutating func insert(_ inode: Inode) {
        guard Self.isOfBlock(inode.directory) else {
            others.insert(inode)
            return
        }
        let row = RowID(directory: inode.directory, row: inode.row)
        ofBlocks[row, default: []].insert(Int(inode.key.object))
    }

    /// - Returns: whether it was there.
    @discardableResult
    mutating func remove(_ inode: Inode) -> Bool {
        guard Self.isOfBlock(inode.directory) else { return others.remove(inode) != nil }
        let row = RowID(directory: inode.directory, row: inode.row)
        return ofBlocks[row]?.remove(Int(inode.key.object)) != nil
    }

    /// Takes out what is of no block.
    mutating func takeOthers() -> Set<Inode> {
        defer { others = [] }
        return others
    }

    /// Takes the files of one block out that are in a kind of directory; how many rows that table has is small.
    mutating func takeRows(of block: UInt32, in kind: DirectoryKind) -> [UInt8] {
        var rows: [UInt8] = []
        for row in ofBlocks.keys where row.directory == kind {
            if ofBlocks[row]?.remove(Int(block)) != nil { rows.append(row.row) }
        }
        return rows
    }

    /// Takes a row's files of blocks out that are in a range.
    mutating func take(_ row: RowID, in blocks: Range<Int>) -> [UInt32] {
        guard let bits = ofBlocks[row] else { return [] }
        let taken = bits[members: blocks].map { UInt32($0) }
        for block in taken { ofBlocks[row]?.remove(Int(block)) }
        return taken
    }
}
