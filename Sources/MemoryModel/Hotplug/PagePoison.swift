// SPDX-License-Identifier: Apache-2.0

/// Single pages taken out of use: `soft_offline_page` and `hard_offline_page` (spec 3.5).
extension Machine {
    mutating func softOffline(_ address: UInt64) throws(Refusal) {
        let page = address / pageSize
        let (block, content) = try onlineBlock(holding: page, otherwise: .inputOutput)
        if poisonedPages.binarySearch(page).found { return }
        let index = recordIndex(of: page, content)
        let head = pages.head(of: index)
        switch pages.store.records[head].use {
        case .used: try vacate(head, block)
        case .free, .perCPU, .broken: break
        case .reserved, .absent, .tail: throw Refusal(.inputOutput, "kernel page")
        }
        poisonFree(page, block, content)
    }

    mutating func hardOffline(_ address: UInt64) throws(Refusal) {
        let page = address / pageSize
        let (block, content) = try onlineBlock(holding: page, otherwise: .noAddress)
        if poisonedPages.binarySearch(page).found { throw Refusal(.hardwarePoison, "already hardware poisoned") }
        let index = recordIndex(of: page, content)
        let head = pages.head(of: index)
        let record = pages.store.records[head]
        switch record.use {
        case .free, .perCPU, .broken:
            countFailure(on: block.node, \.recovered)
            return poisonFree(page, block, content)
        case .used:
            let traits = pages.owners[Int(record.owner)].kind.traits
            guard traits.isOnLRU || traits.isHuge, !record.flags.contains(.pinned) else { break }
            // Its owner loses it: unmapped, dropped if clean, its processes killed if dirty.
            pages.drop(head, page: index)
            countFailure(on: block.node, \.recovered)
            return poisonFree(page, block, content)
        case .reserved, .absent, .tail: break
        }
        // The mark stays although the page could not be isolated, so a second try is EHWPOISON.
        pages.poison(index, of: head)
        notePoison(page, block)
        countFailure(on: block.node, \.ignored)
        throw Refusal(.busy, "unhandlable kernel page")
    }

    /// Where a page's record is; the block's pages are told apart from now on.
    private mutating func recordIndex(of page: PageFrame, _ content: Int) -> Int {
        pages.tellApart(content)
        return pages.base(of: content, page)
    }

    /// The block and the content of a page.
    private func onlineBlock(
        holding page: PageFrame, otherwise errno: Errno
    ) throws(Refusal) -> (block: MemoryBlock, content: Int) {
        guard page / pagesPerBlock <= UInt64(UInt32.max), let block = blocks[block(ofPage: page)] else {
            throw Refusal(.noAddress, "no memory at this address")
        }
        guard block.isOnline, let content = block.content, isThere(page, in: block) else {
            throw Refusal(errno, "page is not online")
        }
        return (block, Int(content))
    }

    /// Whether a page has a descriptor that is in use: in a block with holes, if there is memory in its 2 MiB
    /// (pfn_section_valid).
    private func isThere(_ page: PageFrame, in block: MemoryBlock) -> Bool {
        guard UInt64(block.presentPages) < pagesPerBlock else { return true }
        let unit = max(1, (2 << 20) / pageSize)
        let around = page / unit * unit..<(page / unit + 1) * unit
        return ram.contains { $0.pages.overlaps(around) }
    }

    private mutating func countFailure(on node: NodeID, _ result: WritableKeyPath<MemoryFailures, UInt64>) {
        memoryFailures[node, default: MemoryFailures()][keyPath: result] += 1
    }

