// SPDX-License-Identifier: Apache-2.0

/// What a pageblock is for, and which free lists its free chunks are in (spec 9.1), in the kernel's numbering.
public enum MigrateType: UInt8, CaseIterable, Sendable, Codable {
    case unmovable
    case movable
    case reclaimable
    case highAtomic
    case isolate
    /// The simulator's own: free pages of blocks that are scheduled to go away. Handed out when nothing else is left;
    /// to everyone who looks, they are free pages of their pageblock's type.
    case avoided
    /// The simulator's own: pages booked for removal (seed 000, PG_booked). Never handed out.
    case booked

    /// The types `/proc/pagetypeinfo` shows.
    public static let shown: [MigrateType] = [.unmovable, .movable, .reclaimable, .highAtomic, .isolate]

    /// The name in `/proc/pagetypeinfo`; the simulator's own types have none there.
    public var name: String {
        switch self {
        case .unmovable: "Unmovable"
        case .movable: "Movable"
        case .reclaimable: "Reclaimable"
        case .highAtomic: "HighAtomic"
        case .isolate: "Isolate"
        case .avoided: "Avoided"
        case .booked: "Booked"
        }
    }

    /// Whether pages in its lists count as free.
    var countsAsFree: Bool { self != .isolate && self != .booked }

    /// Whether chunks may merge across pageblocks of such types (spec 9.4).
    var merges: Bool { rawValue <= MigrateType.reclaimable.rawValue }

    /// Where to look when a type's own lists are empty, in order (spec 9.3).
    var fallbacks: [MigrateType] {
        switch self {
        case .unmovable: [.reclaimable, .movable]
        case .movable: [.reclaimable, .unmovable]
        case .reclaimable: [.unmovable, .movable]
        case .highAtomic, .isolate, .avoided, .booked: []
        }
    }
}
