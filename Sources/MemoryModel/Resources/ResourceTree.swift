// SPDX-License-Identifier: Apache-2.0

/// Physical address ranges and who claimed them: what `/proc/iomem` shows, and what decides whether a hot-add
/// collides (spec 3.4).
public struct ResourceTree: Sendable, Equatable, Codable {
    /// A claimed range; its children lie inside it.
    public struct Resource: Sendable, Equatable, Codable {
        /// First byte.
        public internal(set) var first: UInt64
        /// Last byte.
        public internal(set) var last: UInt64
        /// The name `/proc/iomem` shows.
        public let name: String
        /// Whether nothing else may nest in it.
        public let isBusy: Bool
        /// Ranges inside it, ascending.
        public internal(set) var children: [Resource] = []
    }

    /// The highest address the processor can form; the end of the root resource.
    public let last: UInt64
    private var ranges = SortedChunks<Resource>()

    /// Top-level ranges, ascending.
    ///
    /// - Complexity: O(n).
    public var resources: [Resource] {
        var list: [Resource] = []
        list.reserveCapacity(ranges.count)
        ranges.forEach { list.append($0) }
        return list
    }

    init(last: UInt64) { self.last = last }

    /// Claims a range, nesting it in a range that is not busy and holds it whole.
    ///
    /// - Throws: EEXIST where it overlaps a busy range, overlaps any range partly, or lies above the processor's
    ///   addresses.
    mutating func claim(first: UInt64, last: UInt64, name: String, isBusy: Bool = true) throws(Refusal) {
        guard last <= self.last else { throw Refusal(.exists, "above the processor's physical addresses") }
        try Self.insert(Resource(first: first, last: last, name: name, isBusy: isBusy), into: &ranges)
    }

    private static func insert(_ new: Resource, into list: inout SortedChunks<Resource>) throws(Refusal) {
        guard let position = overlapping(new.first, new.last, in: list) else { return list.insert(new) }
        try list[position].nest(new)
    }

    /// The lowest range that has a byte in common with another; ranges do not overlap, so only the one that begins below
    /// can, and the one that follows it.
    private static func overlapping(
        _ first: UInt64, _ last: UInt64, in list: SortedChunks<Resource>
    ) -> SortedChunks<Resource>.Index? {
        let next = list.lowerBound(of: first)
        if next != list.startIndex, case let before = list.index(before: next), list[before].last >= first {
            return before
        }
        return next != list.endIndex && list[next].first <= last ? next : nil
    }

    /// Gives a range back: a claim of exactly that range goes, one that reaches further is trimmed or split
    /// (spec 8.1).
    mutating func release(first: UInt64, last: UInt64) {
        guard let position = holding(first, last) else { return }
        guard ranges[position].isBusy else { return ranges[position].releaseInside(first, last) }
        for rest in ranges.remove(at: position).without(first, last) { ranges.insert(rest) }
    }

    /// The range that holds another whole.
    private func holding(_ first: UInt64, _ last: UInt64) -> SortedChunks<Resource>.Index? {
        Self.overlapping(first, first, in: ranges).flatMap { ranges[$0].holds(first, last) ? $0 : nil }
    }

    /// Puts a named part inside a claimed range, for show: the kernel's own image.
    mutating func describe(first: UInt64, last: UInt64, name: String) {
        guard let position = holding(first, last) else { return }
        ranges[position].children.append(Resource(first: first, last: last, name: name, isBusy: true))
    }
}

extension ResourceTree.Resource: Sorted {
    var sortKey: UInt64 { first }
}

extension ResourceTree.Resource {
    /// Whether another range lies in it whole.
    func holds(_ first: UInt64, _ last: UInt64) -> Bool { self.first <= first && last <= self.last }

    /// Puts a claim inside, as deep as there are ranges that are not busy.
    mutating func nest(_ new: Self) throws(Refusal) {
        guard !isBusy, holds(new.first, new.last) else { throw Refusal(.exists, "range overlaps \(name)") }
        let position = firstChild(endingFrom: new.first)
        guard position < children.count, children[position].first <= new.last else {
            return children.insert(new, at: position)
        }
        try children[position].nest(new)
    }

    /// Gives a range inside back.
    mutating func releaseInside(_ first: UInt64, _ last: UInt64) {
        let child = firstChild(endingFrom: first)
        guard child < children.count, children[child].holds(first, last) else { return }
        guard children[child].isBusy else { return children[child].releaseInside(first, last) }
        children.replaceSubrange(child...child, with: children[child].without(first, last))
    }

    /// What is left, in order, when a part is given back.
    func without(_ first: UInt64, _ last: UInt64) -> [Self] {
        var parts: [Self] = []
        if self.first < first {
            var lower = self
            lower.last = first - 1
            lower.children.removeAll { $0.last >= first }
            parts.append(lower)
        }
        if last < self.last {
            var upper = self
            upper.first = last + 1
            upper.children.removeAll { $0.first <= last }
            parts.append(upper)
        }
        return parts
    }

    /// The first child that does not end below an address.
    private func firstChild(endingFrom address: UInt64) -> Int {
        var (low, high) = (0, children.count)
        while low < high {
            let middle = (low + high) / 2
            if children[middle].last < address { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