    /// Moves what is in a page elsewhere, or drops it, so that the page is free (soft_offline_in_use_page).
    private mutating func vacate(_ head: Int, _ block: MemoryBlock) throws(Refusal) {
        let record = pages.store.records[head]
        let owner = Int(record.owner)
        let zone = pages.store.zone(of: head)
        guard let kind = nodes[pages.node(of: zone)].zones.first(where: { $0.number == zone })?.kind,
            pages.owners[owner].kind.traits.migration != .never
        else { throw Refusal(.inputOutput, "kernel page") }
        if pages.owners[owner].kind.traits.canBeFreed, record.flags.isEmpty {
            return pages.drop(head, page: head)
        }
        guard record.flags.isDisjoint(with: [.poisoned, .holdsPoison]) else {
            throw Refusal(.busy, "another part of it is poisoned")
        }
        if let hindrance = pages.hindrance(of: owner, record.flags) {
            throw Refusal(.busy, "page migration failed: \(describe(hindrance))")
        }
        var target = migrationTarget(from: block, kind)
        target.allowed = nil
        guard pages.vacate(head, target) else { throw Refusal(.noMemory, "no room to move the page to") }
    }

    /// Takes a free page out of the lists for good.
    private mutating func poisonFree(_ page: PageFrame, _ block: MemoryBlock, _ content: Int) {
        var index = recordIndex(of: page, content)
        let zone = pages.store.zone(of: index)
        // Emptying the CPUs' stocks may make the block whole again.
        pages.drainPerCPU(zone)
        index = recordIndex(of: page, content)
        pages.takeOut(index, order: 0, zone)
        pages.store.records[index].use = .broken
        notePoison(page, block)
    }

    private mutating func notePoison(_ page: PageFrame, _ block: MemoryBlock) {
        poisonedPages.insert(page, at: poisonedPages.binarySearch(page).position)
        hardwareCorrupted += 1
        if let position = blocks.position(of: block.id) { blocks[position].poisoned += 1 }
        changes.append(.pagePoisoned(page))
        if let zone = block.zone { changes.append(.zoneChanged(block.node, zone)) }
    }

    /// Drops the marks of pages that go offline. Onlined again they are whole (spec 3.5), or are not onlined at all
    /// (``ABIRules/keepsPoison``).
    mutating func forgetPoison(in range: Range<PageFrame>) {
        let first = poisonedPages.binarySearch(range.lowerBound).position
        let end = poisonedPages.binarySearch(range.upperBound).position
        poisonedPages.removeSubrange(first..<end)
    }
}

/// What came of pages of a node that broke: `nodeN/memory_failure`.
public struct MemoryFailures: Sendable, Equatable, Codable {
    /// Taken out of use.
    public internal(set) var recovered: UInt64 = 0
    /// The kernel's, and so nothing was done.
    public internal(set) var ignored: UInt64 = 0
    /// All of them.
    public var total: UInt64 { recovered + ignored }
}

extension PageAllocator {
    /// Takes pages from their owner and frees them: one page of a transparent huge page, all of another.
    mutating func drop(_ head: Int, page: Int) {
        let zone = store.zone(of: head)
        let order = Int(store.records[head].order)
        events.dropped += 1
        if order > 0, owners[Int(store.records[head].owner)].kind == .thp {
            splitHuge(head)
            takeBack(page, zone)
            return giveBack(page, order: 0, zone)
        }
        let flags = store.records[head].flags
        takeBack(head, zone)
        guard !flags.isDisjoint(with: [.poisoned, .holdsPoison]) else { return giveBack(head, order: order, zone) }
        freeAroundPoison(head, order: order, zone, isPoisoned: flags.contains(.poisoned))
    }

    /// The record of a page frame of a paged content.
    func base(of content: Int, _ page: PageFrame) -> Int {
        store.base(of: content) + Int(page & UInt64(layout.pagesPerBlock - 1))
    }

    /// Moves one page elsewhere, and frees it where it was.
    ///
    /// - Returns: false where there is no room.
    mutating func vacate(_ head: Int, _ target: PageRequest) -> Bool {
        var request = target
        request.order = Int(store.records[head].order)
        guard let new = allocate(request) else { return false }
        relocate(head, to: new.index, new.zone)
        return true
    }
}

extension [PageFrame] {
    /// Where a page frame is in a sorted array, or belongs.
    func binarySearch(_ page: PageFrame) -> (position: Int, found: Bool) {
        var (low, high) = (0, count)
        while low < high {
            let middle = (low + high) / 2
            if self[middle] < page { low = middle + 1 } else { high = middle }
        }
        return (low, low < count && self[low] == page)
    }
}
