// SPDX-License-Identifier: Apache-2.0

/// Moving pages to other places (spec 10).
extension PageAllocator {
    /// Why a page stays where it is for now. Offlining tries again, for as long as it lasts.
    enum Hindrance: Sendable, Equatable {
        /// Somebody holds an extra reference.
        case pinned(owner: Int)
        /// I/O on it does not end.
        case stalled(owner: Int)
        /// Who maps it is not found.
        case notFound(owner: Int)
        /// Its file system cannot move its private data.
        case privateData(owner: Int)
        /// Its kind never moves.
        case never(owner: Int)
        /// A fault keeps it.
        case stuck(owner: Int)
        /// There is no room elsewhere.
        case noRoom(owner: Int)

        /// Whether it is no use to try again: what makes older kernels give up soon (spec 15.1).
        var isForGood: Bool {
            switch self {
            case .notFound, .privateData, .never, .noRoom: true
            case .pinned, .stalled, .stuck: false
            }
        }
    }

    /// What came of an attempt to empty a block.
    struct Attempt: Sendable {
        /// Frames that were moved, by the number of the zone they are in now.
        var moved: [(zone: Int, frames: UInt64)] = []
        /// Why the first of those stayed that did.
        var hindrance: Hindrance?
        /// Why the first of those stayed that it is no use to try again.
        var hindranceForGood: Hindrance?
        /// How many frames may still move; a huge page moves as long as one may.
        var left = Int.max
        /// Whether others would have, were there more of those.
        var isCut = false
        /// Whether one page is to stay.
        var keepsOne = false

        mutating func note(_ frames: Int, to zone: Int) {
            left -= frames
            if let last = moved.indices.last, moved[last].zone == zone {
                moved[last].frames += UInt64(frames)
            } else if let place = moved.firstIndex(where: { $0.zone == zone }) {
                moved[place].frames += UInt64(frames)
            } else {
                moved.append((zone, UInt64(frames)))
            }
        }
    }

    /// Moves what can be moved out of a block (do_migrate_range).
    ///
    /// - Parameters:
    ///   - target: what is asked for the new pages, but for the order.
    ///   - attempt: what is to stay, and what came of it.
    mutating func empty(_ number: Int, target: PageRequest, _ attempt: inout Attempt) {
        guard attempt.left > 0 else { return attempt.isCut = true }
        if store.contents[number].form == .used {
            if moveWhole(number, target, &attempt) { return }
            tellApart(number)
        }
        guard store.contents[number].form == .paged else { return }
        let base = store.base(of: number)
        var index = base
        while index < base + layout.pagesPerBlock, store.contents[number].form == .paged {
            let record = store.records[index]
            if record.use == .used, attempt.keepsOne || attempt.left <= 0, keeps(record, &attempt) {
                if attempt.isCut { return }
                index += record.frames
                continue
            }
            if record.use == .used, case let moved = moveRun(from: index, target, &attempt), moved > 0 {
                index += moved
                continue
            }
            let isTried = record.use == .used && !record.isBrokenAlone
            if isTried, !move(index, target, &attempt), store.records[index].order != record.order {
                // A huge page that was split is met again, part by part.
                continue
            }
            index += record.frames
        }
    }

    /// Whether a page stays because one is to, or because no more may move.
    private mutating func keeps(_ record: PageRecord, _ attempt: inout Attempt) -> Bool {
        guard !record.isBrokenAlone else { return false }
        guard attempt.left > 0 else {
            attempt.isCut = true
            return true
        }
        guard owners[Int(record.owner)].kind != .hugetlbFree else { return false }
        attempt.keepsOne = false
        note(.stuck(owner: Int(record.owner)), record.order > 0, &attempt)
        return true
    }

    /// How many single pages from an index on, in one pageblock, are in use and can be moved as they are.
    ///
    /// - Parameter fits: whether there is a place for one, counted from 0; asked as long as there is.
    @inline(__always) func movableRun(from index: Int, atMost most: Int, _ fits: (Int) -> Bool) -> Int {
        let end = min((index | (layout.pageblockPages - 1)) + 1 - index, most)
        var (count, mover): (Int, UInt32) = (0, 0)
        while count < end, case let record = store.records[index + count], record.use == .used, record.order == 0,
            record.flags.isDisjoint(with: [.poisoned, .holdsPoison, .pinned]), fits(count)
        {
            if record.owner != mover {
                guard movesSingly(Int(record.owner)) else { break }
                mover = record.owner
            }
            count += 1
        }
        return count
    }

    /// Whether nothing keeps an owner's single pages that are not marked.
    private func movesSingly(_ owner: Int) -> Bool {
        switch owners[owner].kind {
        case .hugetlb, .hugetlbFree: false
        default: hindrance(of: owner, []) == nil
        }
    }

