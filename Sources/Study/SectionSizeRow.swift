// SPDX-License-Identifier: Apache-2.0

/// What there is to say of a section size.
public struct SectionSizeRow: Sendable, Equatable {
    /// What sections of the size cost.
    public let cost: SectionCost
    /// What became of trying to remove them.
    public let removal: Removal

    /// Whether sections were tried.
    public enum Removal: Sendable, Equatable {
        /// They were.
        case tried(RemovalCount)
        /// Such a machine cannot be simulated; why.
        case notTried(String)
    }
}

/// How many sections could be taken offline at once, and what that took.
public struct RemovalCount: Sendable, Equatable {
    /// Sections that there are.
    public let sections: Int
    /// Sections that were tried.
    public internal(set) var tried = 0
    /// Those of them that went offline at once.
    public internal(set) var removed = 0
    /// Pages that moved with them, together.
    public internal(set) var pagesMoved: UInt64 = 0
    /// Pages that moved with the one with most of them.
    public internal(set) var mostPagesMoved: UInt64 = 0

    init(sections: Int) { self.sections = sections }

    /// The part of the tried sections that could be removed, or nil if none was tried.
    public var chance: Double? { tried == 0 ? nil : Double(removed) / Double(tried) }
    /// Pages that moved per section that was removed.
    public var meanPagesMoved: Double? { removed == 0 ? nil : Double(pagesMoved) / Double(removed) }
    /// Whether not all sections were tried.
    public var isSampled: Bool { tried < sections }
}
