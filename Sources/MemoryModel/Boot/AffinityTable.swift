// SPDX-License-Identifier: Apache-2.0

/// A range of boot memory on one node.
struct RAMRange: Sendable, Equatable {
    let node: NodeID
    let pages: Range<PageFrame>
}

/// Which node an address is on, as the kernel keeps it after parsing the SRAT (spec 11.3).
struct AffinityTable: Sendable {
    /// What the firmware says, without gaps between ranges of one node that no other node touches; only ranges
    /// with boot memory, cut at its end. In the firmware's order.
    private struct Entry {
        var node: NodeID
        var first: UInt64
        var last: UInt64
    }
    private let entries: [Entry]
    /// All possible nodes, ascending.
    let possible: [NodeID]

    /// - Parameters:
    ///   - ram: usable ranges in bytes, ascending, first and last.
    init(_ description: MachineDescription, ram: [(first: UInt64, last: UInt64)], numaOff: Bool) {
        let affinity = numaOff ? [] : description.affinity
        let end = ram.last?.last ?? 0
        var entries: [Entry] = []
        for range in affinity where range.first <= end {
            let holdsRAM = ram.contains { $0.first <= range.last && range.first <= $0.last }
            guard holdsRAM else { continue }
            entries.append(Entry(node: NodeID(range.node), first: range.first, last: min(range.last, end)))
        }
        if entries.isEmpty { entries = [Entry(node: NodeID(affinity.first?.node ?? 0), first: 0, last: end)] }
        self.entries = Self.merged(entries)
        var ids = Set(affinity.map { NodeID($0.node) }).union(entries.map(\.node))
        if !numaOff { ids.formUnion(description.cpus.map { NodeID($0.node) }) }
        possible = ids.sorted()
    }

    private static func merged(_ entries: [Entry]) -> [Entry] {
        var entries = entries
        var index = 0
        while index < entries.count {
            var other = index + 1
            while other < entries.count {
                let (a, b) = (entries[index], entries[other])
                let hull = (first: min(a.first, b.first), last: max(a.last, b.last))
                let alone = !entries.contains {
                    $0.node != a.node && $0.first <= hull.last && hull.first <= $0.last
                }
                if a.node == b.node, alone {
                    entries[index] = Entry(node: a.node, first: hull.first, last: hull.last)
                    entries.remove(at: other)
                    other = index + 1
                } else {
                    other += 1
                }
            }
            index += 1
        }
        return entries
    }

    /// The node hot-added memory at an address goes to: that of the range it is in, else that of the first
    /// range, so that probing beyond boot memory lands there.
    func node(ofAddress address: UInt64) -> NodeID {
        entries.last { $0.first <= address && address <= $0.last }?.node ?? entries[0].node
    }

    /// Boot memory by node: the usable ranges, in whole pages, cut where nodes change.
    func split(_ ram: [(first: UInt64, last: UInt64)], pageSize: UInt64, keepsPageZero: Bool) -> [RAMRange] {
        var ranges: [RAMRange] = []
        for range in ram {
            var start = (range.first / pageSize) + (range.first.isMultiple(of: pageSize) ? 0 : 1)
            let end = range.last == .max ? range.last / pageSize : (range.last + 1) / pageSize
            if start == 0, keepsPageZero { start = 1 }
            guard start < end else { continue }
            ranges += split(start..<end, pageSize: pageSize)
        }
        return ranges.sorted { $0.pages.lowerBound < $1.pages.lowerBound }
    }

    private func split(_ pages: Range<PageFrame>, pageSize: UInt64) -> [RAMRange] {
        var rest = [pages]
        var parts: [RAMRange] = []
        for entry in entries {
            let first = entry.first / pageSize
            let end = max(first, entry.last / pageSize + 1)
            for piece in rest where piece.overlaps(first..<end) {
                parts.append(RAMRange(node: entry.node, pages: piece.clamped(to: first..<end)))
            }
            rest = rest.flatMap { $0.without(first..<end) }
        }
        // What no entry covers (less than 1 MiB on machines that exist) goes with the first.
        return parts + rest.map { RAMRange(node: entries[0].node, pages: $0) }
    }
}
