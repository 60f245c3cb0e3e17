// SPDX-License-Identifier: Apache-2.0

/// Memory to be allocated under a name.
public struct Workload: Sendable, Hashable, Codable {
    /// The name it is freed by.
    public let name: String
    /// What the pages are.
    public let kind: PageKind
    /// How many page frames.
    public let pages: UInt64
    /// 2^order pages in a row each; huge kinds have their own.
    public let order: Int
    /// The node preferred, or nil for that of the CPU.
    public let node: NodeID?
    /// The block they must be in, or nil for wherever the allocator takes them from.
    public let block: BlockID?
    /// The CPU that asks.
    public let cpu: Int
    /// Of file pages: the file system that keeps private data with them; ext4 where none is said.
    public let fileSystem: FileSystem?

    /// Makes a workload.
    public init(
        name: String, kind: PageKind, block: BlockID? = nil, node: NodeID? = nil, pages: UInt64, order: Int = 0,
        cpu: Int = 0, fileSystem: FileSystem? = nil
    ) {
        (self.name, self.kind, self.block, self.node, self.pages) = (name, kind, block, node, pages)
        (self.order, self.cpu, self.fileSystem) = (order, cpu, fileSystem ?? (kind == .file ? .ext4 : nil))
    }
}

/// A workload that holds memory.
struct ActiveWorkload: Sendable, Codable {
    let workload: Workload
    /// Its number among the page allocator's owners.
    let owner: Int
}

/// What a workload holds now.
public struct WorkloadUse: Sendable, Equatable {
    /// What was asked for.
    public let workload: Workload
    /// Page frames it has.
    public let pages: UInt64
    /// Those of them that are pinned.
    public let pinned: UInt64
    /// Whether I/O on them does not end.
    public let isStalled: Bool
    /// Page frames by block, ascending.
    public let blocks: [BlockShare]
}

/// Work that allocates and frees at random, the same for the same seed.
public struct BackgroundLoad: Sendable, Hashable, Codable {
    /// What the names of its workloads begin with.
    public let name: String
    /// Where the random numbers begin.
    public let seed: UInt64
    /// Pages it holds at most.
    public let pages: UInt64
    /// How often it allocates or frees; one of ``possibleSteps``.
    public let steps: Int
    /// The node preferred, or nil for any.
    public let node: NodeID?

    /// How often a load may allocate or free.
    public static let possibleSteps = 1...1_000_000

    /// Makes a load.
    public init(name: String, seed: UInt64, pages: UInt64, steps: Int, node: NodeID? = nil) {
        (self.name, self.seed, self.pages, self.steps, self.node) = (name, seed, pages, steps, node)
    }
}
