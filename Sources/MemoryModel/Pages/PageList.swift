// SPDX-License-Identifier: Apache-2.0

/// A doubly-linked list of chunks or pages; the links are in the records.
struct PageList: Sendable, Equatable, Codable {
    var head = Link.none
    var tail = Link.none
    /// Items; a whole block counts as the chunks, or pages, it stands for.
    var count: UInt64 = 0

    var isEmpty: Bool { head == .none }
}

/// How pages are numbered: shifts, because every size is a power of two.
struct PageLayout: Sendable, Equatable, Codable {
    /// Pages of a block, as a power of two.
    let blockOrder: Int
    /// The highest order of a chunk.
    let maxOrder: Int
    /// The order of a pageblock.
    let pageblockOrder: Int

    var pagesPerBlock: Int { 1 << blockOrder }
    var chunksPerBlock: Int { 1 << (blockOrder - maxOrder) }
    var pageblocksPerBlock: Int { 1 << (blockOrder - pageblockOrder) }
    var pageblockPages: Int { 1 << pageblockOrder }
    /// How many orders of chunks there are.
    var orders: Int { maxOrder + 1 }
}
