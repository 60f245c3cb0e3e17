// SPDX-License-Identifier: Apache-2.0

/// The kinds of zone, lowest first, as the kernel orders them.
public enum ZoneKind: Int, CaseIterable, Sendable, Comparable, Codable {
    case dma
    case dma32
    case normal
    case highMem
    case movable

    /// The name in `valid_zones` and in `/proc/zoneinfo`.
    public var name: String {
        switch self {
        case .dma: "DMA"
        case .dma32: "DMA32"
        case .normal: "Normal"
        case .highMem: "HighMem"
        case .movable: "Movable"
        }
    }

    /// Whether unmovable kernel memory may live here: every zone but Movable and HighMem's kin (spec, constants).
    public var isKernelZone: Bool { self != .movable }

    /// Whether the zone counts for `has_normal_memory`: up to Normal (spec 6.6).
    public var isNormalOrBelow: Bool { self <= .normal }

    /// Whether one lies below another.
    public static func < (a: ZoneKind, b: ZoneKind) -> Bool { a.rawValue < b.rawValue }
}
