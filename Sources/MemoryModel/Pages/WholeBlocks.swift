// SPDX-License-Identifier: Apache-2.0

/// Blocks whose pages are alike, and back: what makes 64 TiB as easy to boot as 1 GiB.
extension PageAllocator {
    /// Puts a free block's chunks into the list where the block was.
    ///
    /// - Returns: the first chunk.
    @discardableResult
    mutating func tellApart(free number: Int, in list: Int) -> Int {
        let type = listType(ofWhole: number)
        let base = store.makeSlot(for: number)
        let chunks = stride(from: base, to: base + layout.pagesPerBlock, by: 1 << layout.maxOrder)
        store.replaceBlock(number, with: chunks, in: &lists[list])
        for index in chunks {
            store.records[index].use = .free
            store.records[index].order = UInt8(layout.maxOrder)
            store.records[index].type = type
        }
        store.addFree(layout.pagesPerBlock, at: base)
        return base
    }

    /// Gives every page of a content a record.
    ///
    /// - Returns: where they begin.
    @discardableResult
    mutating func tellApart(_ number: Int) -> Int {
        switch store.contents[number].form {
        case .paged: break
        case .free:
            let content = store.contents[number]
            tellApart(free: number, in: list(Int(content.zone), listType(ofWhole: number), layout.maxOrder))
        case .used: tellApart(used: number)
        case .reserved:
            let base = store.makeSlot(for: number)
            for index in base..<base + layout.pagesPerBlock { store.records[index].use = .reserved }
        case .vacant: preconditionFailure("content \(number) is nobody's")
        }
        return store.base(of: number)
    }

    private mutating func tellApart(used number: Int) {
        let content = store.contents[number]
        let owner = Int(content.owner)
        let base = store.makeSlot(for: number)
        let order = owners[owner].kind.traits.isHuge ? layout.pageblockOrder : 0
        let heads = stride(from: base, to: base + layout.pagesPerBlock, by: 1 << order)
        store.replaceBlock(number, with: heads, in: &owners[owner].pages)
        for index in heads {
            store.records[index].use = .used
            store.records[index].order = UInt8(order)
            store.records[index].owner = content.owner
            store.records[index].flags = content.flags
        }
    }

    /// Whose lists a whole free block is in.
    func listType(ofWhole number: Int) -> MigrateType {
        listType(store.contents[number].type, in: number)
    }

    /// Makes a block one again when its last chunk has come home: all free, every pageblock of one type, the chunks in
    /// order in their list.
    mutating func foldIfWhole(_ index: Int, _ zone: Int) {
        let slot = index >> layout.blockOrder
        guard store.slots[slot].free == layout.pagesPerBlock, store.slots[slot].parts.isEmpty else { return }
        let base = slot << layout.blockOrder
        let type = store.type(of: base)
        let end = base + layout.pagesPerBlock
        for pageblock in stride(from: base, to: end, by: layout.pageblockPages)
        where store.type(of: pageblock) != type { return }
        let step = 1 << layout.maxOrder
        for chunk in stride(from: base, to: end, by: step) {
            guard store.records[chunk].use == .free, Int(store.records[chunk].order) == layout.maxOrder else { return }
            let following = chunk + step
            if following < end, store.follower(of: Link(page: chunk)) != Link(page: following) { return }
        }
        let number = store.slots[slot].content
        let list = list(zone, store.records[base].type, layout.maxOrder)
        store.replaceRecords(from: base, to: end - step, withBlock: number, in: &lists[list])
        store.dropSlot(of: number)
        store.withContent(number) {
            $0.form = .free
            $0.type = type
        }
    }

    /// Puts a block that is free, whole and in no list into its list.
    mutating func linkWhole(_ number: Int, atTail: Bool) {
        let zone = Int(store.contents[number].zone)
        let type = listType(ofWhole: number)
        store.insert(
            Link(block: number), in: &lists[list(zone, type, layout.maxOrder)], atTail: atTail,
            count: layout.chunksPerBlock)
        if type.countsAsFree { zones[zone].free += UInt64(layout.pagesPerBlock) }
    }

    /// Takes a free, whole block out of its list.
    mutating func unlinkWhole(_ number: Int) {
        let zone = Int(store.contents[number].zone)
        let type = listType(ofWhole: number)
        store.remove(
            Link(block: number), from: &lists[list(zone, type, layout.maxOrder)], count: layout.chunksPerBlock)
        if type.countsAsFree { zones[zone].free -= UInt64(layout.pagesPerBlock) }
    }

    /// Gives a whole free block to an owner: as many single pages at once.
    mutating func use(whole number: Int, for owner: Int) {
        unlinkWhole(number)
        store.fill(number, with: UInt32(owner), [])
        store.insert(
            Link(block: number), in: &owners[owner].pages, atTail: true, count: layout.pagesPerBlock)
        count(layout.pagesPerBlock, of: owner, flags: [], in: Int(store.contents[number].zone))
    }

    /// Takes a whole block from its owner; it is free, and in no list.
    mutating func release(whole number: Int) {
        let content = store.contents[number]
        let owner = Int(content.owner)
        store.remove(Link(block: number), from: &owners[owner].pages, count: layout.pagesPerBlock)
        count(-layout.pagesPerBlock, of: owner, flags: content.flags, in: Int(content.zone))
        store.clear(number)
    }
}
