// SPDX-License-Identifier: Apache-2.0

/// Hot-add: memory appears (spec 4, add_memory_resource).
extension Machine {
    /// `echo ADDRESS > probe`: adds one block (spec 3.4).
    mutating func probe(_ address: UInt64) throws(Refusal) {
        guard address.isMultiple(of: blockSize) else {
            throw Refusal(.invalid, "address is not a multiple of the block size")
        }
        try addMemory(first: address, size: blockSize, node: affinity.node(ofAddress: address), group: nil)
    }

    /// Adds blocks for a range and, where it is new, their node.
    ///
    /// - Parameters:
    ///   - first: first byte.
    ///   - size: bytes.
    ///   - group: index of the memory group the blocks belong to.
    ///   - ownMap: whether the blocks may hold their own memory map, if the kernel was started that way.
    /// - Throws: E2BIG, EEXIST, EINVAL or ENOMEM, with nothing changed.
    mutating func addMemory(
        first: UInt64, size: UInt64, node: NodeID, group: UInt16?, ownMap: Bool = false
    ) throws(Refusal) {
        precondition(size > 0, "an empty range cannot be added")
        let (end, wraps) = first.addingReportingOverflow(size - 1)
        guard !wraps, end <= highestMappableAddress else {
            throw Refusal(.tooBig, "range is outside of the mappable addresses")
        }
        try resources.claim(first: first, last: end, name: "System RAM")
        guard first.isMultiple(of: blockSize), size.isMultiple(of: blockSize), self.node(node) != nil else {
            resources.release(first: first, last: end)
            throw Refusal(.invalid, "range is not whole blocks, or its node is not possible")
        }
        let ids = blockIDs(first: first, size: size)
        guard !ids.contains(where: { blocks[$0] != nil }) else {
            resources.release(first: first, last: end)
            throw Refusal(.exists, "block is there already")
        }
        let ownMapPages = ownMap ? ownMemoryMapPages(size: size) : 0
        var owners: [Int32?] = Array(repeating: nil, count: ids.count)
        if ownMapPages == 0 {
            do throws(Refusal) {
                if strike(.memmap, ids[0]...ids[ids.count - 1], on: node) != nil {
                    throw Refusal(.noMemory, "no memory for the memory map of \(ids[0])")
                }
                owners = try allocateMemoryMaps(ids, node: node)
            } catch {
                resources.release(first: first, last: end)
                throw error
            }
        }
        let zone = assignZone(to: first / pageSize..<first / pageSize + size / pageSize, on: node)
        for (id, owner) in zip(ids, owners) {
            insertBlock(id, node: node, zone, group: group, mapOwner: owner, ownMapPages: ownMapPages)
        }
        addToMemblock(first: first, size: size, node: node)
        bringOnline(node)
        firmwareMap.add(first: first, last: end, name: "System RAM")
        if rules.bringsAddedOnline, autoOnline != .offline { onlineAutomatically(ids) }
    }

    private var highestMappableAddress: UInt64 {
        description.architecture.highestMappableAddress(pagingLevels: description.pagingLevels)
    }

    /// The ids of the blocks a range consists of.
    func blockIDs(first: UInt64, size: UInt64) -> [BlockID] {
        let last = (first + (size - 1)) / blockSize
        return (first / blockSize...last).map { BlockID(UInt32(truncatingIfNeeded: $0)) }
    }

    private mutating func insertBlock(
        _ id: BlockID, node: NodeID, _ assignedZone: ZoneKind?, group: UInt16?, mapOwner: Int32?, ownMapPages: UInt32
    ) {
        // 0 is for blocks of boot; a descriptor would have to stay open over 65,535 removals to meet its own again.
        let previous = incarnations.removeValue(forKey: id) ?? 0
        let incarnation = previous == .max ? 1 : previous + 1
        blocks.insert(
            MemoryBlock(
                id: id, state: .offline, isOnline: false, node: node, assignedZone: assignedZone, isBoot: false,
                presentPages: UInt32(pagesPerBlock), memoryMapOwner: mapOwner, ownMapPages: ownMapPages, group: group,
                incarnation: incarnation))
        changes.append(.blockAdded(id))
    }

    /// Brings added blocks online, in order. The first refusal ends it; the add has succeeded all the same
    /// (spec 4.16).
    private mutating func onlineAutomatically(_ ids: [BlockID]) {
        for id in ids {
            guard let position = blocks.position(of: id) else { continue }
            blocks[position].stickyType = autoOnline
            do throws(Refusal) {
                try deviceOnline(position)
            } catch {
                changes.append(.refused(error))
                return
            }
        }
    }
}
