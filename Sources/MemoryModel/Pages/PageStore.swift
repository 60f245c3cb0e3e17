// SPDX-License-Identifier: Apache-2.0

/// The contents of blocks, the records of those whose pages differ, and the lists that run through both.
///
/// Records lie in slots of a block's size; a record's index is slot x pages per block + page in block. A block's
/// slot is given back when its pages are alike again, so what nobody uses costs a content of a few words
/// (docs/decisions.md).
struct PageStore: Sendable {
    let layout: PageLayout
    var contents: ContiguousArray<BlockContent> = []
    var vacantContents: [Int] = []
    var records: PageRecords
    var types: ContiguousArray<MigrateType> = []
    var slots: ContiguousArray<Slot> = []
    var vacantSlots: [Int] = []

    /// Room for the records of one block.
    struct Slot: Sendable {
        /// The content whose records these are.
        var content: Int
        /// Pages in buddy lists; all of them: the block may be whole again.
        var free = 0
        /// Zones by page in the block, where a block has several.
        var parts: [Part] = []
    }

    /// Pages of a block that are in one zone.
    struct Part: Sendable {
        let pages: Range<Int>
        let zone: Int
    }

    init(layout: PageLayout) {
        self.layout = layout
        records = PageRecords(pageblockOrder: layout.pageblockOrder)
    }

    // MARK: Contents

    /// A content for a block that comes online, with a number that stays its own.
    mutating func addContent(_ content: BlockContent) -> Int {
        if let number = vacantContents.popLast() {
            contents[number] = content
            return number
        }
        contents.append(content)
        return contents.count - 1
    }

    mutating func reserveContents(_ count: Int) { contents.reserveCapacity(count) }

    /// Gives a content's number back, and its slot.
    mutating func removeContent(_ number: Int) {
        if contents[number].form == .paged { dropSlot(of: number) }
        contents[number].form = .vacant
        vacantContents.append(number)
    }

    /// Changes a content in place.
    mutating func withContent(_ number: Int, _ change: (inout BlockContent) -> Void) { change(&contents[number]) }

    /// Gives all of a content to an owner.
    mutating func fill(_ number: Int, with owner: UInt32, _ flags: PageFlags) {
        contents[number].form = .used
        contents[number].owner = owner
        contents[number].flags = flags
    }

    /// Makes all of a content free.
    mutating func clear(_ number: Int) {
        contents[number].form = .free
        contents[number].owner = 0
        contents[number].flags = []
    }

    // MARK: Slots

    /// Gives a content records, all `tail`, and pageblocks of its type. Where they begin.
    mutating func makeSlot(for number: Int) -> Int {
        let slot: Int
        if let vacant = vacantSlots.popLast() {
            slot = vacant
            slots[slot] = Slot(content: number)
        } else {
            slot = slots.count
            slots.append(Slot(content: number))
            records.append(layout.pagesPerBlock)
            types.append(contentsOf: repeatElement(.movable, count: layout.pageblocksPerBlock))
        }
        for pageblock in 0..<layout.pageblocksPerBlock {
            types[slot * layout.pageblocksPerBlock + pageblock] = contents[number].type
        }
        contents[number].form = .paged
        contents[number].slot = UInt32(slot)
        return slot << layout.blockOrder
    }

    /// Gives a content's records back; it has another form from now on.
    mutating func dropSlot(of number: Int) {
        let slot = Int(contents[number].slot)
        let base = slot << layout.blockOrder
        records.clear(base..<base + layout.pagesPerBlock)
        slots[slot].content = -1
        slots[slot].parts = []
        vacantSlots.append(slot)
    }

    mutating func setParts(_ parts: [Part], ofSlotAt base: Int) { slots[base >> layout.blockOrder].parts = parts }

    /// Counts pages of a slot that came to the buddy lists, or went from them.
    @inline(__always) mutating func addFree(_ pages: Int, at index: Int) {
        slots[index >> layout.blockOrder].free += pages
    }

