// SPDX-License-Identifier: Apache-2.0

/// Single pages by the run: what happens to many in a row is done to all of them at once. Each of these does what doing it
/// page by page would, down to the order of the lists.
extension PageAllocator {
    // MARK: From the buddy lists

    /// The smallest chunk that a type's own lists have: where the next single page comes from.
    @inline(__always) private func smallestChunk(_ zone: Int, _ type: MigrateType) -> (list: Int, order: Int)? {
        let first = list(zone, type, 0)
        for order in 0...layout.maxOrder where !lists[first + order].isEmpty { return (first + order, order) }
        return nil
    }

    /// Takes the first pages of the smallest chunk of a type's own lists. The rest of the chunk goes to the lists below,
    /// which are empty.
    ///
    /// - Returns: the first page, and how many there are; nil where the lists are empty.
    private mutating func takeRun(_ most: Int, _ zone: Int, _ type: MigrateType) -> (first: Int, count: Int)? {
        guard let (list, order) = smallestChunk(zone, type) else { return nil }
        let first = firstChunk(of: list)
        unlink(first, order: order, from: list, zone)
        let count = min(most, 1 << order)
        var rest = count
        while rest < 1 << order {
            let part = rest.trailingZeroBitCount
            link(first + rest, order: part, zone, type, atTail: false)
            rest += 1 << part
        }
        return (first, count)
    }

    /// Fills a CPU's stock of single pages.
    mutating func fillStock(
        _ pages: Int, _ zone: Int, _ type: MigrateType, in list: Int, of number: Int, noFragment: Bool
    ) {
        var left = pages
        while left > 0 {
            guard let run = takeRun(left, zone, type) else {
                guard steal(zone, 0, type, noFragment: noFragment) else { return }
                continue
            }
            store.append(run.first..<run.first + run.count, to: &perCPU[number].lists[list]) {
                PageRecord(use: .perCPU, type: type)
            }
            perCPU[number].count += run.count
            zones[zone].perCPU += UInt64(run.count)
            left -= run.count
        }
    }

    // MARK: From a CPU's stock to an owner

    /// Gives an owner single pages from a stock that the page before came from, too; there is nothing to decide then as long
    /// as it lasts.
    ///
    /// - Returns: how many it got.
    mutating func takeMore(_ most: UInt64, like taken: Taken, _ request: PageRequest, for owner: Int) -> Int {
        let number = Int(perCPUIndex[taken.zone * processors + request.cpu])
        let list = Int(request.type.rawValue) * (PerCPULists.highestOrder + 1)
        let count = Int(min(most, perCPU[number].lists[list].count))
        guard count > 0 else { return 0 }
        let record = PageRecord(use: .used, owner: UInt32(owner))
        store.moveHeads(count, from: &perCPU[number].lists[list], to: &owners[owner].pages) {
            ($0.use, $0.flags, $0.owner) = (record.use, record.flags, record.owner)
        }
        perCPU[number].count -= count
        zones[taken.zone].perCPU -= UInt64(count)
        self.count(count, of: owner, flags: [], in: taken.zone)
        note(UInt64(count), request, taken.zone, taken.preferred)
        return count
    }

    // MARK: From an owner to a CPU's stock

    /// Frees an owner's latest single pages, as far as one pageblock goes, into a CPU's stock.
    ///
    /// - Returns: how many; 0 where the latest is not a single page that goes to a stock.
    mutating func releaseRun(_ most: UInt64, of owner: Int, cpu: Int) -> Int {
        let last = owners[owner].pages.tail.number
        guard store.records[last].order == 0, store.records[last].flags.isEmpty, store.isOfOneZone(last) else {
            return 0
        }
        let zone = store.zone(of: last)
        let type = listType(of: last)
        guard usesPerCPU(zone, 0), type.merges else { return 0 }
        let number = perCPUNumber(zone, cpu)
        let room = max(1, zones[zone].highPerCPU - perCPU[number].count)
        let list = Int(type.rawValue) * (PerCPULists.highestOrder + 1)
        let count = store.moveTails(
            Int(min(most, UInt64(room))), from: &owners[owner].pages, toHeadOf: &perCPU[number].lists[list],
            while: { $0.order == 0 && $0.flags.isEmpty }
        ) {
            ($0.use, $0.type, $0.owner) = (.perCPU, type, 0)
        }
        self.count(-count, of: owner, flags: [], in: zone)
        events.freed += UInt64(count)
        perCPU[number].count += count
        zones[zone].perCPU += UInt64(count)
        if perCPU[number].count >= zones[zone].highPerCPU {
            shrink(number, by: min(zones[zone].batch, perCPU[number].count), zone)
        }
        return count
    }

    // MARK: Back to the buddy lists

