// SPDX-License-Identifier: Apache-2.0

/// Memory that the kernel took for itself at boot or may not use, and what for. Its pages never move.
///
/// Which section holds a node's own structures decides which section must be the last of the node to go (seed 004).
public struct BootReservation: Sendable, Equatable, Codable {
    /// What it is for.
    public enum Kind: Hashable, Sendable, Codable {
        /// Nothing: it is not in the kernel's direct map.
        case nomap
        /// The first MiB, for the firmware's sake.
        case low
        /// The kernel itself.
        case image
        /// The memory map of a node's boot memory: a descriptor for each page.
        case memmap(NodeID)
        /// What the kernel keeps of a node (pgdat).
        case nodeData(NodeID)

        /// The node whose structures it holds.
        public var node: NodeID? {
            switch self {
            case .nomap, .low, .image: nil
            case .memmap(let node), .nodeData(let node): node
            }
        }
    }

    /// The page frames; those of low memory may be holes.
    public let pages: Range<PageFrame>
    /// What they are for.
    public let kind: Kind
}
