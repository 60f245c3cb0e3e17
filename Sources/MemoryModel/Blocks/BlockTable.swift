// SPDX-License-Identifier: Apache-2.0

/// The memory blocks, ascending by id.
///
/// A sorted array: half a million blocks stay compact, walking them in order is what most rules do, and blocks
/// are usually added at the end.
public struct BlockTable: Sendable, Equatable, RandomAccessCollection {
    private var blocks: [MemoryBlock] = []

    init() {}

    /// Position of the first block.
    public var startIndex: Int { 0 }
    /// Position after the last block.
    public var endIndex: Int { blocks.count }
    /// The block at a position.
    public internal(set) subscript(position: Int) -> MemoryBlock {
        get { blocks[position] }
        _modify { yield &blocks[position] }
    }

    /// The block with an id, or nil.
    public subscript(id: BlockID) -> MemoryBlock? {
        position(of: id).map { blocks[$0] }
    }

    /// Where the block with an id is.
    ///
    /// - Complexity: O(log n); O(1) where ids have no gaps.
    public func position(of id: BlockID) -> Int? {
        let position = lowerBound(of: id)
        return position < blocks.count && blocks[position].id == id ? position : nil
    }

    /// The position of the first block whose id is not below `id`.
    public func lowerBound(of id: BlockID) -> Int {
        if let first = blocks.first, let last = blocks.last {
            if id <= first.id { return 0 }
            if id > last.id { return blocks.count }
            let guess = Int(id.rawValue - first.id.rawValue)
            if guess < blocks.count, blocks[guess].id == id { return guess }
        }
        var (low, high) = (0, blocks.count)
        while low < high {
            let middle = (low + high) / 2
            if blocks[middle].id < id { low = middle + 1 } else { high = middle }
        }
        return low
    }

    mutating func reserve(_ count: Int) { blocks.reserveCapacity(count) }

    /// Adds a block whose id is not there yet.
    mutating func insert(_ block: MemoryBlock) {
        blocks.insert(block, at: lowerBound(of: block.id))
    }

    /// Removes the blocks whose ids lie in a range.
    ///
    /// - Complexity: O(n), however many they are.
    mutating func remove(_ ids: ClosedRange<BlockID>) {
        let end = lowerBound(of: ids.upperBound)
        let last = end < blocks.count && blocks[end].id == ids.upperBound ? end + 1 : end
        blocks.removeSubrange(lowerBound(of: ids.lowerBound)..<last)
    }
}