    /// Gives single pages back that follow each other in a pageblock, the last one first; they are tails already.
    ///
    /// What of them is an aligned chunk merges before anything else can happen to it, and so can go back as one.
    mutating func giveBackDescending(_ pages: Range<Int>, _ zone: Int) {
        var end = pages.upperBound
        while end > pages.lowerBound {
            var order = min(end.trailingZeroBitCount, layout.pageblockOrder, layout.maxOrder)
            while end - 1 << order < pages.lowerBound { order -= 1 }
            end -= 1 << order
            giveBack(end, order: order, zone)
        }
    }

    /// Gives single pages back that follow each other in a pageblock, the first one first; they are tails already.
    mutating func giveBackAscending(_ pages: Range<Int>, _ zone: Int) {
        var first = pages.lowerBound
        while first < pages.upperBound {
            var order = min(first.trailingZeroBitCount, layout.pageblockOrder, layout.maxOrder)
            while first + 1 << order > pages.upperBound { order -= 1 }
            giveBack(first, order: order, zone)
            first += 1 << order
        }
    }

    // MARK: Elsewhere

    /// Moves the single pages from an index on, as many as can be moved as they are, to pages that follow each other: those
    /// that would be handed out for them one by one.
    ///
    /// - Returns: how many were moved; 0 where the first has to be moved on its own.
    mutating func moveRun(from first: Int, _ target: PageRequest, _ attempt: inout Attempt) -> Int {
        guard let supply = supply(for: target) else { return 0 }
        let count = movableRun(from: first, atMost: min(supply.most, attempt.left)) { place in
            // What follows in a stock need not be the next page.
            supply.stock == nil || place == 0
                || store.records[supply.first + place - 1].next == Link(page: supply.first + place)
        }
        guard count > 1 else { return 0 }
        let (zone, new) = (store.zone(of: first), take(count, of: supply, target))
        migrationCache.note(store.frame(of: first), movedTo: store.frame(of: new), pages: UInt64(count))
        var done = 0
        while done < count {
            done += replaceRun(first + done..<first + count, zone, with: new + done, supply.zone)
        }
        giveBackAscending(first..<first + count, zone)
        events.freed += UInt64(count)
        events.migrated += UInt64(count)
        attempt.note(count, to: supply.zone)
        return count
    }

    /// Where single pages come from next, as long as nothing has to be decided anew.
    private struct Supply {
        let zone: Int
        /// The zone that was wanted first.
        let preferred: Int
        /// A CPU's stock and the list in it, or nil for the buddy lists.
        let stock: (number: Int, list: Int)?
        let first: Int
        /// As many as there may be, all in one pageblock.
        let most: Int
    }

    private func supply(for request: PageRequest) -> Supply? {
        guard let found = firstZoneWithRoom(request) else { return nil }
        if usesPerCPU(found.zone, 0) {
            let number = Int(perCPUIndex[found.zone * processors + request.cpu])
            let list = Int(request.type.rawValue) * (PerCPULists.highestOrder + 1)
            guard number >= 0, !perCPU[number].lists[list].isEmpty else { return nil }
            let first = perCPU[number].lists[list].head.number
            return Supply(
                zone: found.zone, preferred: found.preferred, stock: (number, list), first: first,
                most: min(Int(perCPU[number].lists[list].count), layout.pageblockPages - first % layout.pageblockPages))
        }
        guard let (list, order) = smallestChunk(found.zone, request.type), !lists[list].head.isBlock else { return nil }
        return Supply(
            zone: found.zone, preferred: found.preferred, stock: nil, first: lists[list].head.number,
            most: min(Int(clamping: found.room), 1 << order, layout.pageblockPages))
    }

    /// Takes pages of a supply.
    ///
    /// - Returns: the first.
    private mutating func take(_ count: Int, of supply: Supply, _ request: PageRequest) -> Int {
        note(UInt64(count), request, supply.zone, supply.preferred)
        guard let (number, list) = supply.stock else {
            return takeRun(count, supply.zone, request.type)?.first ?? supply.first
        }
        store.takeHeads(to: supply.first + count - 1, count, from: &perCPU[number].lists[list])
        perCPU[number].count -= count
        zones[supply.zone].perCPU -= UInt64(count)
        return supply.first
    }

    /// Puts single pages in others' places, as many as are one owner's, marked alike and neighbours in its list.
    ///
    /// - Returns: how many.
    private mutating func replaceRun(_ old: Range<Int>, _ zone: Int, with new: Int, _ newZone: Int) -> Int {
        let first = store.records[old.lowerBound]
        let owner = Int(first.owner)
        let count = store.replaceRun(old, with: new, in: &owners[owner].pages)
        if zone != newZone {
            self.count(-count, of: owner, flags: first.flags, in: zone)
            self.count(count, of: owner, flags: first.flags, in: newZone)
        }
        return count
    }
}
