// SPDX-License-Identifier: Apache-2.0

extension Machine {
    /// Gets pages of a node back by dropping page cache that is clean and not in use: what was not used lately first. There
    /// is no swap, so nothing else goes.
    ///
    /// - Throws: EAGAIN where that is fewer than wanted; what could be dropped is dropped then.
    mutating func reclaim(_ count: UInt64, from node: NodeID) throws(Refusal) {
        var left = count
        for flags in [[], PageFlags.active] where left > 0 {
            for block in blocks where block.links(to: node) && left > 0 {
                guard block.state == .online, let content = block.content else { continue }
                left -= pages.dropCache(of: Int(content), marked: flags, atMost: left, on: self.position(of: node))
            }
        }
        if left < count { changes.append(.settingChanged) }
        guard left == 0 else { throw Refusal(.tryAgain, "only \(count - left) of \(count) pages could be reclaimed") }
    }
}

extension PageAllocator {
    /// Drops pages of a block that hold clean file data, and have exactly some marks.
    ///
    /// - Returns: how many.
    mutating func dropCache(of number: Int, marked flags: PageFlags, atMost most: UInt64, on node: Int) -> UInt64 {
        let content = store.contents[number]
        switch content.form {
        case .free, .reserved, .vacant: return 0
        case .used:
            guard isCache(Int(content.owner)), content.flags == flags else { return 0 }
            tellApart(number)
        case .paged: break
        }
        var heads: [Int] = []
        var found: UInt64 = 0
        store.forEachPiece(of: number) { index, record in
            guard record.use == .used, record.flags == flags, isCache(Int(record.owner)),
                self.node(of: store.zone(of: index)) == node
            else { return true }
            heads.append(index)
            found += UInt64(record.frames)
            return found < most
        }
        for head in heads { drop(head, page: head) }
        return min(found, most)
    }

    private func isCache(_ owner: Int) -> Bool {
        owners[owner].kind.traits.canBeFreed && owners[owner].kind.traits.isOnLRU && !owners[owner].isStalled
    }
}
