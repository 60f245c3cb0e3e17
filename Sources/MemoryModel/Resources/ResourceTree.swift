// SPDX-License-Identifier: Apache-2.0

/// Physical address ranges and who claimed them: what `/proc/iomem` shows, and what decides whether a hot-add
/// collides (spec 3.4).
public struct ResourceTree: Sendable, Equatable {
    /// A claimed range; its children lie inside it.
    public struct Resource: Sendable, Equatable {
        /// First byte.
        public var first: UInt64
        /// Last byte.
        public var last: UInt64
        /// The name `/proc/iomem` shows.
        public var name: String
        /// Whether nothing else may nest in it.
        public var isBusy: Bool
        /// Ranges inside it, ascending.
        public var children: [Resource] = []
    }

    /// The highest address the processor can form; the end of the root resource.
    public let last: UInt64
    /// Top-level ranges, ascending.
    public private(set) var resources: [Resource] = []

    init(last: UInt64) { self.last = last }

    /// Claims a range, nesting it in a range that is not busy and holds it whole.
    ///
    /// - Throws: EEXIST where it overlaps a busy range, overlaps any range partly, or lies above the processor's
    ///   addresses.
    mutating func claim(first: UInt64, last: UInt64, name: String, isBusy: Bool = true) throws(Refusal) {
        guard last <= self.last else { throw Refusal(.exists, "above the processor's physical addresses") }
        try Self.insert(Resource(first: first, last: last, name: name, isBusy: isBusy), into: &resources)
    }

    private static func insert(_ new: Resource, into list: inout [Resource]) throws(Refusal) {
        let position = list.firstIndex { $0.last >= new.first } ?? list.count
        guard position < list.count, list[position].first <= new.last else {
            list.insert(new, at: position)
            return
        }
        let other = list[position]
        guard !other.isBusy, other.first <= new.first, new.last <= other.last else {
            throw Refusal(.exists, "range overlaps \(other.name)")
        }
        try insert(new, into: &list[position].children)
    }

    /// Gives a range back: a claim of exactly that range goes, one that reaches further is trimmed or split
    /// (spec 8.1).
    mutating func release(first: UInt64, last: UInt64) { Self.release(first, last, in: &resources) }

    private static func release(_ first: UInt64, _ last: UInt64, in list: inout [Resource]) {
        guard let position = list.firstIndex(where: { $0.first <= first && last <= $0.last }) else { return }
        guard list[position].isBusy else { return release(first, last, in: &list[position].children) }
        let old = list.remove(at: position)
        if last < old.last {
            var upper = old
            upper.first = last + 1
            upper.children.removeAll { $0.first <= last }
            list.insert(upper, at: position)
        }
        if old.first < first {
            var lower = old
            lower.last = first - 1
            lower.children.removeAll { $0.last >= first }
            list.insert(lower, at: position)
        }
    }

    /// Puts a named part inside a claimed range, for show: the kernel's own image.
    mutating func describe(first: UInt64, last: UInt64, name: String) {
        guard let position = resources.firstIndex(where: { $0.first <= first && last <= $0.last }) else { return }
        resources[position].children.append(Resource(first: first, last: last, name: name, isBusy: true))
    }
}
