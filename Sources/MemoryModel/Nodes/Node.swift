// SPDX-License-Identifier: Apache-2.0

/// A NUMA node that the firmware says is possible.
public struct Node: Sendable, Equatable, Codable {
    /// Its id.
    public let id: NodeID
    /// Whether the kernel has it, so that its directory exists.
    public internal(set) var isOnline = false
    /// Its zones, lowest first, as the architecture has them.
    public internal(set) var zones: [Zone]
    /// First page frame of the node's span; 0 when it spans nothing.
    public internal(set) var start: PageFrame = 0
    /// Pages from its first to its last, holes included.
    public internal(set) var spanned: UInt64 = 0
    /// The processors on it that are present, ascending.
    public internal(set) var cpus: [Int] = []
    /// Those of them that run, ascending; the kernel's masks of a node's processors know no others.
    public internal(set) var onlineCPUs: [Int] = []
    /// How often it has come online; tells a directory from its predecessor of the same name.
    public internal(set) var incarnation: UInt16 = 0

    /// - Parameter position: its place among the possible nodes.
    init(id: NodeID, position: Int, architecture: Architecture) {
        self.id = id
        let kinds = architecture.zones
        zones = kinds.enumerated().map { Zone(kind: $1, number: position * kinds.count + $0) }
    }

    /// The node's zone of a kind, or nil if the architecture has none such.
    public func zone(_ kind: ZoneKind) -> Zone? { zones.first { $0.kind == kind } }

    /// Present pages of all zones.
    public var present: UInt64 { zones.reduce(0) { $0 + $1.present } }
    /// Managed pages of all zones: MemTotal.
    public var managed: UInt64 { zones.reduce(0) { $0 + $1.managed } }
    /// Free pages of all zones.
    public var free: UInt64 { zones.reduce(0) { $0 + $1.free } }
    /// Whether it is in `has_memory`.
    public var hasMemory: Bool { zones.contains(where: \.isPopulated) }
    /// Whether it is in `has_normal_memory`.
    public var hasNormalMemory: Bool { zones.contains { $0.kind.isNormalOrBelow && $0.isPopulated } }
    /// Whether it is in `has_high_memory`, a file of machines with HighMem.
    public var hasHighMemory: Bool { zones.contains { $0.kind <= .highMem && $0.isPopulated } }

    /// Sets the node's span to the hull of its zones' (spec 7.5).
    mutating func spanZones() {
        let spans = zones.filter { $0.spanned > 0 }
        start = spans.map(\.start).min() ?? 0
        spanned = (spans.map(\.end).max() ?? 0) - start
    }

    /// Changes one zone in place.
    mutating func withZone(_ kind: ZoneKind, _ change: (inout Zone) -> Void) {
        guard let index = zones.firstIndex(where: { $0.kind == kind }) else {
            preconditionFailure("\(id) has no zone \(kind.name)")
        }
        change(&zones[index])
    }
}
