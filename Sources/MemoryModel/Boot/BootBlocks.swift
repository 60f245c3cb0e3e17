// SPDX-License-Identifier: Apache-2.0

/// The memory blocks that are there at boot (spec 2).
extension Machine {
    /// A block for every section with memory; each belongs to the one populated zone its first node has there,
    /// or to none.
    mutating func makeBootBlocks() {
        typealias Count = (id: UInt32, node: NodeID, others: [NodeID], present: UInt64)
        let assignsZones = rules.zoneChoice != .whenOnline
        func add(_ block: Count) {
            var made = bootBlock(BlockID(block.id), block.node, block.others, present: block.present)
            if assignsZones { made.assignedZone = made.zone }
            blocks.insert(made)
        }
        // A block is added when the next begins: more ranges may lie in it.
        var last: Count?
        for memory in ram {
            let first = memory.pages.lowerBound / pagesPerBlock
            let end = (memory.pages.upperBound - 1) / pagesPerBlock
            for number in first...end {
                let range = number * pagesPerBlock..<(number + 1) * pagesPerBlock
                let present = UInt64(memory.pages.clamped(to: range).count)
                if var seen = last, seen.id == UInt32(number) {
                    seen.present += present
                    if seen.node != memory.node, !seen.others.contains(memory.node) { seen.others.append(memory.node) }
                    last = seen
                } else {
                    if let last { add(last) }
                    last = (UInt32(number), memory.node, [], present)
                }
            }
        }
        if let last { add(last) }
        for block in blocks where block.zone == nil { noteMixedExtents(of: block) }
        mixedExtents.sort { $0.pages.lowerBound < $1.pages.lowerBound }
        pages.store.reserveContents(blocks.count)
        var position = blocks.startIndex
        while position != blocks.endIndex {
            blocks[position].content = Int32(makeContent(of: blocks[position]))
            position = blocks.index(after: position)
        }
    }

    /// Gives a boot block's pages to the allocator: the free ones to its lists, ascending (spec 11.1).
    private mutating func makeContent(of block: MemoryBlock) -> Int {
        let range = pages(of: block.id)
        let held = reserved(in: range)
        let zone = block.zone.flatMap { self[block.node].zone($0)?.number }
        if let zone, UInt64(block.presentPages) == pagesPerBlock {
            if held.isEmpty { return pages.addFree(block.id, zone: zone) }
            if held == [range] { return pages.addReserved(block.id, zone: zone) }
        }
        let extents = extents(of: block)
        func inBlock(_ pages: Range<PageFrame>) -> Range<Int> {
            Int(pages.lowerBound - range.lowerBound)..<Int(pages.upperBound - range.lowerBound)
        }
        var (free, parts): ([(pages: Range<Int>, zone: Int)], [PageStore.Part]) = ([], [])
        var memory: [Range<PageFrame>] = []
        for extent in extents {
            guard let number = self[extent.node].zone(extent.zone)?.number else { continue }
            let own = ram.filter { $0.node == extent.node && $0.pages.overlaps(extent.pages) }
                .map { $0.pages.clamped(to: extent.pages) }.filter { !$0.isEmpty }
            memory += own
            let left = held.reduce(own) { runs, taken in runs.flatMap { $0.without(taken) } }
            free += left.map { (inBlock($0), number) }
            // Not the whole extent: made-up nodes interleave, and a zone's span may hold another node's pages.
            parts += own.map { PageStore.Part(pages: inBlock($0), zone: number) }
        }
        free.sort { $0.pages.lowerBound < $1.pages.lowerBound }
        let kept = held.flatMap { taken in
            memory.filter { $0.overlaps(taken) }.map { inBlock($0.clamped(to: taken)) }
        }
        return pages.addPartly(
            block.id, zone: zone, free: free, reserved: kept.filter { !$0.isEmpty }, parts: zone == nil ? parts : [])
    }

    /// What is reserved of a range.
    ///
    /// - Complexity: O(log n), where that is little.
    private func reserved(in range: Range<PageFrame>) -> [Range<PageFrame>] {
        var (low, high) = (0, reserved.count)
        while low < high {
            let middle = (low + high) / 2
            if reserved[middle].upperBound <= range.lowerBound { low = middle + 1 } else { high = middle }
        }
        guard low < reserved.count, reserved[low].lowerBound < range.upperBound else { return [] }
        return reserved[low...].prefix { $0.lowerBound < range.upperBound }.map { $0.clamped(to: range) }
    }