    // MARK: From one to another

    /// Where a paged content's records begin.
    func base(of number: Int) -> Int { Int(contents[number].slot) << layout.blockOrder }

    /// The content a record belongs to.
    @inline(__always) func content(of index: Int) -> Int { slots[index >> layout.blockOrder].content }

    /// The page frame of a record.
    func frame(of index: Int) -> PageFrame {
        let first = UInt64(contents[content(of: index)].block.rawValue) << UInt64(layout.blockOrder)
        return first + UInt64(index & (layout.pagesPerBlock - 1))
    }

    /// The zone of a record.
    @inline(__always) func zone(of index: Int) -> Int {
        let zone = contents[content(of: index)].zone
        if zone != BlockContent.mixedZone { return Int(zone) }
        let page = index & (layout.pagesPerBlock - 1)
        return slots[index >> layout.blockOrder].parts.first { $0.pages.contains(page) }?.zone ?? 0
    }

    /// Whether all of a record's pageblock is in its zone.
    @inline(__always) func isOfOneZone(_ index: Int) -> Bool {
        if contents[content(of: index)].zone != BlockContent.mixedZone { return true }
        let first = index & (layout.pagesPerBlock - 1) & ~(layout.pageblockPages - 1)
        return slots[index >> layout.blockOrder].parts.contains {
            $0.pages.lowerBound <= first && first + layout.pageblockPages <= $0.pages.upperBound
        }
    }

    /// Whether merging a record's chunk with its buddy would leave its zone.
    @inline(__always) func crossesZones(_ index: Int, _ buddy: Int) -> Bool {
        if contents[content(of: index)].zone != BlockContent.mixedZone { return false }
        return zone(of: index) != zone(of: buddy)
    }

    /// The type of a record's pageblock.
    @inline(__always) func type(of index: Int) -> MigrateType { types[index >> layout.pageblockOrder] }

    mutating func setType(_ type: MigrateType, of index: Int) { types[index >> layout.pageblockOrder] = type }

    /// Calls with the first record of each chunk or page of a paged content, ascending, but for those of its own memory
    /// map; until the body says false.
    @inline(__always) func forEachPiece(of number: Int, _ body: (_ index: Int, _ record: PageRecord) -> Bool) {
        let base = base(of: number)
        var index = base + Int(contents[number].ownMap)
        while index < base + layout.pagesPerBlock {
            let record = records[index]
            guard body(index, record) else { return }
            index += record.frames
        }
    }

    // MARK: Lists

    @inline(__always) private func next(_ item: Link) -> Link {
        item.isBlock ? contents[item.number].next : records[item.number].next
    }

    @inline(__always) private func previous(_ item: Link) -> Link {
        item.isBlock ? contents[item.number].previous : records[item.number].previous
    }

    @inline(__always) private mutating func setNext(_ item: Link, _ next: Link) {
        if item.isBlock { contents[item.number].next = next } else { records[item.number].next = next }
    }

    @inline(__always) private mutating func setPrevious(_ item: Link, _ previous: Link) {
        if item.isBlock { contents[item.number].previous = previous } else { records[item.number].previous = previous }
    }

    /// Puts an item at an end of a list; it counts as `count`.
    @inline(__always) mutating func insert(
        _ item: Link, in list: inout PageList, atTail: Bool, count: Int = 1
    ) {
        if atTail {
            setPrevious(item, list.tail)
            setNext(item, .none)
            if list.tail == .none { list.head = item } else { setNext(list.tail, item) }
            list.tail = item
        } else {
            setPrevious(item, .none)
            setNext(item, list.head)
            if list.head == .none { list.tail = item } else { setPrevious(list.head, item) }
            list.head = item
        }
        list.count += UInt64(count)
    }

    /// Takes an item out of its list.
    @inline(__always) mutating func remove(_ item: Link, from list: inout PageList, count: Int = 1) {
        let (before, after) = (previous(item), next(item))
        if before == .none { list.head = after } else { setNext(before, after) }
        if after == .none { list.tail = before } else { setPrevious(after, before) }
        list.count -= UInt64(count)
    }

