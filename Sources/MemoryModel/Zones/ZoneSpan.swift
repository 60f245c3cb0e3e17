// SPDX-License-Identifier: Apache-2.0

/// Zone spans after memory has left (spec 7.5, shrink_zone_span).
extension Machine {
    /// Shrinks a zone's span where the range that left was at one of its ends; a hole in the middle stays
    /// within the span. The block of the range still counts as online here, and is passed over.
    mutating func shrinkZone(_ kind: ZoneKind, of node: NodeID, removing range: Range<PageFrame>) {
        guard let zone = self[node].zone(kind), zone.spanned > 0 else { return }
        var (start, end) = (zone.start, zone.end)
        if range.lowerBound == start {
            start = firstPage(of: kind, on: node, in: range.upperBound..<max(end, range.upperBound)) ?? end
        } else if range.upperBound == end {
            end = lastPage(of: kind, on: node, in: start..<max(range.lowerBound, start)).map { $0 + 1 } ?? start
        }
        self[node].withZone(kind) { zone in
            zone.start = start < end ? start : 0
            zone.spanned = end - start
        }
        self[node].spanZones()
    }

    /// The lowest online page of a zone in a range.
    private func firstPage(of kind: ZoneKind, on node: NodeID, in range: Range<PageFrame>) -> PageFrame? {
        let mixed = mixedExtents.lazy
            .filter { $0.node == node && $0.zone == kind && $0.pages.overlaps(range) }
            .map { max($0.pages.lowerBound, range.lowerBound) }.min()
        var position = blocks.lowerBound(of: block(ofPage: range.lowerBound))
        while position != blocks.endIndex {
            let block = blocks[position]
            let first = pages(of: block.id).lowerBound
            guard first < (mixed ?? range.upperBound) else { break }
            if block.zone == kind, block.node == node { return onlineUnits(of: block).lowerBound }
            position = blocks.index(after: position)
        }
        return mixed
    }

    /// The highest online page of a zone in a range.
    private func lastPage(of kind: ZoneKind, on node: NodeID, in range: Range<PageFrame>) -> PageFrame? {
        let mixed = mixedExtents.lazy
            .filter { $0.node == node && $0.zone == kind && $0.pages.overlaps(range) }
            .map { min($0.pages.upperBound, range.upperBound) - 1 }.max()
        var position = blocks.lowerBound(of: block(ofPage: range.upperBound))
        while position != blocks.startIndex {
            position = blocks.index(before: position)
            let block = blocks[position]
            let last = pages(of: block.id).upperBound - 1
            guard last > (mixed ?? range.lowerBound) else { break }
            if block.zone == kind, block.node == node { return onlineUnits(of: block).upperBound - 1 }
        }
        return mixed
    }

    /// The page frames of a block from its first to its last 2 MiB unit with memory; boot blocks may end in a hole.
    private func onlineUnits(of block: MemoryBlock) -> Range<PageFrame> {
        let range = pages(of: block.id)
        guard UInt64(block.presentPages) < pagesPerBlock else { return range }
        let memory = ram.filter { $0.pages.overlaps(range) }.map { $0.pages.clamped(to: range) }
        guard let first = memory.first?.lowerBound, let end = memory.last?.upperBound else { return range }
        let unit = max(1, (2 << 20) / pageSize)
        return first / unit * unit..<(end + unit - 1) / unit * unit
    }

    /// The block a page frame is in, whether it exists or not.
    func block(ofPage page: PageFrame) -> BlockID {
        BlockID(UInt32(truncatingIfNeeded: page / pagesPerBlock))
    }
}
