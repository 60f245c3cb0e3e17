// SPDX-License-Identifier: Apache-2.0

/// The memory blocks, ascending by id.
///
/// Half a million of them stay compact, walking them in order is what most rules do, and one that comes or goes anywhere
/// costs little.
public struct BlockTable: Sendable, Equatable, BidirectionalCollection {
    private var blocks = SortedChunks<MemoryBlock>()

    init() {}

    /// Where a block is, until one comes or goes.
    public struct Index: Comparable, Sendable {
        fileprivate let place: SortedChunks<MemoryBlock>.Index

        /// In the order of the ids.
        public static func < (a: Index, b: Index) -> Bool { a.place < b.place }
    }

    /// Position of the first block.
    public var startIndex: Index { Index(place: blocks.startIndex) }
    /// Position after the last block.
    public var endIndex: Index { Index(place: blocks.endIndex) }
    /// How many there are.
    public var count: Int { blocks.count }
    /// The position that follows.
    public func index(after position: Index) -> Index { Index(place: blocks.index(after: position.place)) }
    /// The position before.
    public func index(before position: Index) -> Index { Index(place: blocks.index(before: position.place)) }

    /// The block at a position.
    public internal(set) subscript(position: Index) -> MemoryBlock {
        get { blocks[position.place] }
        _modify { yield &blocks[position.place] }
    }

    /// The block with an id, or nil.
    public subscript(id: BlockID) -> MemoryBlock? {
        position(of: id).map { self[$0] }
    }

    /// Where the block with an id is.
    ///
    /// - Complexity: O(log n).
    public func position(of id: BlockID) -> Index? {
        let position = lowerBound(of: id)
        return position != endIndex && self[position].id == id ? position : nil
    }

    /// The position of the first block whose id is not below `id`.
    public func lowerBound(of id: BlockID) -> Index { Index(place: blocks.lowerBound(of: id)) }

    /// Adds a block whose id is not there yet.
    mutating func insert(_ block: MemoryBlock) { blocks.insert(block) }

    /// Removes the blocks whose ids lie in a range.
    mutating func remove(_ ids: ClosedRange<BlockID>) {
        while case let first = lowerBound(of: ids.lowerBound), first != endIndex, self[first].id <= ids.upperBound {
            blocks.remove(at: first.place)
        }
    }
}

extension MemoryBlock: Sorted {
    var sortKey: BlockID { id }
}
