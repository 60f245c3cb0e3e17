// SPDX-License-Identifier: Apache-2.0

/// What happens when a type's own lists are empty: chunks of other types are taken, and pageblocks change hands
/// (spec 9.3). The watermark boost that follows a theft is not kept: kswapd undoes it before anybody looks.
extension PageAllocator {
    /// Moves chunks of another type to the wanted lists (__rmqueue_fallback).
    ///
    /// - Parameter noFragment: whether only whole pageblocks may be taken.
    /// - Returns: whether there was anything to take.
    mutating func steal(_ zone: Int, _ order: Int, _ wanted: MigrateType, noFragment: Bool) -> Bool {
        let lowest = noFragment ? max(order, layout.pageblockOrder) : order
        guard lowest <= layout.maxOrder else { return false }
        for current in stride(from: layout.maxOrder, through: lowest, by: -1) {
            guard let type = fallback(zone, current, wanted) else { continue }
            let whole = maySteal(current, wanted)
            if !whole, wanted == .movable, current > order {
                // Nobody gains from breaking up a larger chunk than needed: look for the smallest instead.
                for small in order..<current {
                    guard let type = fallback(zone, small, wanted) else { continue }
                    claim(from: list(zone, type, small), order: small, zone, wanted, whole: maySteal(small, wanted))
                    return true
                }
            }
            claim(from: list(zone, type, current), order: current, zone, wanted, whole: whole)
            return true
        }
        return false
    }

    private func fallback(_ zone: Int, _ order: Int, _ wanted: MigrateType) -> MigrateType? {
        wanted.fallbacks.first { !lists[list(zone, $0, order)].isEmpty }
    }

    private func maySteal(_ order: Int, _ wanted: MigrateType) -> Bool {
        order >= layout.pageblockOrder / 2 || wanted == .unmovable || wanted == .reclaimable
    }

    /// Takes the first chunk of a list for another type, and what else of its pageblock is free if `whole`
    /// (steal_suitable_fallback).
    private mutating func claim(
        from list: Int, order: Int, _ zone: Int, _ wanted: MigrateType, whole: Bool
    ) {
        let index = firstChunk(of: list)
        let oldType = store.type(of: index)
        if order >= layout.pageblockOrder {
            for pageblock in stride(from: index, to: index + 1 << order, by: layout.pageblockPages) {
                store.setType(wanted, of: pageblock)
            }
            return move(index, order: order, zone, to: wanted)
        }
        guard whole, oldType != .highAtomic else { return move(index, order: order, zone, to: wanted) }
        let pageblock = index & ~(layout.pageblockPages - 1)
        let (free, movable) = moveFreeChunks(ofPageblockAt: pageblock, zone, to: wanted)
        let alike: Int
        switch (wanted, oldType) {
        case (.movable, _): alike = movable
        case (_, .movable): alike = max(0, layout.pageblockPages - free - movable)
        default: alike = 0
        }
        if free + alike >= layout.pageblockPages / 2 { store.setType(wanted, of: pageblock) }
    }

    /// Moves a free chunk to the tail of another type's list.
    private mutating func move(_ index: Int, order: Int, _ zone: Int, to type: MigrateType) {
        unlink(index, order: order, from: list(zone, store.records[index].type, order), zone)
        link(index, order: order, zone, type, atTail: true)
    }

    /// Moves the free chunks of a pageblock to the tails of a type's lists, ascending (move_freepages_block).
    ///
    /// - Returns: how many pages were free, and how many are in use and movable.
    @discardableResult
    mutating func moveFreeChunks(
        ofPageblockAt first: Int, _ zone: Int, to type: MigrateType
    ) -> (free: Int, movable: Int) {
        var (free, movable) = (0, 0)
        // Nobody, and then the last owner met.
        var (owner, moves) = (0 as UInt32, false)
        var index = first
        let end = first + layout.pageblockPages
        while index < end {
            let record = store.records[index]
            switch record.use {
            case .free where store.zone(of: index) == zone:
                move(index, order: Int(record.order), zone, to: type)
                free += record.frames
            case .used:
                if record.owner != owner {
                    let traits = owners[Int(record.owner)].kind.traits
                    (owner, moves) = (record.owner, traits.isOnLRU || traits.migration == .byDriver)
                }
                if moves { movable += min(record.frames, end - index) }
            case .free, .perCPU, .tail, .reserved, .absent, .broken: break
            }
            index += record.frames
        }
        return (free, movable)
    }
}
