// SPDX-License-Identifier: Apache-2.0

/// Which pages are free, and how the buddy allocator's lists hold them.
///
/// Nothing is kept per page: a block's free pages are its present pages less the reserved ones, less the broken
/// ones, less what workloads hold (the highest of what is left).
extension Machine {
    /// A run of free pages in one zone of one node.
    struct FreeRun: Equatable {
        let node: NodeID
        let zone: ZoneKind
        var pages: Range<PageFrame>
    }

    /// The free pages of a block, ascending, as runs that cross no zone boundary.
    func freeRuns(of block: MemoryBlock) -> [FreeRun] {
        var runs = cutPoisoned(managedRuns(of: block), in: pages(of: block.id))
        var held = UInt64(block.unmovablePages - block.brokenInUse)
        while held > 0, let last = runs.last {
            let count = UInt64(last.pages.count)
            if count > held {
                runs[runs.count - 1].pages = last.pages.lowerBound..<last.pages.upperBound - held
                break
            }
            held -= count
            runs.removeLast()
        }
        return runs
    }

    /// The pages of a block that were given to the buddy allocator.
    func managedRuns(of block: MemoryBlock) -> [FreeRun] {
        let range = pages(of: block.id)
        if let zone = block.zone, block.reservedPages == 0, UInt64(block.presentPages) == pagesPerBlock {
            return [FreeRun(node: block.node, zone: zone, pages: range)]
        }
        guard block.isOnline else { return [] }
        return extents(of: block).flatMap { extent in
            var free = ram.filter { $0.node == extent.node && $0.pages.overlaps(extent.pages) }
                .map { $0.pages.clamped(to: extent.pages) }
            for taken in reserved where taken.overlaps(range) { free = free.flatMap { $0.without(taken) } }
            return free.map { FreeRun(node: extent.node, zone: extent.zone, pages: $0) }
        }
    }

    /// The parts of an online block by zone: one, but for blocks at the border of zones or nodes.
    func extents(of block: MemoryBlock) -> [ZoneExtent] {
        let range = pages(of: block.id)
        if let zone = block.zone { return [ZoneExtent(node: block.node, zone: zone, pages: range)] }
        return Array(mixedExtents(of: block.id))
    }

    private func cutPoisoned(_ runs: [FreeRun], in range: Range<PageFrame>) -> [FreeRun] {
        let first = poisonedPages.binarySearch(range.lowerBound).position
        let broken = poisonedPages[first...].prefix { $0 < range.upperBound }
        guard !broken.isEmpty else { return runs }
        return runs.flatMap { run in
            broken.reduce(into: [run.pages]) { parts, page in
                parts = parts.flatMap { $0.without(page..<page + 1) }
            }.map { FreeRun(node: run.node, zone: run.zone, pages: $0) }
        }
    }

    /// Free chunks per order, from 0 to the architecture's highest, of every zone of a node: its buddy lists.
    ///
    /// - Complexity: O(blocks of the machine).
    public func freeChunks(of node: NodeID) -> [ZoneKind: [UInt64]] {
        let top = description.architecture.maxOrder
        var chunks: [ZoneKind: [UInt64]] = [:]
        for block in blocks where block.links(to: node) && block.isOnline {
            if let zone = block.zone, isPristine(block) {
                chunks[zone, default: Array(repeating: 0, count: top + 1)][top] += pagesPerBlock >> UInt64(top)
                continue
            }
            for run in freeRuns(of: block) where run.node == node {
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
