// SPDX-License-Identifier: Apache-2.0

/// What of something is in one block.
public struct BlockShare: Sendable, Hashable {
    /// The block.
    public let block: BlockID
    /// Page frames.
    public let pages: UInt64
}

extension PageAllocator {
    /// An owner's frames by block, ascending.
    func blocks(of owner: Int) -> [BlockShare] {
        var counts: [BlockID: UInt64] = [:]
        forEachItem(of: owner) { item in
            if item.isBlock {
                counts[store.contents[item.number].block, default: 0] += UInt64(layout.pagesPerBlock)
            } else {
                let block = store.contents[store.content(of: item.number)].block
                counts[block, default: 0] += 1 << UInt64(store.records[item.number].order)
            }
            return true
        }
        return counts.sorted { $0.key < $1.key }.map { BlockShare(block: $0.key, pages: $0.value) }
    }
}
