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
        allocateOne(request).map { ($0.index, $0.zone) }
    }

    /// A chunk that was handed out.
    struct Taken {
        let index: Int
        let zone: Int
        /// The zone that was wanted first.
        let preferred: Int
        /// Whether a CPU's stock had it: the next is then taken like it, if the stock has more.
        let wasInStock: Bool
    }

    /// ``allocate(_:)``, with how it went.
    mutating func allocateOne(_ request: PageRequest) -> Taken? {
        guard let preferred = preferredZone(for: request) else { return nil }
        var step = avoidsFragments(preferred) ? AllocationStep.noFragment : .low
        while true {
            for place in zonelists[request.node].indices {
                let zone = zonelists[request.node][place]
                guard isAllowed(zone, request) else { continue }
                // Leaving the node to keep pageblocks whole is not worth it.
                if step == .noFragment, node(of: zone) != node(of: preferred) { break }
                guard room(zone, request, step) > 0 else { continue }
                guard let (index, wasInStock) = take(zone, request, step) else { continue }
                note(1 << UInt64(request.order), request, zone, preferred)
                return Taken(index: index, zone: zone, preferred: preferred, wasInStock: wasInStock)
            }
            guard let next = AllocationStep(rawValue: step.rawValue + 1) else { return nil }
            step = next
        }
    }

    /// The zone that the next single page comes from, if its stock or the type's own lists have one, and how many can be taken
    /// until that has to be asked again.
    func firstZoneWithRoom(_ request: PageRequest) -> (zone: Int, preferred: Int, room: UInt64)? {
        guard let preferred = preferredZone(for: request) else { return nil }
        for place in zonelists[request.node].indices {
            let zone = zonelists[request.node][place]
            guard isAllowed(zone, request) else { continue }
            let room = room(zone, request, .low)
            guard room > 0 else { continue }
            // Before another node is asked, this one's lower zones might break up pageblocks.
            let isSure = node(of: zone) == node(of: preferred) || !avoidsFragments(preferred)
            return isSure ? (zone, preferred, room) : nil
        }
        return nil
    }

    private func preferredZone(for request: PageRequest) -> Int? {
        zonelists[request.node].first { isAllowed($0, request) }
    }

    private enum AllocationStep: Int {
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

    /// By how many pages a zone stays above its mark; 0 where for more than one page it has no chunk that is large enough
    /// (__zone_watermark_ok).
    @inline(__always) private func room(_ zone: Int, _ request: PageRequest, _ step: AllocationStep) -> UInt64 {
        let mark = step == .minimum || step == .avoided ? zones[zone].min : zones[zone].low
        let needed = mark + zones[zone].protection[request.highestZone] + (1 << UInt64(request.order)) - 1
        guard zones[zone].free > needed else { return 0 }
        let room = zones[zone].free - needed
        guard request.order > 0, step != .avoided else { return room }
        for type in [MigrateType.unmovable, .movable, .reclaimable] {
            let first = list(zone, type, 0)
            for order in request.order...layout.maxOrder where !lists[first + order].isEmpty { return room }
        }
        return 0
    }

    @inline(__always) private mutating func take(
        _ zone: Int, _ request: PageRequest, _ step: AllocationStep
    ) -> (index: Int, wasInStock: Bool)? {
        if step == .avoided { return takeSmallest(zone, request.order, .avoided).map { ($0, false) } }
        let noFragment = step == .noFragment
        if usesPerCPU(zone, request.order) {
            return takePerCPU(zone, request.cpu, request.order, request.type, noFragment: noFragment)
                .map { ($0.index, $0.wasThere) }
        }
        return takeFromBuddy(zone, request.order, request.type, noFragment: noFragment).map { ($0, false) }
    }

    /// Takes a chunk from a zone's buddy lists, its own type's or another's.
    mutating func takeFromBuddy(_ zone: Int, _ order: Int, _ type: MigrateType, noFragment: Bool) -> Int? {
        if let index = takeSmallest(zone, order, type) { return index }
        guard steal(zone, order, type, noFragment: noFragment) else { return nil }
        return takeSmallest(zone, order, type)
    }

    /// Counts allocations by where they were wanted and where they went (zone_statistics): a chunk once, whatever its order.
    @inline(__always) mutating func note(_ pages: UInt64, _ request: PageRequest, _ zone: Int, _ preferred: Int) {
        events.allocated[place(of: zone)] += pages
        let chunks = pages >> UInt64(request.order)
        if node(of: zone) == node(of: preferred) {
            zones[zone].numa.hit += chunks
        } else {
            zones[zone].numa.miss += chunks
            zones[preferred].numa.foreign += chunks
        }
        if node(of: zone) == request.cpuNode {
            zones[zone].numa.local += chunks
        } else {
            zones[zone].numa.other += chunks
        }
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
