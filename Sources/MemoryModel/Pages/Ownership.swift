// SPDX-License-Identifier: Apache-2.0

/// Who owns which pages. An owner's list holds its pages in the order they came; a huge page is one item.
extension PageAllocator {
    /// Counts frames an owner got, or gave (negative), in a zone.
    @inline(__always) mutating func count(_ frames: Int, of owner: Int, flags: PageFlags, in zone: Int) {
        let kind = owners[owner].kind.number
        owners[owner].frames = UInt64(Int(owners[owner].frames) + frames)
        zones[zone].used[kind] = UInt64(Int(zones[zone].used[kind]) + frames)
        guard !flags.isEmpty else { return }
        if flags.contains(.active) { zones[zone].active[kind] = UInt64(Int(zones[zone].active[kind]) + frames) }
        if flags.contains(.dirty) { zones[zone].dirty = UInt64(Int(zones[zone].dirty) + frames) }
        if flags.contains(.pinned) { owners[owner].pinned = UInt64(Int(owners[owner].pinned) + frames) }
    }

    /// Counts transparent huge pages that are in one piece.
    @inline(__always) private mutating func countHuge(_ pages: Int, _ order: Int, _ owner: Int, _ zone: Int) {
        guard order > 0, owners[owner].kind == .thp else { return }
        zones[zone].huge = UInt64(Int(zones[zone].huge) + pages << order)
    }

    /// Gives a chunk that is in no list to an owner.
    @inline(__always) mutating func give(_ index: Int, order: Int, to owner: Int, _ zone: Int) {
        store.records[index].use = .used
        store.records[index].order = UInt8(order)
        store.records[index].owner = UInt32(owner)
        store.records[index].flags = []
        store.insert(Link(page: index), in: &owners[owner].pages, atTail: true)
        count(1 << order, of: owner, flags: [], in: zone)
        countHuge(1, order, owner, zone)
    }

    /// Takes a page from its owner; it is in no list then.
    @inline(__always) mutating func takeBack(_ index: Int, _ zone: Int) {
        let record = store.records[index]
        let owner = Int(record.owner)
        store.remove(Link(page: index), from: &owners[owner].pages)
        count(-(1 << Int(record.order)), of: owner, flags: record.flags, in: zone)
        countHuge(-1, Int(record.order), owner, zone)
        store.records[index].use = .tail
        store.records[index].owner = 0
        store.records[index].flags = []
    }

    /// Frees a page that has no owner any more: to a CPU's stock, or to the buddy lists.
    @inline(__always) mutating func free(_ index: Int, order: Int, _ zone: Int, cpu: Int) {
        events.freed += 1 << UInt64(order)
        let type = listType(of: index)
        if usesPerCPU(zone, order), type.merges {
            givePerCPU(index, zone, cpu, order, type)
        } else {
            giveBack(index, order: order, zone)
        }
    }

    /// Frees an owner's page; what broke while it was in use stays out.
    mutating func release(_ index: Int, cpu: Int) {
        let zone = store.zone(of: index)
        let record = store.records[index]
        takeBack(index, zone)
        if record.flags.isDisjoint(with: [.poisoned, .holdsPoison]) {
            free(index, order: Int(record.order), zone, cpu: cpu)
        } else {
            freeAroundPoison(index, order: Int(record.order), zone, isPoisoned: record.flags.contains(.poisoned))
        }
    }

    /// Frees what is whole of pages that broke in part.
    mutating func freeAroundPoison(_ first: Int, order: Int, _ zone: Int, isPoisoned: Bool) {
        for index in first..<first + 1 << order {
            if index == first ? isPoisoned : store.records[index].flags.contains(.poisoned) {
                store.records[index].use = .broken
                store.records[index].flags = []
            } else {
                giveBack(index, order: 0, zone)
                events.freed += 1
            }
        }
    }

    /// Marks one page of an owner's as broken.
    mutating func poison(_ index: Int, of head: Int) {
        store.records[index].flags.insert(.poisoned)
        if store.records[head].order > 0 { store.records[head].flags.insert(.holdsPoison) }
    }

    /// Frees an owner's latest pages, at most `frames` of them; as a process gives back what it took last, first.
    mutating func releaseLast(_ frames: UInt64, of owner: Int, cpu: Int) {
        let goal = owners[owner].frames - min(frames, owners[owner].frames)
        while owners[owner].frames > goal {
            let tail = owners[owner].pages.tail
            guard tail.isBlock else {
                if releaseRun(owners[owner].frames - goal, of: owner, cpu: cpu) == 0 { release(tail.number, cpu: cpu) }
                continue
            }
            let number = tail.number
            if owners[owner].frames - goal >= UInt64(layout.pagesPerBlock) {
                release(whole: number)
                events.freed += UInt64(layout.pagesPerBlock)
                linkWhole(number, atTail: false)
            } else {
                tellApart(number)
            }
        }
    }

