// SPDX-License-Identifier: Apache-2.0

/// What is asked of the allocator: the kernel's GFP flags, as far as they decide where pages come from (spec 9.5).
struct PageRequest: Sendable {
    /// 2^order pages in a row.
    var order = 0
    var type: MigrateType
    /// The place of the highest zone allowed, among a node's zones.
    var highestZone: Int
    /// The position of the node preferred.
    var node: Int
    /// The CPU that asks.
    var cpu: Int
    /// The position of its node.
    var cpuNode: Int
    /// Positions of the nodes allowed; nil for all.
    var allowed: [Bool]?
}

extension PageAllocator {
    /// Hands out a chunk: the first zone of the node's zonelist that can spare it, without fragmenting pageblocks if
    /// that is possible, then down to lower watermarks, then from blocks that are scheduled to go (get_page_from_freelist).
    ///
    /// - Returns: the index of its first record and its zone, or nil where there is none.
    mutating func allocate(_ request: PageRequest) -> (index: Int, zone: Int)? {
        let zonelist = zonelists[request.node]
        guard let preferred = zonelist.first(where: { isAllowed($0, request) }) else { return nil }
        for step in [AllocationStep.noFragment, .low, .minimum, .avoided] {
            if step == .noFragment, !avoidsFragments(preferred) { continue }
            for zone in zonelist where isAllowed(zone, request) {
                // Leaving the node to keep pageblocks whole is not worth it.
                if step == .noFragment, node(of: zone) != node(of: preferred) { break }
                guard hasRoom(zone, request, step) else { continue }
                guard let index = take(zone, request, step) else { continue }
                note(request, zone, preferred)
                return (index, zone)
            }
        }
        return nil
    }

    private enum AllocationStep {
        case noFragment, low, minimum, avoided
    }

    @inline(__always) private func isAllowed(_ zone: Int, _ request: PageRequest) -> Bool {
        place(of: zone) <= request.highestZone && request.allowed?[node(of: zone)] ?? true
    }

    /// Only where the preferred zone has a lower one to fall back to (alloc_flags_nofragment).
    private func avoidsFragments(_ preferred: Int) -> Bool {
        let place = place(of: preferred)
        guard place == zonesPerNode - 2, place > 0 else { return false }
        return zonelists.count == 1 || zones[preferred - 1].managed > 0
    }

    /// Whether a zone stays above its mark, and for more than one page has a chunk that is large enough
    /// (__zone_watermark_ok).
    @inline(__always) private func hasRoom(_ zone: Int, _ request: PageRequest, _ step: AllocationStep) -> Bool {
        let mark = step == .minimum || step == .avoided ? zones[zone].min : zones[zone].low
        let needed = mark + zones[zone].protection[request.highestZone] + (1 << UInt64(request.order)) - 1
        guard zones[zone].free > needed else { return false }
        guard request.order > 0, step != .avoided else { return true }
        for order in request.order...layout.maxOrder {
            for type in [MigrateType.unmovable, .movable, .reclaimable] where !lists[list(zone, type, order)].isEmpty {
                return true
            }
        }
        return false
    }

    @inline(__always) private mutating func take(
        _ zone: Int, _ request: PageRequest, _ step: AllocationStep
    ) -> Int? {
        if step == .avoided { return takeSmallest(zone, request.order, .avoided) }
        let noFragment = step == .noFragment
        if usesPerCPU(zone, request.order) {
            return takePerCPU(zone, request.cpu, request.order, request.type, noFragment: noFragment)
        }
        return takeFromBuddy(zone, request.order, request.type, noFragment: noFragment)
    }

    /// Takes a chunk from a zone's buddy lists, its own type's or another's.
    mutating func takeFromBuddy(_ zone: Int, _ order: Int, _ type: MigrateType, noFragment: Bool) -> Int? {
        if let index = takeSmallest(zone, order, type) { return index }
        guard steal(zone, order, type, noFragment: noFragment) else { return nil }
        return takeSmallest(zone, order, type)
    }

    /// Counts an allocation by where it was wanted and where it went (zone_statistics).
    @inline(__always) private mutating func note(_ request: PageRequest, _ zone: Int, _ preferred: Int) {
        events.allocated[place(of: zone)] += 1 << UInt64(request.order)
        if node(of: zone) == node(of: preferred) {
            zones[zone].numa.hit += 1
        } else {
            zones[zone].numa.miss += 1
            zones[preferred].numa.foreign += 1
        }
        if node(of: zone) == request.cpuNode { zones[zone].numa.local += 1 } else { zones[zone].numa.other += 1 }
    }

    /// Whether a whole block can be handed out as single pages, at once: where the next pages would come from it anyway.
    ///
    /// - Returns: the block's content.
    func wholeBlock(for request: PageRequest) -> Int? {
        guard request.order == 0, let zone = zonelists[request.node].first(where: { isAllowed($0, request) }) else {
            return nil
        }
        let needed = zones[zone].low + zones[zone].protection[request.highestZone] + UInt64(layout.pagesPerBlock)
        guard zones[zone].free > needed else { return nil }
        for order in 0..<layout.maxOrder where !lists[list(zone, request.type, order)].isEmpty { return nil }
        let head = lists[list(zone, request.type, layout.maxOrder)].head
        return head.isBlock ? head.number : nil
    }

    /// Counts a whole block that was handed out.
    mutating func noteWholeBlock(_ number: Int, _ request: PageRequest) {
        let zone = Int(store.contents[number].zone)
        let pages = UInt64(layout.pagesPerBlock)
        events.allocated[place(of: zone)] += pages
        zones[zone].numa.hit += pages
        if node(of: zone) == request.cpuNode {
            zones[zone].numa.local += pages
        } else {
            zones[zone].numa.other += pages
        }
    }
}