    /// Puts a row of records where a whole block was in a list.
    ///
    /// - Parameter indices: the records that stand in its place, in order.
    mutating func replaceBlock(_ number: Int, with indices: some Sequence<Int>, in list: inout PageList) {
        let block = Link(block: number)
        var before = previous(block)
        let after = next(block)
        for index in indices {
            let item = Link(page: index)
            setPrevious(item, before)
            if before == .none { list.head = item } else { setNext(before, item) }
            before = item
        }
        setNext(before, after)
        if after == .none { list.tail = before } else { setPrevious(after, before) }
    }

    /// Puts a whole block where a row of records was in a list.
    mutating func replaceRecords(from first: Int, to last: Int, withBlock number: Int, in list: inout PageList) {
        let (before, after) = (previous(Link(page: first)), next(Link(page: last)))
        let block = Link(block: number)
        setPrevious(block, before)
        setNext(block, after)
        if before == .none { list.head = block } else { setNext(before, block) }
        if after == .none { list.tail = block } else { setPrevious(after, block) }
    }

    /// Puts one item in another's place in a list.
    mutating func replace(_ old: Link, with new: Link, in list: inout PageList) {
        let (before, after) = (previous(old), next(old))
        setPrevious(new, before)
        setNext(new, after)
        if before == .none { list.head = new } else { setNext(before, new) }
        if after == .none { list.tail = new } else { setPrevious(after, new) }
    }

    /// Puts a record behind another item of a list.
    mutating func insert(_ index: Int, after item: Link, in list: inout PageList) {
        let after = next(item)
        let new = Link(page: index)
        setPrevious(new, item)
        setNext(new, after)
        setNext(item, new)
        if after == .none { list.tail = new } else { setPrevious(after, new) }
        list.count += 1
    }

    /// Puts pages that follow each other at the tail of a list.
    ///
    /// - Parameter record: what each of them is, but for its place in the list.
    mutating func append(_ pages: Range<Int>, to list: inout PageList, _ record: () -> PageRecord) {
        var new = record()
        let before = list.tail
        for index in pages {
            new.previous = index == pages.lowerBound ? before : Link(page: index - 1)
            new.next = index + 1 == pages.upperBound ? .none : Link(page: index + 1)
            records[index] = new
        }
        if before == .none {
            list.head = Link(page: pages.lowerBound)
        } else {
            setNext(before, Link(page: pages.lowerBound))
        }
        list.tail = Link(page: pages.upperBound - 1)
        list.count += UInt64(pages.count)
    }

    /// Moves pages from the head of a list to the tail of another, in their order.
    ///
    /// - Parameter change: what becomes of each.
    @inline(__always) mutating func moveHeads(
        _ count: Int, from source: inout PageList, to list: inout PageList, _ change: (inout PageRecord) -> Void
    ) {
        let first = source.head
        var last = first
        for step in 1...count {
            change(&records[last.number])
            if step < count { last = records[last.number].next }
        }
        let rest = records[last.number].next
        source.head = rest
        if rest == .none { source.tail = .none } else { setPrevious(rest, .none) }
        source.count -= UInt64(count)
        records[first.number].previous = list.tail
        records[last.number].next = .none
        if list.tail == .none { list.head = first } else { setNext(list.tail, first) }
        list.tail = last
        list.count += UInt64(count)
    }

