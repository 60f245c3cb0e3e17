// SPDX-License-Identifier: Apache-2.0

/// Pages that are wanted from one block.
extension PageAllocator {
    /// Takes free chunks of one block, the highest first.
    ///
    /// - Returns: how many frames the owner got.
    mutating func take(
        _ frames: UInt64, order: Int, from content: Int, _ zone: Int, type: MigrateType, for owner: Int
    ) -> UInt64 {
        let base = tellApart(content)
        var got: UInt64 = 0
        var index = base + layout.pagesPerBlock
        while index > base, got < frames {
            index -= 1 << order
            guard store.zone(of: index) == zone, takeOut(index, order: order, zone) != nil else { continue }
            give(index, order: order, to: owner, zone)
            convert(index & ~(layout.pageblockPages - 1), zone, to: type)
            got += 1 << UInt64(order)
        }
        return got
    }

    /// Lets a pageblock change its type, if what is in it allows that, as stealing from it would have.
    private mutating func convert(_ pageblock: Int, _ zone: Int, to type: MigrateType) {
        guard type != .movable, store.type(of: pageblock) == .movable else { return }
        // Only chunks within the pageblock; a larger one is still free as a whole, and stays.
        guard freeChunk(holding: pageblock).map({ $0.order < layout.pageblockOrder }) ?? true else { return }
        store.setType(type, of: pageblock)
        moveFreeChunks(ofPageblockAt: pageblock, zone, to: listType(of: pageblock))
    }
}
