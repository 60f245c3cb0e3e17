// SPDX-License-Identifier: Apache-2.0

/// Where allocations look, in order, for each node (spec 11.6; build_zonelists).
extension Machine {
    /// Tells the page allocator what follows from the zones: watermarks, per-CPU limits and zonelists. Called whenever a
    /// zone's pages changed.
    mutating func refreshZones() {
        if notesPopulated() { buildZonelists() }
        let reserve = minimumFreeKilobytes / (pageSize / 1024)
        let total = max(1, managedPages)
        for node in nodes.indices {
            let processors = UInt64(max(1, nodes[node].onlineCPUs.count))
            for index in nodes[node].zones.indices {
                let zone = nodes[node].zones[index]
                let marks = marks(of: zone, reserve: reserve, total: total)
                let batch = batch(of: zone)
                allocator.zones[zone.number].managed = zone.managed
                (allocator.zones[zone.number].min, allocator.zones[zone.number].low) = (marks.min, marks.low)
                allocator.zones[zone.number].high = marks.high
                allocator.zones[zone.number].batch = batch
                allocator.zones[zone.number].highPerCPU = max(Int(clamping: marks.low / processors), batch << 2)
                forEachProtection(of: index, in: nodes[node].zones) {
                    allocator.zones[zone.number].protection[$0] = $1
                }
            }
        }
    }

    /// Notes which zones have pages.
    ///
    /// - Returns: whether these are others than before.
    private mutating func notesPopulated() -> Bool {
        var isNew = zonelistState.zones.isEmpty
        if isNew { zonelistState.zones = Array(repeating: false, count: allocator.zones.count) }
        for node in nodes.indices {
            for zone in nodes[node].zones.indices {
                let (number, isPopulated) = (nodes[node].zones[zone].number, nodes[node].zones[zone].isPopulated)
                guard zonelistState.zones[number] != isPopulated else { continue }
                zonelistState.zones[number] = isPopulated
                isNew = true
            }
        }
        return isNew
    }

    private mutating func buildZonelists() {
        let facts = nodes.map { ZonelistState.NodeFacts(hasMemory: $0.hasMemory, runs: !$0.onlineCPUs.isEmpty) }
        if facts != zonelistState.nodes || zonelistState.orders.isEmpty {
            (zonelistState.nodes, zonelistState.orders) = (facts, nodeOrders())
        }
        let count = zonelistState.zones.reduce(0) { $0 + ($1 ? 1 : 0) }
        allocator.zonelists = zonelistState.orders.map { order in
            var list: [Int] = []
            list.reserveCapacity(count)
            for position in order {
                for number in (position * allocator.zonesPerNode..<(position + 1) * allocator.zonesPerNode).reversed()
                where zonelistState.zones[number] {
                    list.append(number)
                }
            }
            return list
        }
    }

    /// The nodes in the order each prefers them, by position (find_next_best_node): itself, then the nearest with memory
    /// that is not yet in the list; processors and lower ids count against a node, and so does having been chosen
    /// before at a new distance.
    private func nodeOrders() -> [[Int]] {
        var load = [Int](repeating: 0, count: nodes.count)
        return nodes.indices.map { own in
            var order = [own]
            var previous = own
            while let next = nextBest(after: own, chosen: order, load) {
                if distance(from: nodes[own].id, to: nodes[next].id)
                    != distance(from: nodes[own].id, to: nodes[previous].id)
                {
                    load[next] += 1
                }
                order.append(next)
                previous = next
            }
            return order
        }
    }

    private func nextBest(after own: Int, chosen: [Int], _ load: [Int]) -> Int? {
        var best: (position: Int, value: Int)?
        for position in nodes.indices where nodes[position].hasMemory && !chosen.contains(position) {
            var value = distance(from: nodes[own].id, to: nodes[position].id)
            if nodes[position].id < nodes[own].id { value += 1 }
            if !nodes[position].onlineCPUs.isEmpty { value += 1 }
            value = value * 1024 + load[position]
            if value < best?.value ?? .max { best = (position, value) }
        }
        return best?.position
    }

    /// Pages moved at a time between a processor's list and the zone (zone_batchsize).
    private func batch(of zone: Zone) -> Int {
        let wanted = max(1, min(zone.managed / 1024, (1 << 20) / pageSize) / 4)
        let scaled = wanted + wanted / 2
        return Int((1 << UInt64(63 - scaled.leadingZeroBitCount)) - 1 | (scaled < 2 ? 1 : 0))
    }

    /// A node's zonelist, as nodes and zones.
    public func zonelist(of node: NodeID) -> [(node: NodeID, zone: ZoneKind)] {
        pages.zonelists[position(of: node)].map { number in
            let node = nodes[pages.node(of: number)]
            return (node.id, node.zones[pages.place(of: number)].kind)
        }
    }
}

/// What zonelists follow from, and the part of them that is much work and seldom changes.
struct ZonelistState: Sendable, Codable {
    /// What counts about a node when others choose it.
    struct NodeFacts: Sendable, Equatable, Codable {
        let hasMemory: Bool
        let runs: Bool
    }

    /// Which zones have pages, by number.
    var zones: [Bool] = []
    var nodes: [NodeFacts] = []
    /// The nodes in the order each prefers them, as these facts have it.
    var orders: [[Int]] = []
}
