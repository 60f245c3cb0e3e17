// SPDX-License-Identifier: Apache-2.0

/// Blocks set apart, so that nothing is handed out from them any more (spec 7.2, 7.3).
extension PageAllocator {
    /// What keeps a block from going offline.
    enum Obstacle: Sendable, Equatable {
        /// Reserved since boot.
        case reserved(PageFrame)
        /// In use by an owner whose pages never move.
        case unmovable(PageFrame, owner: Int)

        /// The page frame.
        var frame: PageFrame {
            switch self {
            case .reserved(let frame), .unmovable(let frame, _): frame
            }
        }
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
            let base = store.base(of: number)
            var index = base + Int(content.ownMap)
            while index < base + layout.pagesPerBlock {
                let record = store.records[index]
                switch record.use {
                case .free, .perCPU: index += 1 << Int(record.order)
                case .reserved: return .reserved(store.frame(of: index))
                case .used:
                    // A memory map is in use as a whole, whatever broke of it.
                    let kind = owners[Int(record.owner)].kind
                    let stays = kind.blocksOffline && (!record.isBrokenAlone || kind == .memmap)
                    // Nobody frees a map while the lock is held, not even for the one who books (seed 000).
                    if stays, !zoneIsMovable || kind == .memmap {
                        return .unmovable(store.frame(of: index), owner: Int(record.owner))
                    }
                    index += 1 << Int(record.order)
                // Blocks with holes get here on kernels only that take them offline.
                case .tail, .broken, .absent: index += 1
                }
            }
            return nil
        }
    }

    /// Sets every pageblock of a block apart; its free chunks leave the zone's count. The zone's per-CPU lists are
    /// emptied and off until ``endIsolation(of:)`` or ``removeVacated(_:)``.
    mutating func isolate(_ number: Int) {
        let zone = Int(store.contents[number].zone)
        zones[zone].perCPUOff += 1
        drainPerCPU(zone)
        setType(.isolate, ofAll: number)
    }

    /// Undoes ``isolate(_:)``: every pageblock becomes Movable, whatever it was, and the free chunks go to the tails of
    /// the lists (undo_isolate_page_range).
    mutating func endIsolation(of number: Int) {
        zones[Int(store.contents[number].zone)].perCPUOff -= 1
        setType(.movable, ofAll: number)
    }

    /// Sets the type of all pageblocks of a block, and moves its free chunks to the tails of that type's lists.
    private mutating func setType(_ type: MigrateType, ofAll number: Int) {
        let zone = Int(store.contents[number].zone)
        guard store.contents[number].form == .paged else {
            let isFree = store.contents[number].form == .free
            if isFree { unlinkWhole(number) }
            store.withContent(number) { $0.type = type }
            if isFree { linkWhole(number, atTail: true) }
            return
        }
        let base = store.base(of: number)
        let ownMap = base + Int(store.contents[number].ownMap)
        for pageblock in pageblocks(at: base) where pageblock >= ownMap { store.setType(type, of: pageblock) }
        regroup(base, zone)
    }

    /// Moves a block's free chunks to the lists they belong to now, ascending.
    private mutating func regroup(_ base: Int, _ zone: Int) {
        for pageblock in pageblocks(at: base) {
            moveFreeChunks(ofPageblockAt: pageblock, zone, to: listType(of: pageblock))
        }
        foldIfWhole(base, zone)
    }

    private func pageblocks(at base: Int) -> StrideTo<Int> {
        stride(from: base, to: base + layout.pagesPerBlock, by: layout.pageblockPages)
    }

    /// Changes what holds for a whole block (avoided, booked), and moves its free chunks accordingly.
    mutating func change(_ number: Int, _ change: (inout BlockContent) -> Void) {
        // Emptying the CPUs' stocks may make the block whole again.
        if store.contents[number].zone != BlockContent.mixedZone { drainPerCPU(Int(store.contents[number].zone)) }
        let isFree = store.contents[number].form == .free
        if isFree { unlinkWhole(number) }
        store.withContent(number, change)
        if isFree { linkWhole(number, atTail: true) }
        guard store.contents[number].form == .paged else { return }
        for pageblock in pageblocks(at: store.base(of: number)) {
            moveFreeChunks(ofPageblockAt: pageblock, store.zone(of: pageblock), to: listType(of: pageblock))
        }
    }

    /// Whether every page of an isolated or booked block is free, or broken.
    func isVacated(_ number: Int) -> Bool {
        switch store.contents[number].form {
        case .free: return true
        case .used, .reserved, .vacant: return false
        case .paged:
            let base = store.base(of: number)
            if store.slots[base >> layout.blockOrder].free == layout.pagesPerBlock { return true }
            var index = base + Int(store.contents[number].ownMap)
            while index < base + layout.pagesPerBlock {
                let record = store.records[index]
                switch record.use {
                case .free: index += 1 << Int(record.order)
                case .broken, .tail, .absent: index += 1
                case .used:
                    // Poisoned pages are passed over (spec 3.5).
                    guard record.isBrokenAlone else { return false }
                    index += 1 << Int(record.order)
                case .reserved, .perCPU: return false
                }
            }
            return true
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
                switch record.use {
                case .free:
                    unlink(
                        index, order: Int(record.order), from: list(zone, record.type, Int(record.order)), zone)
                    index += 1 << Int(record.order)
                case .used:
                    takeBack(index, zone)
                    index += 1 << Int(record.order)
                case .tail, .perCPU, .reserved, .absent, .broken: index += 1
                }
            }
        }
        store.removeContent(number)
    }
}
