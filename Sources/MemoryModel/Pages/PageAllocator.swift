// SPDX-License-Identifier: Apache-2.0

/// All page frames of a machine: free lists per zone, order and migrate type, per-CPU lists, and who owns the rest
/// (spec 9; seed 002).
///
/// It knows zones by number (node x zones per node + place among the node's zones) and no hotplug; what it needs of
/// the machine (watermarks, zonelists) is put into ``zones`` and ``zonelists`` whenever zones change.
struct PageAllocator: Sendable, Codable {
    /// As many frames as are told apart for one owner at once: a GiB of records. More is refused as if memory were out.
    static let mostToldApart: UInt64 = 1 << 26

    let layout: PageLayout
    let zonesPerNode: Int
    let processors: Int
    var store: PageStore
    /// Free lists, by zone, type and order.
    var lists: ContiguousArray<PageList>
    var zones: ContiguousArray<ZonePages>
    /// Zones by preference, per node: the own node's from the highest down, then other nodes' (spec 11.6).
    var zonelists: [[Int]] = []
    var owners: ContiguousArray<Owner> = [Owner(kind: .kernel)]
    var vacantOwners: [Int] = []
    /// Per-CPU lists, by zone and CPU; those nobody used yet are not there.
    var perCPU: ContiguousArray<PerCPULists> = []
    var perCPUIndex: ContiguousArray<Int32>
    /// The owners of the nodes' free huge pages, for nodes that ever had any.
    var pools: [Int?]
    /// Where pages went that were moved.
    var migrationCache = MigrationCache()
    var events = PageEvents()

    init(layout: PageLayout, nodes: Int, zonesPerNode: Int, processors: Int) {
        self.layout = layout
        self.zonesPerNode = zonesPerNode
        self.processors = processors
        store = PageStore(layout: layout)
        let zoneCount = nodes * zonesPerNode
        lists = ContiguousArray(
            repeating: PageList(), count: zoneCount * MigrateType.allCases.count * layout.orders)
        var zone = ZonePages()
        zone.protection = Array(repeating: 0, count: zonesPerNode)
        zones = ContiguousArray(repeating: zone, count: zoneCount)
        perCPUIndex = ContiguousArray(repeating: -1, count: zoneCount * processors)
        pools = Array(repeating: nil, count: nodes)
        events.allocated = Array(repeating: 0, count: zonesPerNode)
    }

    /// Where the free list of a zone, type and order is.
    @inline(__always) func list(_ zone: Int, _ type: MigrateType, _ order: Int) -> Int {
        (zone * MigrateType.allCases.count + Int(type.rawValue)) * layout.orders + order
    }

    /// Which of its node's zones a zone is, from the lowest.
    func place(of zone: Int) -> Int { zone % zonesPerNode }
    /// The position of a zone's node among the possible ones.
    func node(of zone: Int) -> Int { zone / zonesPerNode }

    /// Makes sure that no copy shares what is changed without a look.
    @inline(__always) mutating func unshare() { store.records.unshare() }

    // MARK: Owners

    /// A number for somebody who will own pages.
    mutating func addOwner(_ owner: Owner) -> Int {
        if let number = vacantOwners.popLast() {
            owners[number] = owner
            return number
        }
        owners.append(owner)
        return owners.count - 1
    }

    /// Gives an owner's number back; it owns nothing any more.
    mutating func removeOwner(_ number: Int) {
        precondition(owners[number].pages.isEmpty, "an owner went away with \(owners[number].pages.count) items")
        vacantOwners.append(number)
    }
}

/// Somebody who owns pages.
struct Owner: Sendable, Codable {
    /// What the pages are.
    var kind: PageKind
    /// What refusals call it.
    var name = ""
    /// Of file pages: whose private data they have.
    var fileSystem: FileSystem?
    /// Of memory maps: the block that is mapped.
    var mapOf: BlockID?
    /// Whether I/O on the pages is under way and does not end.
    var isStalled = false
    /// Its pages, in the order they were allocated; a huge page is one item.
    var pages = PageList()
    /// How many page frames that is.
    var frames: UInt64 = 0
    /// Frames that are pinned.
    var pinned: UInt64 = 0
}

/// What the allocator keeps of a zone.
struct ZonePages: Sendable {
    /// Pages in free lists that may be handed out.
    var free: UInt64 = 0
    /// Pages in per-CPU lists.
    var perCPU: UInt64 = 0
    /// Frames in use, by kind.
    var used = [UInt64](repeating: 0, count: PageKind.allCases.count)
    /// Those of them that are on active lists, by kind.
    var active = [UInt64](repeating: 0, count: PageKind.allCases.count)
    /// Those of them that are dirty.
    var dirty: UInt64 = 0
    /// Allocations by where they were wanted and went.
    var numa = NUMACounters()
    /// Frames in use as transparent huge pages, in one piece.
    var huge: UInt64 = 0
    /// Pins taken and given back since boot, in frames.
    var pins: (taken: UInt64, givenBack: UInt64) = (0, 0)

    // Put here by the machine when its zones change.
    /// Pages given to the allocator.
    var managed: UInt64 = 0
    var min: UInt64 = 0
    var low: UInt64 = 0
    var high: UInt64 = 0
    /// Pages kept from requests that could have used a higher zone, by that zone's place.
    var protection: [UInt64] = []
    /// Pages moved at a time between a per-CPU list and the buddy lists.
    var batch = 1
    /// Pages a CPU keeps at most.
    var highPerCPU = 4
    /// Whether per-CPU lists are off, while a block of the zone goes offline (spec 7.2).
    var perCPUOff = 0
}

/// The counters of `numastat`.
public struct NUMACounters: Sendable, Equatable, Codable {
    /// Allocated where it was wanted.
    public var hit: UInt64 = 0
    /// Allocated here although another node was wanted.
    public var miss: UInt64 = 0
    /// Wanted here, allocated elsewhere.
    public var foreign: UInt64 = 0
    /// Allocated for a CPU of this node.
    public var local: UInt64 = 0
    /// Allocated for a CPU of another node.
    public var other: UInt64 = 0
}

/// What happened to pages since boot: the counters of `/proc/vmstat` that the model moves.
public struct PageEvents: Sendable, Equatable, Codable {
    /// Pages handed out, by the zone's place in its node.
    public var allocated: [UInt64] = []
    /// Pages given back.
    public var freed: UInt64 = 0
    /// Pages that became active.
    public var activated: UInt64 = 0
    /// Pages that were moved.
    public var migrated: UInt64 = 0
    /// Attempts to move a page that failed.
    public var migrationFailed: UInt64 = 0
    /// Huge pages moved in one piece.
    public var hugeMigrated: UInt64 = 0
    /// Attempts to move a huge page that failed.
    public var hugeMigrationFailed: UInt64 = 0
    /// Huge pages that were split to be moved.
    public var hugeSplit: UInt64 = 0
    /// Transparent huge pages handed out.
    public var hugeFaults: UInt64 = 0
    /// Transparent huge pages wanted, for which there was no chunk.
    public var hugeFallbacks: UInt64 = 0
    /// Huge pages that went into a pool.
    public var poolAllocated: UInt64 = 0
    /// Huge pages wanted for a pool, for which there was no chunk.
    public var poolFailed: UInt64 = 0
    /// Pages locked.
    public var locked: UInt64 = 0
    /// Pages unlocked.
    public var unlocked: UInt64 = 0
    /// Pages dropped instead of moved.
    public var dropped: UInt64 = 0
}
