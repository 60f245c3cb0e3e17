// SPDX-License-Identifier: Apache-2.0

/// The buddy allocator of a zone: take a chunk, split it, give it back, merge it (spec 9.2, 9.4).
extension PageAllocator {
    /// Takes a chunk of a type: the head of the smallest order that has one (__rmqueue_smallest).
    ///
    /// - Returns: the index of its first record, or nil.
    @inline(__always) mutating func takeSmallest(_ zone: Int, _ order: Int, _ type: MigrateType) -> Int? {
        for current in order...layout.maxOrder {
            let list = list(zone, type, current)
            guard !lists[list].isEmpty else { continue }
            let index = firstChunk(of: list)
            unlink(index, order: current, from: list, zone)
            split(index, from: current, to: order, zone, type)
            return index
        }
        return nil
    }

    /// The first chunk of a list that is not empty; a whole block at its head becomes chunks.
    mutating func firstChunk(of list: Int) -> Int {
        let head = lists[list].head
        return head.isBlock ? tellApart(free: head.number, in: list) : head.number
    }

    /// Takes a free chunk out of its list.
    @inline(__always) mutating func unlink(_ index: Int, order: Int, from list: Int, _ zone: Int) {
        store.remove(Link(page: index), from: &lists[list])
        store.records[index].use = .tail
        store.addFree(-(1 << order), at: index)
        if store.records[index].type.countsAsFree { zones[zone].free -= 1 << UInt64(order) }
    }

    /// Puts a chunk into a list of its zone, at the tail or the head.
    @inline(__always) mutating func link(
        _ index: Int, order: Int, _ zone: Int, _ type: MigrateType, atTail: Bool
    ) {
        store.records[index].use = .free
        store.records[index].order = UInt8(order)
        store.records[index].type = type
        store.insert(Link(page: index), in: &lists[list(zone, type, order)], atTail: atTail)
        store.addFree(1 << order, at: index)
        if type.countsAsFree { zones[zone].free += 1 << UInt64(order) }
    }

    /// Keeps the lower part of a chunk; the upper halves go to the heads of their lists (expand).
    @inline(__always) mutating func split(
        _ index: Int, from high: Int, to low: Int, _ zone: Int, _ type: MigrateType
    ) {
        var order = high
        while order > low {
            order -= 1
            link(index + 1 << order, order: order, zone, type, atTail: false)
        }
    }

    /// Whose lists a record's chunk belongs to: its pageblock's, unless the block is booked or avoided.
    @inline(__always) func listType(of index: Int) -> MigrateType {
        listType(store.type(of: index), in: store.content(of: index))
    }

    /// Whose lists free pages of a pageblock type belong to, in a block.
    @inline(__always) func listType(_ type: MigrateType, in content: Int) -> MigrateType {
        guard type != .isolate else { return .isolate }
        if store.contents[content].isBooked { return .booked }
        return store.contents[content].isAvoided ? .avoided : type
    }

    /// Gives a chunk back and merges it with its buddies (__free_one_page).
    ///
    /// - Parameter atTail: as boot, onlining and the end of an isolation ask.
    mutating func giveBack(_ first: Int, order startOrder: Int, _ zone: Int, atTail: Bool = false) {
        var (index, order) = (first, startOrder)
        let type = listType(of: first)
        while order < layout.maxOrder {
            let buddy = index ^ (1 << order)
            guard isFree(buddy, order), !store.crossesZones(index, buddy) else { break }
            if order >= layout.pageblockOrder {
                let (own, other) = (store.type(of: index), store.type(of: buddy))
                guard own == other || own.merges && other.merges else { break }
            }
            unlink(buddy, order: order, from: list(zone, store.records[buddy].type, order), zone)
            store.records[index].use = .tail
            index = min(index, buddy)
            order += 1
        }
        // What is one from end to end needs no records of its own.
        if order >= layout.pageblockOrder { store.records.clear(index..<index + 1 << order) }
        let tail = atTail || willMerge(index, order)
        link(index, order: order, zone, type, atTail: tail)
        if order == layout.maxOrder { foldIfWhole(index, zone) }
    }

    @inline(__always) private func isFree(_ index: Int, _ order: Int) -> Bool {
        store.records[index].use == .free && Int(store.records[index].order) == order
    }

    /// Whether the buddy one order up is free, so that a chunk soon merges if it is left alone (buddy_merge_likely).
    @inline(__always) private func willMerge(_ index: Int, _ order: Int) -> Bool {
        guard order < layout.maxOrder - 1 else { return false }
        let parent = index & ~(1 << order)
        return isFree(parent ^ (2 << order), order + 1)
    }

    /// Takes one chunk of a given place out of the free chunk that holds it; the rest stays free
    /// (take_page_off_buddy).
    ///
    /// - Returns: the type of the lists it was in, or nil if the place is not free.
    @discardableResult
    mutating func takeOut(_ index: Int, order: Int, _ zone: Int) -> MigrateType? {
        guard let (head, headOrder) = freeChunk(holding: index), headOrder >= order else { return nil }
        let type = store.records[head].type
        unlink(head, order: headOrder, from: list(zone, type, headOrder), zone)
        var (low, current) = (head, headOrder)
        while current > order {
            current -= 1
            let upper = low + 1 << current
            if index >= upper {
                link(low, order: current, zone, type, atTail: false)
                low = upper
            } else {
                link(upper, order: current, zone, type, atTail: false)
            }
        }
        return type
    }

    /// The free chunk that a record is part of.
    func freeChunk(holding index: Int) -> (head: Int, order: Int)? {
        for order in 0...layout.maxOrder {
            let head = index & ~((1 << order) - 1)
            let record = store.records[head]
            if record.use == .free, Int(record.order) >= order { return (head, Int(record.order)) }
            if record.use != .tail { return nil }
        }
        return nil
    }

    /// The first frame of what a record is part of: a chunk, a huge page, or itself.
    func head(of index: Int) -> Int {
        for order in 0...layout.blockOrder {
            let head = index & ~((1 << order) - 1)
            if store.records[head].use != .tail { return head }
        }
        return index
    }
}
