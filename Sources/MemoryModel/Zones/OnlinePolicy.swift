// SPDX-License-Identifier: Apache-2.0

/// How a zone is chosen for a block that is brought online as plain `online` (spec 5, 14): the parameters of
/// `/sys/module/memory_hotplug/parameters`.
public struct OnlinePolicy: Hashable, Sendable, Codable {
    /// The texts of `online_policy`.
    public enum Kind: String, CaseIterable, Sendable, Codable {
        case contigZones = "contig-zones"
        case autoMovable = "auto-movable"
    }
    /// The policy in force.
    public internal(set) var kind: Kind = .contigZones
    /// Movable memory allowed, in percent of kernel memory; 0 allows none.
    public internal(set) var autoMovableRatio: UInt32 = 301
    /// Whether the ratio must hold on the node too.
    public internal(set) var autoMovableNumaAware = true
    /// The values of `memmap_on_memory`, as they are read.
    public enum MemmapOnMemory: String, Sendable, Codable {
        /// Memory maps live in memory that was there before.
        case no = "N"
        /// Blocks hold their own, where one fills whole pageblocks.
        case yes = "Y"
        /// Also where that wastes memory, because a map does not fill its pageblocks: newer kernels only.
        case force
    }
    /// Whether added memory may hold its own memory map; set at boot only.
    public internal(set) var memmapOnMemory = MemmapOnMemory.no
}
