// SPDX-License-Identifier: Apache-2.0

/// Contents of blocks that boot or onlining brings.
extension PageAllocator {
    /// A block that is free from its first page to its last, at the tail of its zone's list.
    mutating func addFree(_ block: BlockID, zone: Int) -> Int {
        let number = store.addContent(BlockContent(block: block, zone: UInt16(zone), form: .free))
        linkWhole(number, atTail: true)
        return number
    }

    /// A block all of which is reserved.
    mutating func addReserved(_ block: BlockID, zone: Int) -> Int {
        store.addContent(BlockContent(block: block, zone: UInt16(zone), form: .reserved))
    }

    /// A block of which some pages are free, and others reserved or not there.
    ///
    /// - Parameters:
    ///   - zone: its zone's number, or nil for several, which `free` names.
    ///   - free: free page frames, ascending, with their zones.
    ///   - reserved: reserved page frames; what is neither free nor reserved is a hole.
    mutating func addPartly(
        _ block: BlockID, zone: Int?, free: [(pages: Range<Int>, zone: Int)], reserved: [Range<Int>],
        parts: [PageStore.Part]
    ) -> Int {
        let number = store.addContent(
            BlockContent(block: block, zone: zone.map(UInt16.init) ?? BlockContent.mixedZone, form: .reserved))
        let base = store.makeSlot(for: number)
        store.setParts(parts, ofSlotAt: base)
        for index in base..<base + layout.pagesPerBlock { store.records[index].use = .absent }
        for pages in reserved { for page in pages { store.records[base + page].use = .reserved } }
        for run in free {
            for page in run.pages { store.records[base + page].use = .tail }
            forEachChunk(of: run.pages) { page, order in
                giveBack(base + page, order: order, run.zone, atTail: true)
            }
        }
        return number
    }

    /// A block whose first pages hold its own memory map.
    mutating func addWithOwnMap(_ block: BlockID, zone: Int, mapPages: Int) -> Int {
        let number = addPartly(
            block, zone: zone, free: [(mapPages..<layout.pagesPerBlock, zone)], reserved: [0..<mapPages], parts: [])
        store.withContent(number) { $0.ownMap = UInt32(mapPages) }
        let base = store.base(of: number)
        for page in stride(from: 0, to: mapPages, by: layout.pageblockPages) {
            store.setType(.unmovable, of: base + page)
        }
        return number
    }

    /// The largest aligned chunks a range of pages consists of, ascending.
    private func forEachChunk(of pages: Range<Int>, _ body: (_ page: Int, _ order: Int) -> Void) {
        var page = pages.lowerBound
        while page < pages.upperBound {
            var order = page == 0 ? layout.maxOrder : min(layout.maxOrder, page.trailingZeroBitCount)
            while page + 1 << order > pages.upperBound { order -= 1 }
            body(page, order)
            page += 1 << order
        }
    }
}
