// SPDX-License-Identifier: Apache-2.0

import OrderedCollections

/// What the buddy allocator's lists hold, for those who look.
extension Machine {
    /// Free chunks of a zone per order, from 0 to the architecture's highest, in the lists of some types.
    ///
    /// - Parameters:
    ///   - zone: the zone.
    ///   - types: all that count as free, unless others are asked for. Free pages of blocks that are scheduled to go count
    ///     as Movable.
    public func freeChunks(of zone: Zone, _ types: [MigrateType]? = nil) -> [UInt64] {
        var wanted = types ?? MigrateType.allCases.filter(\.countsAsFree)
        if wanted.contains(.movable), !wanted.contains(.avoided) { wanted.append(.avoided) }
        return (0...pages.layout.maxOrder).map { order in
            wanted.reduce(0) { $0 + pages.lists[pages.list(zone.number, $1, order)].count }
        }
    }

    /// Pageblocks of a zone by type. As the kernel does it, a page in each is looked at, from the zone's first page on.
    ///
    /// - Complexity: O(blocks).
    public func pageblocks(of zone: Zone, on node: NodeID) -> [MigrateType: UInt64] {
        var counts: [MigrateType: UInt64] = [:]
        for block in blocks where block.links(to: node) {
            guard let number = block.content.map(Int.init) else { continue }
            pages.countPageblocks(of: number, in: zone.number, startingAt: zone.start, &counts)
        }
        return counts
    }

    /// Pages in the stock of a CPU for a zone.
    public func perCPUPages(of zone: Zone, cpu: Int) -> Int { pages.perCPUCount(zone.number, cpu: cpu) }
    /// Pages moved at a time between a CPU's stock and the zone, and pages a stock holds at most.
    public func perCPULimits(of zone: Zone) -> (batch: Int, high: Int) {
        (pages.zones[zone.number].batch, pages.zones[zone.number].highPerCPU)
    }
    /// Allocations by where they were wanted and went.
    public func numaCounters(of zone: Zone) -> NUMACounters { pages.zones[zone.number].numa }
    /// What happened to pages since boot.
    public var pageEvents: PageEvents { pages.events }

    /// Frames of a zone in use for one thing.
    public func used(_ kind: PageKind, in zone: Zone) -> UInt64 { pages.zones[zone.number].used[kind.number] }
    /// Frames of a zone in use for one thing, on the active list.
    public func active(_ kind: PageKind, in zone: Zone) -> UInt64 { pages.zones[zone.number].active[kind.number] }
    /// Frames of a zone that hold what is not written out yet.
    public func dirty(in zone: Zone) -> UInt64 { pages.zones[zone.number].dirty }
    /// Frames of a zone in use as transparent huge pages, in one piece.
    public func huge(in zone: Zone) -> UInt64 { pages.zones[zone.number].huge }
    /// Pins taken and given back since boot in a zone, in frames.
    public func pins(in zone: Zone) -> (taken: UInt64, givenBack: UInt64) { pages.zones[zone.number].pins }
    /// Frames of a zone under I/O that does not end.
    ///
    /// - Complexity: O(pages of the workloads it is done on).
    public func writeback(in zone: Zone) -> UInt64 {
        workloads.values.reduce(0) { sum, active in
            guard pages.owners[active.owner].isStalled else { return sum }
            return sum + pages.frames(of: active.owner, in: zone.number)
        }
    }
    /// Huge pages of a node: all, and those that are free.
    public func hugePages(of node: NodeID) -> (total: UInt64, free: UInt64) {
        let position = position(of: node)
        return (pages.poolSize(of: position), pages.poolFree(of: position))
    }
}

extension PageAllocator {
    /// Counts a block's pageblocks in a zone that starts at a page frame.
    func countPageblocks(
        of number: Int, in zone: Int, startingAt start: PageFrame, _ counts: inout [MigrateType: UInt64]
    ) {
        let content = store.contents[number]
        guard content.form == .paged else {
            if Int(content.zone) == zone {
                counts[content.type, default: 0] += UInt64(layout.pageblocksPerBlock)
            }
            return
        }
        let base = store.base(of: number) + Int(start & UInt64(layout.pageblockPages - 1))
        for index in stride(from: base, to: base + layout.pagesPerBlock, by: layout.pageblockPages)
        where store.zone(of: index) == zone && store.records[index].use != .absent {
            counts[store.type(of: index), default: 0] += 1
        }
    }
}

extension Range<PageFrame> {
    /// What is left of the range when another is taken out of it.
    func without(_ other: Range<PageFrame>) -> [Range<PageFrame>] {
        guard overlaps(other) else { return isEmpty ? [] : [self] }
        var parts: [Range<PageFrame>] = []
        if lowerBound < other.lowerBound { parts.append(lowerBound..<other.lowerBound) }
        if other.upperBound < upperBound { parts.append(other.upperBound..<upperBound) }
        return parts
    }
}
