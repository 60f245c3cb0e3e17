// SPDX-License-Identifier: Apache-2.0

/// What can be made to go wrong.
public enum FaultKind: String, CaseIterable, Sendable, Codable {
    /// A block's offlining is refused, as by a listener on the notifier chain.
    case offline
    /// A block's onlining is refused, in the same way.
    case online
    /// Hot-added memory finds no memory for its memory map.
    case memmap
    /// A page of a block that goes offline will not migrate, as if it were pinned.
    case stuck
    /// The pages of a block that goes offline take time to migrate.
    case slow
    /// A uevent is sent later.
    case delay
    /// A uevent is not sent at all.
    case lose
    /// A uevent is sent twice.
    case double
    /// A uevent is sent after the next one.
    case reorder
    /// A burst of others is sent before a uevent, so that listeners with small buffers lose some.
    case flood

    /// Whether it is about what is told, not about what is done.
    public var isOfUevents: Bool {
        switch self {
        case .offline, .online, .memmap, .stuck, .slow: false
        case .delay, .lose, .double, .reorder, .flood: true
        }
    }

    /// What can be said of it, beside its name, its kind and when it strikes.
    public var keys: [FaultKey] {
        let place: [FaultKey] = isOfUevents ? [.block, .subsystem, .action] : [.block, .node]
        return switch self {
        case .offline, .online: [.errno] + place
        case .memmap, .lose, .double: place
        case .stuck, .slow, .delay, .reorder: [.time] + place
        case .flood: [.uevents] + place
        }
    }
}

/// The words a fault is described with, in controls and machine files alike.
public enum FaultKey: String, CaseIterable, Sendable {
    case name, kind, errno, time, uevents, next, every, seed, block, node, subsystem, action
}

/// Why words describe no fault.
public struct FaultProblem: Error, Hashable, Sendable {
    /// The word that is wrong, or missing.
    public let key: FaultKey
    /// What is wrong with it.
    public let reason: String

    init(_ key: FaultKey, _ reason: String) { (self.key, self.reason) = (key, reason) }
}