    /// Gives pages to an owner, as many as asked for or as there are.
    ///
    /// - Returns: how many frames it got.
    mutating func allocate(_ frames: UInt64, _ request: PageRequest, for owner: Int) -> UInt64 {
        var got: UInt64 = 0
        while got < frames {
            if frames - got >= UInt64(layout.pagesPerBlock), let number = wholeBlock(for: request) {
                use(whole: number, for: owner)
                noteWholeBlock(number, request)
                got += UInt64(layout.pagesPerBlock)
                continue
            }
            guard let taken = allocateOne(request) else { break }
            give(taken.index, order: request.order, to: owner, taken.zone)
            got += 1 << UInt64(request.order)
            if taken.wasInStock, request.order == 0, got < frames {
                got += UInt64(takeMore(frames - got, like: taken, request, for: owner))
            }
        }
        return got
    }

    /// Calls with each item of an owner, from its first: a page's index, or a whole block's content.
    func forEachItem(of owner: Int, _ body: (Link) -> Bool) {
        var item = owners[owner].pages.head
        while item != .none {
            let following = store.follower(of: item)
            guard body(item) else { return }
            item = following
        }
    }

    /// An owner's frames in a zone.
    func frames(of owner: Int, in zone: Int) -> UInt64 {
        var frames: UInt64 = 0
        forEachItem(of: owner) { item in
            if item.isBlock {
                if Int(store.contents[item.number].zone) == zone { frames += UInt64(layout.pagesPerBlock) }
            } else if store.zone(of: item.number) == zone {
                frames += 1 << UInt64(store.records[item.number].order)
            }
            return true
        }
        return frames
    }

    /// Sets or clears a mark on an owner's first pages that lack it, or have it.
    ///
    /// - Returns: how many frames changed.
    @discardableResult
    mutating func mark(_ flag: PageFlags, _ on: Bool, _ frames: UInt64, of owner: Int) -> UInt64 {
        var changed: UInt64 = 0
        var item = owners[owner].pages.head
        while item != .none, changed < frames {
            if item.isBlock {
                let content = store.contents[item.number]
                if content.flags.contains(flag) != on {
                    guard frames - changed >= UInt64(layout.pagesPerBlock) else {
                        item = Link(page: tellApart(item.number))
                        continue
                    }
                    count(on ? layout.pagesPerBlock : -layout.pagesPerBlock, of: owner, flag, Int(content.zone))
                    store.withContent(item.number) { $0.flags.formSymmetricDifference(flag) }
                    changed += UInt64(layout.pagesPerBlock)
                }
            } else if store.records[item.number].flags.contains(flag) != on {
                let size = 1 << Int(store.records[item.number].order)
                count(on ? size : -size, of: owner, flag, store.zone(of: item.number))
                store.records[item.number].flags.formSymmetricDifference(flag)
                changed += UInt64(size)
            }
            item = store.follower(of: item)
        }
        return changed
    }

    /// Counts frames of an owner whose mark changed.
    private mutating func count(_ frames: Int, of owner: Int, _ flag: PageFlags, _ zone: Int) {
        count(frames, of: owner, flags: flag, in: zone)
        count(-frames, of: owner, flags: [], in: zone)
        guard flag == .pinned else { return }
        if frames > 0 {
            zones[zone].pins.taken += UInt64(frames)
        } else {
            zones[zone].pins.givenBack += UInt64(-frames)
        }
    }

    /// Puts one page in another's place: the owner's list, marks and counts follow (migrate_pages).
    @inline(__always) mutating func replace(_ old: Int, _ oldZone: Int, with new: Int, _ newZone: Int) {
        let record = store.records[old]
        let owner = Int(record.owner)
        let size = 1 << Int(record.order)
        store.records[new].use = .used
        store.records[new].order = record.order
        store.records[new].owner = record.owner
        store.records[new].flags = record.flags
        store.replace(Link(page: old), with: Link(page: new), in: &owners[owner].pages)
        if oldZone != newZone {
            count(-size, of: owner, flags: record.flags, in: oldZone)
            count(size, of: owner, flags: record.flags, in: newZone)
            countHuge(-1, Int(record.order), owner, oldZone)
            countHuge(1, Int(record.order), owner, newZone)
        }
        store.records[old].use = .tail
        store.records[old].owner = 0
        store.records[old].flags = []
    }

    /// Breaks a huge page of an owner into single ones, in its place in the list (split_huge_page).
    mutating func splitHuge(_ index: Int) {
        let record = store.records[index]
        let owner = Int(record.owner)
        var before = Link(page: index)
        countHuge(-1, Int(record.order), owner, store.zone(of: index))
        store.records[index].order = 0
        let flags = record.flags.subtracting([.poisoned, .holdsPoison])
        store.records[index].flags.remove(.holdsPoison)
        for part in index + 1..<index + 1 << Int(record.order) {
            let poison = store.records[part].flags.intersection(.poisoned)
            store.records[part] = record
            store.records[part].order = 0
            store.records[part].flags = flags.union(poison)
            store.insert(part, after: before, in: &owners[owner].pages)
            before = Link(page: part)
        }
        events.hugeSplit += 1
    }
}
