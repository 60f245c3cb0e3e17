// SPDX-License-Identifier: Apache-2.0

/// A memory block: the unit of onlining and offlining, one directory `memoryN`.
public struct MemoryBlock: Sendable, Equatable {
    /// The texts of the `state` file (spec 2).
    public enum State: String, Sendable, Codable {
        case online
        case offline
        case goingOffline = "going-offline"
    }

    /// Its id.
    public let id: BlockID
    /// What `state` reads.
    public internal(set) var state: State
    /// What `online` reads: the driver core's own flag, which follows ``state`` (spec 6.19).
    public internal(set) var isOnline: Bool
    /// Its node.
    public internal(set) var node: NodeID
    /// Other nodes whose boot pages it holds, if it spans several (spec 2, `node<n>`).
    public internal(set) var otherNodes: [NodeID] = []
    /// The single zone of an online block; nil if it is offline, or has pages of several zones.
    public internal(set) var zone: ZoneKind?
    /// The zone its memory is in whether it is online or not, on kernels where memory gets one when it is added
    /// (``ABIRules/ZoneChoice``); nil on others, and for pages of several zones.
    public internal(set) var assignedZone: ZoneKind?
    /// A type wanted by a write to `state` that came while the block was online; the next `1` to `online`
    /// uses it up (spec 3.1, quirk).
    public internal(set) var stickyType: OnlineType?
    /// Whether it was there at boot.
    public internal(set) var isBoot: Bool
    /// Pages that exist in it; fewer than the block's size where it has holes.
    public internal(set) var presentPages: UInt32
    /// Pages that broke in it and are counted in HardwareCorrupted.
    public internal(set) var poisoned: UInt32 = 0
    /// What its pages are: a content of the page allocator, while it is online.
    var content: Int32?
    /// Whether it is scheduled to go away, so that allocations steer clear of it.
    public internal(set) var isAvoided = false
    /// Who owns its memory map, among the page allocator's owners; nil for boot memory, whose map is reserved, and for
    /// a block that holds its own.
    var memoryMapOwner: Int32?
    /// Pages at its start that hold its own memory map (memmap_on_memory, spec 4).
    public internal(set) var ownMapPages: UInt32 = 0
    /// The memory device (slot) it is bound to, or nil.
    public internal(set) var device: UInt16?
    /// The memory group it was added with, an index of the machine's groups, or nil.
    public internal(set) var group: UInt16?
    /// Tells the block from an earlier one with the same id.
    public internal(set) var incarnation: UInt16

    /// Whether it shows the link `node<id>`.
    public func links(to node: NodeID) -> Bool { self.node == node || otherNodes.contains(node) }
    /// The nodes it links to, ascending.
    public var nodes: [NodeID] { ([node] + otherNodes).sorted() }
}
