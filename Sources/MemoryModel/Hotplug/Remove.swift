// SPDX-License-Identifier: Apache-2.0

/// Hot-remove: offline memory disappears, and a node that lost everything with it (spec 8).
extension Machine {
    /// The incarnation that a block had which is no longer there; 0 for one that never was.
    public func incarnation(ofRemoved block: BlockID) -> UInt16 { incarnations[block] ?? 0 }

    /// Removes the blocks of a range, and the node of the last of them if that leaves it empty.
    ///
    /// - Throws: EBUSY while one of them is not offline; nothing is removed then.
    mutating func removeMemory(first: UInt64, size: UInt64) throws(Refusal) {
        let ids = blockIDs(first: first, size: size)
        if let online = ids.first(where: { blocks[$0].map { $0.state != .offline } ?? false }) {
            throw Refusal(.busy, "\(online) is not offline")
        }
        let node = ids.last { blocks[$0] != nil }.flatMap { blocks[$0]?.node }
        firmwareMap.remove(first: first, last: first + (size - 1))
        for id in ids {
            guard let block = blocks[id] else { continue }
            incarnations[id] = block.incarnation
            // With its descriptors their marks go, and what counts them (clear_hwpoisoned_pages).
            hardwareCorrupted -= UInt64(block.poisoned)
            freeMemoryMap(of: block)
            runtimePowerForbidden.remove(.block(id))
            changes.append(.blockRemoved(id))
        }
        if let first = ids.first, let last = ids.last { blocks.remove(first...last) }
        resources.release(first: first, last: first + (size - 1))
        removeFromMemblock(first: first, size: size)
        if let node { removeNodeIfEmpty(node) }
    }
}