    private func bootBlock(_ id: BlockID, _ node: NodeID, _ others: [NodeID], present: UInt64) -> MemoryBlock {
        let range = pages(of: id)
        var (only, count): (ZoneKind?, Int) = (nil, 0)
        let position = position(of: node)
        for index in nodes[position].zones.indices {
            let zone = nodes[position].zones[index]
            guard zone.isPopulated, zone.intersects(range) else { continue }
            (only, count) = (zone.kind, count + 1)
        }
        return MemoryBlock(
            id: id, state: .online, isOnline: true, node: node, otherNodes: others,
            zone: count == 1 && others.isEmpty ? only : nil, isBoot: true,
            presentPages: UInt32(present), incarnation: 0)
    }

    /// Remembers which pages of a block without a single zone are in which: spans shrink down to them.
    private mutating func noteMixedExtents(of block: MemoryBlock) {
        for node in nodes where block.links(to: node.id) {
            let mirrored =
                parameters.keepsMirrored ? ram.filter { $0.isMirrored && $0.node == node.id }.map(\.pages) : []
            // From the top: where spans overlap, Movable has what is not mirrored, and the kernel's zone the rest.
            var rest = [pages(of: block.id)]
            for zone in node.zones.reversed() where zone.isPopulated {
                var own = rest.map { $0.clamped(to: zone.start..<zone.end) }
                for other in mirrored where zone.kind == .movable { own = own.flatMap { $0.without(other) } }
                for part in own where !part.isEmpty {
                    mixedExtents.append(ZoneExtent(node: node.id, zone: zone.kind, pages: part))
                    rest = rest.flatMap { $0.without(part) }
                }
            }
        }
    }

    /// The remembered parts of a block.
    ///
    /// - Complexity: O(log n): where spans overlap, nearly every block has parts.
    func mixedExtents(of block: BlockID) -> ArraySlice<ZoneExtent> {
        let range = pages(of: block)
        var (low, high) = (0, mixedExtents.count)
        while low < high {
            let middle = (low + high) / 2
            if mixedExtents[middle].pages.upperBound <= range.lowerBound { low = middle + 1 } else { high = middle }
        }
        return mixedExtents[low...].prefix { $0.pages.lowerBound < range.upperBound }
    }

    /// The parts of an online block by zone: one, but for blocks at the border of zones or nodes.
    func extents(of block: MemoryBlock) -> [ZoneExtent] {
        let range = pages(of: block.id)
        if let zone = block.zone { return [ZoneExtent(node: block.node, zone: zone, pages: range)] }
        return Array(mixedExtents(of: block.id))
    }

    /// Blocks of memory that the firmware holds ready: there from boot, offline.
    mutating func makeStandbyBlocks() {
        guard !description.configuresStandby else { return makeStorage() }
        for range in description.memory where range.kind == .standby {
            let size = range.last - range.first + 1
            let node = node(ofStandbyAt: range.first)
            addToMemblock(first: range.first, size: size, node: node)
            self[node].isOnline = true
            for id in blockIDs(first: range.first, size: size) where blocks[id] == nil {
                // Where there is no memory left for its map, the firmware's memory stays unknown.
                guard let map = try? allocateMemoryMaps([id], node: node).first else { continue }
                let zone = assignZone(to: pages(of: id), on: node)
                blocks.insert(
                    MemoryBlock(
                        id: id, state: .offline, isOnline: false, node: node, assignedZone: zone, isBoot: false,
                        presentPages: UInt32(pagesPerBlock), memoryMapOwner: map, incarnation: 0))
            }
        }
    }

    /// Standby memory that was configured and brought online since boot.
    mutating func bringStandbyOnline() {
        // What the file says holds, whatever becomes of blocks that come later.
        let usual = autoOnline
        autoOnline = .offline
        defer { autoOnline = usual }
        for range in description.memory {
            guard range.kind == .standby, let type = range.online else { continue }
            for id in blockIDs(first: range.first, size: range.last - range.first + 1) {
                if description.configuresStandby, let refusal = apply(.configure(id, true)).refusal {
                    complaints.append("memory\(id.rawValue): \(refusal.reason); it and those above stay on standby")
                    break
                }
                guard type != .offline, blocks[id]?.isBoot == false, blocks[id]?.isOnline == false,
                    let refusal = apply(.setState(id, type)).refusal
                else { continue }
                complaints.append("memory\(id.rawValue): \(refusal.reason); it stays offline")
            }
        }
        changes = []
    }
}
