// SPDX-License-Identifier: Apache-2.0

/// Where allocations look, in order, for each node (spec 11.6; build_zonelists).
extension Machine {
    /// Tells the page allocator what follows from the zones: watermarks, per-CPU limits and zonelists. Called whenever a
    /// zone's pages changed.
    mutating func refreshZones() {
        let populated = nodes.map(\.hasMemory)
        if populated != zonelistsBuiltFor.nodes || zonesPopulated != zonelistsBuiltFor.zones {
            zonelistsBuiltFor = (populated, zonesPopulated)
            let order = nodeOrders()
            pages.zonelists = order.map { nodes in
                nodes.flatMap { position in
                    self.nodes[position].zones.reversed().filter(\.isPopulated).map(\.number)
                }
            }
        }
        let reserve = minimumFreeKilobytes / (pageSize / 1024)
        let total = max(1, nodes.lazy.flatMap(\.zones).reduce(0) { $0 + $1.managed })
        for node in nodes {
            let processors = UInt64(max(1, node.onlineCPUs.count))
            for (zone, marks) in zip(node.zones, watermarks(of: node, reserve: reserve, total: total)) {
                let batch = batch(of: zone)
                pages.zones[zone.number].managed = zone.managed
                pages.zones[zone.number].min = marks.min
                pages.zones[zone.number].low = marks.low
                pages.zones[zone.number].high = marks.high
                pages.zones[zone.number].protection = marks.protection
                pages.zones[zone.number].batch = batch
                pages.zones[zone.number].highPerCPU = max(Int(clamping: marks.low / processors), batch << 2)
            }
        }
    }

    private var zonesPopulated: [Bool] { nodes.flatMap { $0.zones.map(\.isPopulated) } }

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