    /// Moves pages from the tail of a list to the head of another, in their order, as far as they lie in the pageblock of the
    /// last.
    ///
    /// - Parameters:
    ///   - holds: whether a page may be moved; it is not asked about the last.
    ///   - change: what becomes of each.
    /// - Returns: how many were moved.
    @inline(__always) mutating func moveTails(
        _ most: Int, from source: inout PageList, toHeadOf list: inout PageList,
        while holds: (PageRecord) -> Bool, _ change: (inout PageRecord) -> Void
    ) -> Int {
        let last = source.tail
        let pageblock = last.number >> layout.pageblockOrder
        var (first, count) = (last, 1)
        change(&records[first.number])
        while count < most, case let before = records[first.number].previous, !before.isBlock, before != .none,
            before.number >> layout.pageblockOrder == pageblock, holds(records[before.number])
        {
            first = before
            change(&records[first.number])
            count += 1
        }
        let rest = records[first.number].previous
        source.tail = rest
        if rest == .none { source.head = .none } else { setNext(rest, .none) }
        source.count -= UInt64(count)
        records[last.number].next = list.head
        records[first.number].previous = .none
        if list.head == .none { list.tail = last } else { setPrevious(list.head, last) }
        list.head = first
        list.count += UInt64(count)
        return count
    }

    /// Takes pages off the head of a list, up to one of them.
    mutating func takeHeads(to last: Int, _ count: Int, from list: inout PageList) {
        let rest = records[last].next
        list.head = rest
        if rest == .none { list.tail = .none } else { setPrevious(rest, .none) }
        list.count -= UInt64(count)
    }

    /// Takes single pages off the tail of a list, as far as each is the one before the last, in one pageblock. They are tails
    /// then.
    ///
    /// - Returns: which.
    mutating func takeDescending(_ most: Int, from list: inout PageList) -> Range<Int> {
        let last = list.tail.number
        let pageblock = last >> layout.pageblockOrder
        var first = last
        records[first].use = .tail
        while last - first + 1 < most, records[first].previous == Link(page: first - 1),
            (first - 1) >> layout.pageblockOrder == pageblock
        {
            first -= 1
            records[first].use = .tail
        }
        let rest = records[first].previous
        list.tail = rest
        if rest == .none { list.head = .none } else { setNext(rest, .none) }
        list.count -= UInt64(last - first + 1)
        return first..<last + 1
    }

    /// Puts single pages in use in the places of others, as many as are one owner's, marked alike, and neighbours in its list
    /// as they are in memory, or in the opposite order. The others are tails then.
    ///
    /// - Parameters:
    ///   - old: pages of one pageblock.
    ///   - new: the first of as many pages of one pageblock, in no list.
    /// - Returns: how many.
    mutating func replaceRun(_ old: Range<Int>, with new: Int, in list: inout PageList) -> Int {
        var (count, isAscending, isDescending) = (1, true, true)
        var (lowest, highest) = (PageRecord(), PageRecord())
        records.withRows(old.lowerBound, new) { source, target in
            lowest = source[0]
            while count < old.count, source[count].owner == lowest.owner, source[count].flags == lowest.flags {
                let ascends = isAscending && source[count].previous == Link(page: old.lowerBound + count - 1)
                let descends = isDescending && source[count].next == Link(page: old.lowerBound + count - 1)
                guard ascends || descends else { break }
                (isAscending, isDescending) = (ascends, descends)
                count += 1
            }
            highest = source[count - 1]
            for place in 0..<count {
                var record = PageRecord(use: .used, flags: lowest.flags, owner: lowest.owner)
                (record.next, record.previous) =
                    isAscending
                    ? (Link(page: new + place + 1), Link(page: new + place - 1))
                    : (Link(page: new + place - 1), Link(page: new + place + 1))
                target[place] = record
                source[place] = PageRecord()
            }
        }
        let (before, after) =
            isAscending ? (lowest.previous, highest.next) : (highest.previous, lowest.next)
        let (low, high) = (Link(page: new), Link(page: new + count - 1))
        let (head, tail) = isAscending ? (low, high) : (high, low)
        setPrevious(head, before)
        setNext(tail, after)
        if before == .none { list.head = head } else { setNext(before, head) }
        if after == .none { list.tail = tail } else { setPrevious(after, tail) }
        return count
    }

    /// What follows an item in its list.
    func follower(of item: Link) -> Link { next(item) }
}
