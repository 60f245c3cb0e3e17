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
        // Neighbours in the list mostly lie in one block: they are counted first, and looked up once.
        var (number, frames) = (-1, 0 as UInt64)
        func note() {
            if frames > 0 { counts[store.contents[number].block, default: 0] += frames }
        }
        forEachItem(of: owner) { item in
            let next = item.isBlock ? item.number : store.content(of: item.number)
            if next != number {
                note()
                (number, frames) = (next, 0)
            }
            frames += item.isBlock ? UInt64(layout.pagesPerBlock) : 1 << UInt64(store.records[item.number].order)
            return true
        }
        note()
        return counts.sorted { $0.key < $1.key }.map { BlockShare(block: $0.key, pages: $0.value) }
    }
}