    /// What keeps a page from being moved now, room aside.
    func hindrance(of owner: Int, _ flags: PageFlags) -> Hindrance? {
        let traits = owners[owner].kind.traits
        switch traits.migration {
        case .never: return .never(owner: owner)
        case .notFound: return .notFound(owner: owner)
        case .copied, .byDriver: break
        }
        if flags.contains(.holdsPoison) { return .never(owner: owner) }
        if owners[owner].isStalled { return .stalled(owner: owner) }
        if flags.contains(.pinned) { return .pinned(owner: owner) }
        if owners[owner].fileSystem?.movesPrivateData == false { return .privateData(owner: owner) }
        return nil
    }

    /// Moves one page, huge or not.
    ///
    /// - Returns: whether it is gone from where it was. A huge page for which there was no room in one piece is split,
    ///   and its parts are still there.
    private mutating func move(_ index: Int, _ target: PageRequest, _ attempt: inout Attempt) -> Bool {
        let record = store.records[index]
        let owner = Int(record.owner)
        let isHuge = record.order > 0
        if owners[owner].kind == .hugetlbFree {
            dissolve(index)
            return true
        }
        if record.flags.contains(.holdsPoison), owners[owner].kind == .thp {
            splitHuge(index)
            return false
        }
        if let hindrance = hindrance(of: owner, record.flags) {
            note(hindrance, isHuge, &attempt)
            return false
        }
        if owners[owner].kind == .hugetlb, let pooled = takeFromPool(target) {
            finish(index, pooled.index, pooled.zone, &attempt)
            return true
        }
        var request = target
        request.order = Int(record.order)
        guard let new = allocate(request) else {
            if isHuge, owners[owner].kind == .thp {
                events.hugeMigrationFailed += 1
                splitHuge(index)
            } else {
                note(.noRoom(owner: owner), isHuge, &attempt)
            }
            return false
        }
        finish(index, new.index, new.zone, &attempt)
        return true
    }

    private mutating func note(_ hindrance: Hindrance, _ isHuge: Bool, _ attempt: inout Attempt) {
        attempt.hindrance = attempt.hindrance ?? hindrance
        if hindrance.isForGood { attempt.hindranceForGood = attempt.hindranceForGood ?? hindrance }
        if isHuge { events.hugeMigrationFailed += 1 }
        events.migrationFailed += 1
    }

    /// Puts a page in its new place, and notes where that is.
    @inline(__always) private mutating func finish(
        _ index: Int, _ new: Int, _ newZone: Int, _ attempt: inout Attempt
    ) {
        let frames = store.records[index].frames
        relocate(index, to: new, newZone)
        attempt.note(frames, to: newZone)
    }

    /// Puts a page in its new place and frees the old one; into its isolated pageblock, if it is in one.
    @inline(__always) mutating func relocate(_ index: Int, to new: Int, _ newZone: Int) {
        let order = Int(store.records[index].order)
        let zone = store.zone(of: index)
        migrationCache.note(store.frame(of: index), movedTo: store.frame(of: new))
        replace(index, zone, with: new, newZone)
        giveBack(index, order: order, zone)
        events.freed += 1 << UInt64(order)
        events.migrated += 1 << UInt64(order)
        if order > 0 { events.hugeMigrated += 1 }
    }

    /// Moves a block that is one owner's into a block that is free, at once.
    private mutating func moveWhole(_ number: Int, _ target: PageRequest, _ attempt: inout Attempt) -> Bool {
        let content = store.contents[number]
        let owner = Int(content.owner)
        guard !attempt.keepsOne, attempt.left >= layout.pagesPerBlock,
            hindrance(of: owner, content.flags) == nil, let new = wholeBlock(for: target)
        else { return false }
        let (zone, newZone) = (Int(content.zone), Int(store.contents[new].zone))
        unlinkWhole(new)
        store.fill(new, with: content.owner, content.flags)
        store.replace(Link(block: number), with: Link(block: new), in: &owners[owner].pages)
        if zone != newZone {
            count(-layout.pagesPerBlock, of: owner, flags: content.flags, in: zone)
            count(layout.pagesPerBlock, of: owner, flags: content.flags, in: newZone)
        }
        store.clear(number)
        linkWhole(number, atTail: true)
        noteWholeBlock(new, target)
        let (from, to) = (UInt64(content.block.rawValue), UInt64(store.contents[new].block.rawValue))
        migrationCache.note(
            from << UInt64(layout.blockOrder), movedTo: to << UInt64(layout.blockOrder),
            pages: UInt64(layout.pagesPerBlock))
        events.freed += UInt64(layout.pagesPerBlock)
        events.migrated += UInt64(layout.pagesPerBlock)
        attempt.note(layout.pagesPerBlock, to: newZone)
        return true
    }
}
