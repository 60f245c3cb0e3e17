// SPDX-License-Identifier: Apache-2.0

import OrderedCollections

/// What must hold of a machine that was read, as what it does relies on it without a look: whatever the bytes were, no
/// command may lead to an index that is not there or a count below 0.
extension Machine {
    /// Addresses, frames and counts are below this; sums of some of them do not overflow.
    private static let mostFrames: UInt64 = 1 << 53

    /// - Throws: what does not hold.
    func check() throws(DecodingError) {
        try checkGeometry()
        try checkNodes()
        try allocator.check(nodes: nodes.count)
        try checkBlocks()
        try checkZones()
        try checkDevices()
        try checkGroups()
        try checkProcessors()
        try checkOwners()
        try checkWork()
        try checkFirmware()
    }

    private func checkGeometry() throws(DecodingError) {
        let geometry = description.geometry
        try require(
            blockSize >= pageSize && blockSize.nonzeroBitCount == 1 && blockSize <= 1 << 40, "blocks of \(blockSize)")
        let layout = PageLayout(
            blockOrder: pagesPerBlock.trailingZeroBitCount, maxOrder: geometry.maxOrder,
            pageblockOrder: geometry.pageblockOrder)
        try layout.check()
        try require(allocator.layout == layout && allocator.store.layout == layout, "pages \(allocator.layout)")
        let containers = description.containers + knownContainers
        try require(containers.allSatisfy { 0...Self.mostProcessors ~= $0.cpus }, "processors of containers")
        try require(
            allocator.processors == Self.processorLimit(of: description)
                && allocator.zonesPerNode == description.architecture.zones.count, "processors and zones")
    }

    private func checkNodes() throws(DecodingError) {
        try require(!nodes.isEmpty && nodes.count <= 1 << 12, "\(nodes.count) nodes")
        let kinds = description.architecture.zones
        for (position, node) in nodes.enumerated() {
            try require(position == 0 || nodes[position - 1].id < node.id && node.id.rawValue >= 0, "\(node.id)")
            try require(node.zones.map(\.kind) == kinds, "zones of \(node.id)")
            for (place, zone) in node.zones.enumerated() {
                try require(zone.number == position * kinds.count + place, "number of a zone of \(node.id)")
                try require(
                    zone.start < Self.mostFrames && zone.spanned < Self.mostFrames && zone.present <= zone.spanned
                        && zone.managed <= zone.present && zone.free <= zone.managed
                        && zone.presentEarly <= zone.present, "pages of a zone of \(node.id)")
            }
            try require(node.start < Self.mostFrames && node.spanned < Self.mostFrames, "span of \(node.id)")
        }
    }

    private func checkPossible(_ ids: some Sequence<NodeID>) throws(DecodingError) {
        for id in ids where node(id) == nil { throw .damaged("\(id) is not possible") }
    }

    // MARK: Blocks

    private func checkBlocks() throws(DecodingError) {
        try require(blocks.count <= Self.mostBlocks, "\(blocks.count) blocks")
        var withPages = 0
        for block in blocks {
            try require(
                (UInt64(block.id.rawValue) + 1).multipliedReportingOverflow(by: blockSize).overflow == false,
                "address of \(block.id)")
            // Most are on one node only; there may be half a million.
            try require(node(block.node) != nil, "node of \(block.id)")
            if !block.otherNodes.isEmpty { try checkPossible(block.otherNodes) }
            try require(block.isOnline == (block.state != .offline), "state of \(block.id)")
            try require(
                UInt64(block.presentPages) <= pagesPerBlock && block.ownMapPages <= block.presentPages,
                "pages of \(block.id)")
            for zone in [block.zone, block.assignedZone] {
                try require(zone.map { self[block.node].zone($0) != nil } ?? true, "zone of \(block.id)")
            }
            try require(block.isOnline == (block.content != nil), "content of \(block.id)")
            if let number = block.content.map(Int.init) {
                withPages += 1
                try checkContent(number, of: block)
            }
            if let owner = block.memoryMapOwner.map(Int.init) {
                try require(
                    allocator.owners.indices.contains(owner) && allocator.owners[owner].mapOf == block.id,
                    "memory map of \(block.id)")
            }
        }
        try require(
            withPages == allocator.store.contents.count - allocator.store.vacantContents.count, "contents of blocks")
        let broken = blocks.reduce(0 as UInt64) { $0 + UInt64($1.poisoned) }
        try require(broken <= hardwareCorrupted && hardwareCorrupted < Self.mostFrames, "broken pages")
        try require(zip(poisonedPages, poisonedPages.dropFirst()).allSatisfy(<), "order of broken pages")
    }

