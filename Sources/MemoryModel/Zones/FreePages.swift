// SPDX-License-Identifier: Apache-2.0

/// Which pages are free, and how the buddy allocator's lists hold them.
///
/// Nothing is kept per page: a block's free pages are its present pages less the reserved ones, less what
/// workloads hold (the highest ones), less the broken ones.
extension Machine {
    /// A run of free pages in one zone.
    struct FreeRun: Equatable {
        var zone: ZoneKind
        var pages: Range<PageFrame>
    }

    /// The free pages of a block, ascending, as runs that cross no zone boundary.
    func freeRuns(of block: MemoryBlock) -> [FreeRun] {
        var runs = managedRuns(of: block)
        var held = UInt64(block.unmovablePages)
        while held > 0, let last = runs.last {
            let count = UInt64(last.pages.count)
            if count > held {
                runs[runs.count - 1].pages = last.pages.lowerBound..<last.pages.upperBound - held
                break
            }
            held -= count
            runs.removeLast()
        }
        return cutPoisoned(runs, in: pages(of: block.id))
    }

    /// The pages of a block that were given to the buddy allocator.
    private func managedRuns(of block: MemoryBlock) -> [FreeRun] {
        let range = pages(of: block.id)
        if let zone = block.zone, block.reservedPages == 0, UInt64(block.presentPages) == pagesPerBlock {
            return [FreeRun(zone: zone, pages: range)]
        }
        guard block.isOnline else { return [] }
        var free = ram.map { $0.pages.clamped(to: range) }.filter { !$0.isEmpty }
        for taken in reserved where taken.overlaps(range) { free = free.flatMap { $0.without(taken) } }
        if let zone = block.zone { return free.map { FreeRun(zone: zone, pages: $0) } }
        return mixedExtents.filter { $0.pages.overlaps(range) }.flatMap { extent in
            free.map { FreeRun(zone: extent.zone, pages: $0.clamped(to: extent.pages)) }.filter { !$0.pages.isEmpty }
        }
    }

    private func cutPoisoned(_ runs: [FreeRun], in range: Range<PageFrame>) -> [FreeRun] {
        let first = poisonedPages.binarySearch(range.lowerBound).position
        let broken = poisonedPages[first...].prefix { $0 < range.upperBound }
        guard !broken.isEmpty else { return runs }
        return runs.flatMap { run in
            broken.reduce(into: [run.pages]) { parts, page in
                parts = parts.flatMap { $0.without(page..<page + 1) }
            }.map { FreeRun(zone: run.zone, pages: $0) }
        }
    }

    /// The zone a page of a block is in, or nil for a page that has none.
    func zone(ofPage page: PageFrame, in block: MemoryBlock) -> ZoneKind? {
        block.zone ?? mixedExtents.first { $0.node == block.node && $0.pages.contains(page) }?.zone
    }

    /// Free chunks per order, from 0 to the architecture's highest, of every zone of a node: its buddy lists.
    ///
    /// - Complexity: O(blocks of the machine).
    public func freeChunks(of node: NodeID) -> [ZoneKind: [UInt64]] {
        let top = description.architecture.maxOrder
        var chunks: [ZoneKind: [UInt64]] = [:]
        for block in blocks where block.node == node && block.isOnline {
            if let zone = block.zone, isPristine(block) {
                chunks[zone, default: Array(repeating: 0, count: top + 1)][top] += pagesPerBlock >> UInt64(top)
                continue
            }
            for run in freeRuns(of: block) {
                run.pages.addChunks(to: &chunks[run.zone, default: Array(repeating: 0, count: top + 1)])
            }
        }
        return chunks
    }

    /// Whether every page of a block is present and free.
    private func isPristine(_ block: MemoryBlock) -> Bool {
        block.reservedPages == 0 && block.unmovablePages == 0 && UInt64(block.presentPages) == pagesPerBlock
            && poisonedPages.isEmpty
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

    /// Splits the range into the largest aligned chunks, and counts them by order.
    func addChunks(to counts: inout [UInt64]) {
        var page = lowerBound
        while page < upperBound {
            var order = page == 0 ? counts.count - 1 : Swift.min(counts.count - 1, page.trailingZeroBitCount)
            while page + (1 << UInt64(order)) > upperBound { order -= 1 }
            counts[order] += 1
            page += 1 << UInt64(order)
        }
    }
}
