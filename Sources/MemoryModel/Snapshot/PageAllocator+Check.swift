// SPDX-License-Identifier: Apache-2.0

/// What must hold of page frames that were read: each is one thing, in one list, and counted once.
extension PageAllocator {
    /// - Throws: what does not hold.
    func check(nodes: Int) throws(DecodingError) {
        let zoneCount = nodes * zonesPerNode
        try require(
            zones.count == zoneCount && lists.count == zoneCount * MigrateType.allCases.count * layout.orders
                && pools.count == nodes && perCPUIndex.count == zoneCount * processors
                && events.allocated.count == zonesPerNode, "sizes of page tables")
        let zoneNumbers = zones.indices
        for zone in zones {
            try require(
                zone.protection.count == zonesPerNode && (1...1 << 30).contains(zone.batch)
                    && (1...1 << 40).contains(zone.highPerCPU) && (0...1 << 16).contains(zone.perCPUOff)
                    && [zone.min, zone.low, zone.high].allSatisfy { $0 < 1 << 60 }
                    && zone.protection.allSatisfy { $0 < 1 << 60 }, "limits of a zone")
        }
        try require(
            zonelists.count == nodes && zonelists.allSatisfy { $0.allSatisfy(zoneNumbers.contains) }, "zonelists")
        try require(!owners.isEmpty && pools.allSatisfy { $0.map(owners.indices.contains) ?? true }, "owners")
        let stocks = perCPUIndex.filter { $0 >= 0 }.sorted()
        try require(stocks.elementsEqual(0..<Int32(clamping: perCPU.count)), "stocks of processors")
        try require(
            perCPU.allSatisfy { $0.lists.count == 3 * (PerCPULists.highestOrder + 1) }, "lists of processors")
        try checkSlots()
        var check = PageCheck(self)
        try check.check()
    }

    /// Contents, slots and what is vacant of both belong together.
    private func checkSlots() throws(DecodingError) {
        var vacant = 0
        for content in store.contents {
            if content.form == .vacant { vacant += 1 }
            let isMixed = content.zone == BlockContent.mixedZone && (content.form == .paged || content.form == .vacant)
            try require(isMixed || Int(content.zone) < zones.count, "zone of a content")
            try require(Int(content.ownMap) <= layout.pagesPerBlock, "memory map in a block")
            try require(Int(content.owner) < owners.count, "owner of a block")
        }
        try require(
            store.vacantContents.count == vacant && Set(store.vacantContents).count == vacant
                && store.vacantContents.allSatisfy {
                    store.contents.indices.contains($0) && store.contents[$0].form == .vacant
                }, "vacant contents")
        var used = 0
        for (number, slot) in store.slots.enumerated() where slot.content >= 0 {
            used += 1
            try require(
                slot.content < store.contents.count && store.contents[slot.content].form == .paged
                    && store.contents[slot.content].slot == UInt32(number), "content of slot \(number)")
            try require(slot.parts.allSatisfy { $0.zone < zones.count }, "zones of slot \(number)")
        }
        try require(used == store.contents.count(where: { $0.form == .paged }), "contents without slots")
        let vacantSlots = store.vacantSlots
        try require(
            vacantSlots.count == store.slots.count - used && Set(vacantSlots).count == vacantSlots.count
                && vacantSlots.allSatisfy { store.slots.indices.contains($0) && store.slots[$0].content < 0 },
            "vacant slots")
    }
}

/// Goes through all lists, and then through all pages.
private struct PageCheck {
    private let pages: PageAllocator
    private var layout: PageLayout { pages.layout }
    /// Records and contents that were met in a list.
    private var metRecords: [Bool]
    private var metContents: [Bool]
    private var sums: [ZonePages]
    /// Pages of zones that can be handed out, are set apart or broke.
    private var managed: [UInt64]

    init(_ pages: PageAllocator) {
        self.pages = pages
        metRecords = Array(repeating: false, count: pages.store.records.count)
        metContents = Array(repeating: false, count: pages.store.contents.count)
        sums = Array(repeating: ZonePages(), count: pages.zones.count)
        managed = Array(repeating: 0, count: pages.zones.count)
    }

    mutating func check() throws(DecodingError) {
        try checkFreeLists()
        try checkStocks()
        try checkOwners()
        try checkContents()
        for (zone, sum) in zip(pages.zones, sums) {
            try require(
                zone.free == sum.free && zone.perCPU == sum.perCPU && zone.used == sum.used
                    && zone.active == sum.active && zone.dirty == sum.dirty && zone.huge == sum.huge,
                "counts of a zone")
        }
        try require(zip(pages.zones, managed).allSatisfy { $0.managed == $1 }, "managed pages of a zone")
    }

    // MARK: Lists

    /// Follows a list from its head to its tail.
    ///
    /// - Parameter visit: what an item counts, if it may be there.
    private mutating func walk(
        _ list: PageList, _ visit: (_ item: Link) throws(DecodingError) -> UInt64
    ) throws(DecodingError) {
        var (item, before, count) = (list.head, Link.none, 0 as UInt64)
        while item != .none {
            let previous: Link
            if item.isBlock {
                guard item.number < metContents.count, !metContents[item.number] else { throw .damaged("a list") }
                metContents[item.number] = true
                previous = pages.store.contents[item.number].previous
            } else {
                guard item.number < metRecords.count, !metRecords[item.number] else { throw .damaged("a list") }
                metRecords[item.number] = true
                guard pages.store.content(of: item.number) >= 0 else { throw .damaged("a page of no block in a list") }
                previous = pages.store.records[item.number].previous
            }
            try require(previous == before, "neighbours in a list")
            count += try visit(item)
            (before, item) = (item, pages.store.follower(of: item))
        }
        try require(before == list.tail && count == list.count, "end of a list")
    }

