// SPDX-License-Identifier: Apache-2.0

/// One zone of one node. Counts are pages; an empty zone is all zeros.
public struct Zone: Sendable, Equatable, Codable {
    /// Which zone.
    public let kind: ZoneKind
    /// First page frame of the span; 0 when empty.
    public internal(set) var start: PageFrame = 0
    /// Pages from the first to the last, holes included.
    public internal(set) var spanned: UInt64 = 0
    /// Pages that exist and are online.
    public internal(set) var present: UInt64 = 0
    /// Those of the present pages that were there at boot (spec 5.5).
    public internal(set) var presentEarly: UInt64 = 0
    /// Pages given to the buddy allocator: present less reserved.
    public internal(set) var managed: UInt64 = 0
    /// Pages of the managed ones that can be handed out, as of the last command; per-CPU lists do not count.
    public internal(set) var free: UInt64 = 0
    /// Its number among all zones of the machine: the page allocator's name for it.
    let number: Int

    init(kind: ZoneKind, number: Int) { (self.kind, self.number) = (kind, number) }

    /// The page frame above the span.
    public var end: PageFrame { start + spanned }

    /// Whether it has pages; only such zones are in zonelists and in `/proc/buddyinfo`.
    public var isPopulated: Bool { present > 0 }

    /// Whether the span has a page in common with a range; an empty zone never has (spec 5.2).
    public func intersects(_ range: Range<PageFrame>) -> Bool {
        spanned > 0 && range.lowerBound < end && start < range.upperBound
    }

    /// Widens the span to cover a range (spec 6.5).
    mutating func widen(to range: Range<PageFrame>) {
        guard spanned > 0 else {
            start = range.lowerBound
            spanned = range.upperBound - range.lowerBound
            return
        }
        let top = max(end, range.upperBound)
        start = min(start, range.lowerBound)
        spanned = top - start
    }
}
