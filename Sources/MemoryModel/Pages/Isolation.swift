// SPDX-License-Identifier: Apache-2.0

/// Blocks set apart, so that nothing is handed out from them any more (spec 7.2, 7.3).
extension PageAllocator {
    /// What keeps a block from going offline.
    enum Obstacle: Sendable, Equatable {
        /// Reserved since boot.
        case reserved(PageFrame)
        /// In use by an owner whose pages never move.
        case unmovable(PageFrame, owner: Int)
    }

    /// The first page that can never leave a block (has_unmovable_pages). In the Movable zone only reserved pages are
    /// looked at.
    func obstacle(in number: Int, zoneIsMovable: Bool) -> Obstacle? {
        let content = store.contents[number]
        let first = UInt64(content.block.rawValue) << UInt64(layout.blockOrder)
        switch content.form {
        case .free, .vacant: return nil
        case .reserved: return .reserved(first)
        case .used:
            let stays = !zoneIsMovable && owners[Int(content.owner)].kind.blocksOffline
            return stays ? .unmovable(first, owner: Int(content.owner)) : nil
        case .paged:
            var obstacle: Obstacle?
            // Nobody, and then the last owner met whose pages do not stay.
            var mover: UInt32 = 0
            store.forEachPiece(of: number) { index, record in
                if record.use == .reserved {
                    obstacle = .reserved(store.frame(of: index))
                } else if record.use == .used, record.owner != mover {
                    if stays(record, zoneIsMovable: zoneIsMovable) {
                        obstacle = .unmovable(store.frame(of: index), owner: Int(record.owner))
                    } else if !record.isBrokenAlone {
                        mover = record.owner
                    }
                }
                return obstacle == nil
            }
            return obstacle
        }
    }

    private func stays(_ record: PageRecord, zoneIsMovable: Bool) -> Bool {
        let kind = owners[Int(record.owner)].kind
        // A memory map is in use as a whole, whatever broke of it; and nobody frees one while the lock is held, not even
        // for the one who books (seed 000).
        if kind == .memmap { return true }
        return !zoneIsMovable && kind.blocksOffline && !record.isBrokenAlone
    }

    /// Sets every pageblock of a block apart; its free chunks leave the zone's count. The zone's per-CPU lists are
    /// emptied and off until ``endIsolation(of:)`` or ``removeVacated(_:)``.
    mutating func isolate(_ number: Int) {
        let zone = Int(store.contents[number].zone)
        zones[zone].perCPUOff += 1
        drainPerCPU(zone)
        setType(.isolate, ofAll: number)
    }

    /// Undoes ``isolate(_:)``: every pageblock becomes Movable, whatever it was, or what it was, and the free chunks go to
    /// the tails of the lists (undo_isolate_page_range).
    ///
    /// - Parameter types: what each pageblock was, if it is to be that again.
    mutating func endIsolation(of number: Int, _ types: [MigrateType] = []) {
        zones[Int(store.contents[number].zone)].perCPUOff -= 1
        guard let first = types.first, types.contains(where: { $0 != first }) else {
            return setType(types.first ?? .movable, ofAll: number)
        }
        let base = tellApart(number)
        for (pageblock, type) in zip(pageblocks(at: base), types) { store.setType(type, of: pageblock) }
        regroup(number) { _ in }
        foldIfWhole(base, Int(store.contents[number].zone))
    }

    /// What each pageblock of a block is, ascending.
    func pageblockTypes(of number: Int) -> [MigrateType] {
        let content = store.contents[number]
        guard content.form == .paged else {
            return Array(repeating: content.type, count: layout.pageblocksPerBlock)
        }
        return pageblocks(at: store.base(of: number)).map { store.type(of: $0) }
    }

    /// Sets the type of all pageblocks of a block, and moves its free chunks to the tails of that type's lists.
    private mutating func setType(_ type: MigrateType, ofAll number: Int) {
        guard store.contents[number].form == .paged else { return regroup(number) { $0.type = type } }
        let base = store.base(of: number)
        let ownMap = base + Int(store.contents[number].ownMap)
        for pageblock in pageblocks(at: base) where pageblock >= ownMap { store.setType(type, of: pageblock) }
        regroup(number) { _ in }
        foldIfWhole(base, Int(store.contents[number].zone))
    }

    /// Changes what holds for a whole block (avoided, booked), and moves its free chunks accordingly.
    mutating func change(_ number: Int, _ change: (inout BlockContent) -> Void) {
        // Emptying the CPUs' stocks may make the block whole again.
        if store.contents[number].zone != BlockContent.mixedZone { drainPerCPU(Int(store.contents[number].zone)) }
        regroup(number, change)
    }

    /// Changes a block, and moves its free chunks to the tails of the lists they belong to then, ascending.
    private mutating func regroup(_ number: Int, _ change: (inout BlockContent) -> Void) {
        let isFree = store.contents[number].form == .free
        if isFree { unlinkWhole(number) }
        store.withContent(number, change)
        if isFree { linkWhole(number, atTail: true) }
        guard store.contents[number].form == .paged else { return }
        for pageblock in pageblocks(at: store.base(of: number)) {
            moveFreeChunks(ofPageblockAt: pageblock, store.zone(of: pageblock), to: listType(of: pageblock))
        }
    }

    private func pageblocks(at base: Int) -> StrideTo<Int> {
        stride(from: base, to: base + layout.pagesPerBlock, by: layout.pageblockPages)
    }

    /// Whether every page of an isolated or booked block is free, or broken.
    func isVacated(_ number: Int) -> Bool {
        switch store.contents[number].form {
        case .free: return true
        case .used, .reserved, .vacant: return false
        case .paged:
            let base = store.base(of: number)
            if store.slots[base >> layout.blockOrder].free == layout.pagesPerBlock { return true }
            var isVacated = true
            store.forEachPiece(of: number) { _, record in
                switch record.use {
                case .free, .broken, .tail, .absent: break
                // Poisoned pages are passed over (spec 3.5).
                case .used: isVacated = record.isBrokenAlone
                case .reserved, .perCPU: isVacated = false
                }
                return isVacated
            }
            return isVacated
        }
    }

    /// Takes a vacated block's pages out of the lists for good.
    mutating func removeVacated(_ number: Int) {
        let zone = Int(store.contents[number].zone)
        if !store.contents[number].isBooked { zones[zone].perCPUOff -= 1 }
        if store.contents[number].form == .free {
            unlinkWhole(number)
        } else {
            let base = store.base(of: number)
            var index = base
            while index < base + layout.pagesPerBlock {
                let record = store.records[index]
                if record.use == .free {
                    unlink(index, order: Int(record.order), from: list(zone, record.type, Int(record.order)), zone)
                } else if record.use == .used {
                    takeBack(index, zone)
                }
                index += record.frames
            }
        }
        store.removeContent(number)
    }
}