    private mutating func checkFreeLists() throws(DecodingError) {
        let (pages, layout) = (pages, layout)
        for zone in pages.zones.indices {
            for type in MigrateType.allCases {
                for order in 0...layout.maxOrder {
                    try walk(pages.lists[pages.list(zone, type, order)]) { item throws(DecodingError) in
                        if item.isBlock {
                            let content = pages.store.contents[item.number]
                            try require(
                                order == layout.maxOrder && content.form == .free && Int(content.zone) == zone
                                    && pages.listType(ofWhole: item.number) == type, "a free block")
                            return UInt64(layout.chunksPerBlock)
                        }
                        let record = pages.store.records[item.number]
                        try require(
                            record.use == .free && Int(record.order) == order && record.type == type
                                && pages.store.zone(of: item.number) == zone, "a free chunk")
                        return 1
                    }
                }
            }
        }
    }

    private mutating func checkStocks() throws(DecodingError) {
        let pages = pages
        for (place, number) in pages.perCPUIndex.enumerated() where number >= 0 {
            let stock = pages.perCPU[Int(number)]
            var count = 0
            for (position, list) in stock.lists.enumerated() {
                let order = position % (PerCPULists.highestOrder + 1)
                try walk(list) { item throws(DecodingError) in
                    guard !item.isBlock else { throw .damaged("a block in a processor's stock") }
                    let record = pages.store.records[item.number]
                    try require(
                        record.use == .perCPU && Int(record.order) == order
                            && pages.store.zone(of: item.number) == place / pages.processors, "a processor's chunk")
                    count += 1 << order
                    return 1
                }
            }
            try require(count == stock.count, "a processor's stock")
        }
    }

    private mutating func checkOwners() throws(DecodingError) {
        let pages = pages
        for (number, owner) in pages.owners.enumerated() {
            var (frames, pinned) = (0 as UInt64, 0 as UInt64)
            try walk(owner.pages) { item throws(DecodingError) in
                let (size, flags, count): (UInt64, PageFlags, UInt64)
                if item.isBlock {
                    let content = pages.store.contents[item.number]
                    try require(content.form == .used && Int(content.owner) == number, "a block of \(owner.name)")
                    (size, flags) = (UInt64(pages.layout.pagesPerBlock), content.flags)
                    count = size
                } else {
                    let record = pages.store.records[item.number]
                    try require(
                        record.use == .used && Int(record.owner) == number
                            && Int(record.order) <= pages.layout.maxOrder,
                        "a page of \(owner.name)")
                    (size, flags, count) = (1 << UInt64(record.order), record.flags, 1)
                }
                frames += size
                if flags.contains(.pinned) { pinned += size }
                return count
            }
            try require(frames == owner.frames && pinned == owner.pinned, "pages of \(owner.name)")
        }
    }

    // MARK: Pages

    private mutating func checkContents() throws(DecodingError) {
        let whole = UInt64(layout.pagesPerBlock)
        for (number, content) in pages.store.contents.enumerated() {
            let isListed = content.form == .free || content.form == .used
            try require(metContents[number] == isListed, "a block in no list")
            switch content.form {
            case .free: add(whole, free: pages.listType(ofWhole: number), in: Int(content.zone))
            case .used: add(whole, of: Int(content.owner), content.flags, in: Int(content.zone))
            case .paged: try checkPages(of: number)
            case .reserved, .vacant: break
            }
        }
    }

    private mutating func checkPages(of number: Int) throws(DecodingError) {
        let pages = pages
        let base = pages.store.base(of: number)
        var (index, free) = (base, 0)
        while index < base + layout.pagesPerBlock {
            let record = pages.store.records[index]
            let zone = pages.store.zone(of: index)
            let isListed = record.use == .free || record.use == .perCPU || record.use == .used
            try require(metRecords[index] == isListed, "a page in no list")
            guard isListed else {
                try require(record.use != .tail, "a page of nothing")
                if record.use == .broken { managed[zone] += 1 }
                index += 1
                continue
            }
            let order = Int(record.order)
            try require(order <= layout.maxOrder && index.isMultiple(of: 1 << order), "place of a chunk")
            let size = 1 << order
            for tail in index + 1..<index + size {
                try require(pages.store.records[tail].use == .tail && !metRecords[tail], "a page within a chunk")
            }
            switch record.use {
            case .free:
                add(UInt64(size), free: record.type, in: zone)
                free += size
            case .perCPU:
                sums[zone].perCPU += UInt64(size)
                managed[zone] += UInt64(size)
            default:
                add(UInt64(size), of: Int(record.owner), record.flags, in: zone)
                if order > 0, pages.owners[Int(record.owner)].kind == .thp { sums[zone].huge += UInt64(size) }
            }
            index += size
        }
        try require(pages.store.slots[base >> layout.blockOrder].free == free, "free pages of a block")
    }

    private mutating func add(_ frames: UInt64, free type: MigrateType, in zone: Int) {
        managed[zone] += frames
        if type.countsAsFree { sums[zone].free += frames }
    }

    private mutating func add(_ frames: UInt64, of owner: Int, _ flags: PageFlags, in zone: Int) {
        managed[zone] += frames
        let kind = pages.owners[owner].kind.number
        sums[zone].used[kind] += frames
        if flags.contains(.active) { sums[zone].active[kind] += frames }
        if flags.contains(.dirty) { sums[zone].dirty += frames }
    }
}