    private func checkContent(_ number: Int, of block: MemoryBlock) throws(DecodingError) {
        try require(allocator.store.contents.indices.contains(number), "content of \(block.id)")
        let content = allocator.store.contents[number]
        try require(content.form != .vacant && content.block == block.id, "content of \(block.id)")
        guard let kind = block.zone, let zone = self[block.node].zone(kind) else {
            return try require(content.zone == BlockContent.mixedZone, "zones of \(block.id)")
        }
        try require(Int(content.zone) == zone.number, "zone of \(block.id)")
    }

    /// Zones have what their blocks have.
    private func checkZones() throws(DecodingError) {
        var present = [UInt64](repeating: 0, count: allocator.zones.count)
        for block in blocks {
            guard let kind = block.assignedZone ?? block.zone, let zone = self[block.node].zone(kind) else { continue }
            present[zone.number] += accountedPages(of: block)
        }
        try checkPossible(ram.map(\.node) + mixedExtents.map(\.node))
        for range in ram { try require(range.pages.upperBound < Self.mostFrames, "boot memory") }
        for extent in mixedExtents {
            guard let zone = self[extent.node].zone(extent.zone) else { throw .damaged("zone of boot memory") }
            for range in ram where range.node == extent.node {
                present[zone.number] += UInt64(range.pages.clamped(to: extent.pages).count)
            }
        }
        for node in nodes {
            for zone in node.zones {
                let pages = allocator.zones[zone.number]
                try require(
                    zone.present == present[zone.number] && zone.managed == pages.managed && zone.free == pages.free,
                    "pages of a zone of \(node.id)")
            }
        }
    }

    /// Pages of a block that its zone counts as present: not those of its own memory map while it goes offline.
    private func accountedPages(of block: MemoryBlock) -> UInt64 {
        guard block.isOnline else { return 0 }
        return UInt64(block.presentPages) - (block.state == .goingOffline ? UInt64(block.ownMapPages) : 0)
    }

    // MARK: Devices

    private func checkDevices() throws(DecodingError) {
        try require(devices.count <= 1 << 16, "\(devices.count) slots")
        for (slot, device) in devices.enumerated() {
            guard let module = device.module else { continue }
            try require(
                module.size > 0 && module.first <= .max - module.size && module.size < Self.mostFrames,
                "memory device in slot \(slot)")
            for id in module.blocks {
                try require(blocks[id]?.device == UInt16(slot), "\(id) of the device in slot \(slot)")
            }
        }
        for block in blocks {
            guard let slot = block.device.map(Int.init) else { continue }
            try require(
                devices.indices.contains(slot) && devices[slot].module?.blocks.contains(block.id) == true,
                "device of \(block.id)")
        }
        let ids = containers.map(\.id)
        try require(Set(ids).count == ids.count && ids.allSatisfy { $0.number >= 0 }, "containers")
        try checkPossible(containers.map(\.node))
        try require(zip(storage, storage.dropFirst()).allSatisfy { $0.id < $1.id }, "order of storage")
    }

    private func checkGroups() throws(DecodingError) {
        var online = [(kernel: UInt64, movable: UInt64)](repeating: (0, 0), count: groups.count)
        for block in blocks {
            guard let group = block.group.map(Int.init) else { continue }
            try require(groups.indices.contains(group), "group of \(block.id)")
            let pages = accountedPages(of: block)
            if block.zone == .movable { online[group].movable += pages } else { online[group].kernel += pages }
        }
        for (group, sum) in zip(groups, online) {
            try require(
                group.presentKernel == sum.kernel && group.presentMovable == sum.movable
                    && group.maxPages < Self.mostFrames, "pages of a group")
            try checkPossible(group.maxPages > 0 ? [group.node] : [])
        }
    }

    private func checkProcessors() throws(DecodingError) {
        try require(processors.count <= allocator.processors, "\(processors.count) processors")
        try require(processors.contains { $0?.isOnline == true }, "no processor runs")
        for case let processor? in processors {
            try checkPossible([processor.node])
            guard let container = processor.container else { continue }
            try require(containers.contains { $0.id == container }, "processor of \(container)")
        }
        for node in nodes {
            for cpu in node.cpus + node.onlineCPUs {
                try require(processor(cpu) != nil, "processor \(cpu) of \(node.id)")
            }
        }
    }

    // MARK: What is in use, and what waits

    /// Every owner is somebody's, or vacant, and no one's twice.
    private func checkOwners() throws(DecodingError) {
        let maps = blocks.compactMap { $0.memoryMapOwner.map(Int.init) }
        let all = workloads.values.map(\.owner) + allocator.pools.compactMap { $0 } + allocator.vacantOwners + maps
        // The first is nobody.
        try require(
            Set(all).count == all.count && all.allSatisfy { 1..<allocator.owners.count ~= $0 }, "owners of pages")
        for number in allocator.vacantOwners {
            try require(allocator.owners[number].pages.isEmpty, "pages of nobody's")
        }
        for (name, active) in workloads { try require(active.workload.name == name, "name of workload \(name)") }
    }

    private func checkWork() throws(DecodingError) {
        try require(lastTicket < 1 << 62, "tickets")
        let going = blocks.filter { $0.state == .goingOffline }.map(\.id)
        try require(late.allSatisfy { $0.due < 1 << 63 }, "answers that come late")
        guard let offlining = underway?.offlining else {
            return try require(underway == nil && going.isEmpty && waiting.isEmpty, "nobody takes \(going) offline")
        }
        try require(going == [offlining.block], "\(offlining.block) goes offline, and \(going)")
        try require(blocks[offlining.block]?.zone == offlining.zone, "zone of \(offlining.block)")
        try require(
            offlining.types.isEmpty || offlining.types.count == allocator.layout.pageblocksPerBlock,
            "pageblocks of \(offlining.block)")
        try require(offlining.began <= clock && clock < 1 << 63, "clock")
        guard case .eject(let ejection) = underway?.task else { return }
        try require(ejection.slots.allSatisfy { devices.indices.contains($0) }, "slots of an ejection")
    }

    // MARK: What the firmware says

    private func checkFirmware() throws(DecodingError) {
        let zones = allocator.zones.count
        let state = zonelistState
        try require(state.zones.isEmpty || state.zones.count == zones, "zonelists")
        try require(
            state.orders.isEmpty
                || state.orders.count == nodes.count
                    && state.orders.allSatisfy { Set($0).isSubset(of: Set(nodes.indices)) },
            "order of nodes")
        try require(affinity.possible == nodes.map(\.id) && !affinity.entries.isEmpty, "possible nodes")
        try checkPossible(affinity.entries.map(\.node))
        try require(affinity.entries.allSatisfy { $0.first <= $0.last }, "affinity")
        try checkPossible(affinity.physical.keys)
        try checkPossible(memoryFailures.keys)
        try checkPossible(planTarget.map { [$0] } ?? [])
        try require(distances.isWhole, "distances")
        for list in [memblock.memory, memblock.reserved] {
            try require(
                zip(list, list.dropFirst()).allSatisfy { $0.bytes.upperBound <= $1.bytes.lowerBound }, "memblock")
        }
        try require(memblock.pageSize == pageSize, "pages of memblock")
        try resources.check()
    }
}

extension ResourceTree {
    /// Whether ranges ascend and lie within those that they are in.
    func check() throws(DecodingError) { try Self.check(resources, within: 0, last) }

    private static func check(_ list: [Resource], within first: UInt64, _ last: UInt64) throws(DecodingError) {
        var next: UInt64? = first
        for resource in list {
            guard let lowest = next, lowest <= resource.first, resource.first <= resource.last, resource.last <= last
            else { throw .damaged("range of \(resource.name)") }
            next = resource.last == .max ? nil : resource.last + 1
            try check(resource.children, within: resource.first, resource.last)
        }
    }
}
