// SPDX-License-Identifier: Apache-2.0

/// A range of boot memory on one node.
struct RAMRange: Sendable, Equatable, Codable {
    let node: NodeID
    let pages: Range<PageFrame>
    /// Whether the kernel knows it as mirrored; it only asks with `kernelcore=mirror`.
    var isMirrored = false
}

/// Which node an address is on, as the kernel keeps it after parsing the SRAT (spec 11.3).
///
/// Machine files number nodes as the kernel does, so that no domain has to be mapped to a node.
struct AffinityTable: Sendable, Codable {
    /// A range of one node.
    struct Entry: Sendable, Codable {
        var node: NodeID
        var first: UInt64
        var last: UInt64

        /// Its bytes.
        var bytes: Range<UInt64> { first..<(last == .max ? last : last + 1) }
    }
    /// What the firmware says, without gaps between ranges of one node that no other node touches; only ranges
    /// with boot memory, cut at its end. In the firmware's order.
    private(set) var entries: [Entry]
    /// All possible nodes, ascending.
    private(set) var possible: [NodeID]
    /// Whether the nodes are the firmware's, and not one that stands for all memory.
    let isFirmwares: Bool
    /// Why the firmware's nodes do not count, if they are wrong.
    let complaint: String?
    /// The firmware's node of each made-up one; empty where none is made up.
    private(set) var physical: [NodeID: NodeID] = [:]

    /// As much memory as may lack a node before the kernel believes nothing of the table.
    static let slack: UInt64 = 1 << 20

    /// - Parameters:
    ///   - ram: usable ranges in bytes, ascending, first and last.
    ///   - numaOff: whether the firmware's table is not looked at.
    init(_ description: MachineDescription, ram: [(first: UInt64, last: UInt64)], numaOff: Bool) {
        let end = ram.last?.last ?? 0
        let affinity = numaOff ? [] : description.affinity
        let entries = Self.entries(affinity, ram: ram, end: end)
        complaint = affinity.isEmpty ? nil : Self.problem(entries, ram: ram)
        isFirmwares = !affinity.isEmpty && complaint == nil
        guard isFirmwares else {
            self.entries = [Entry(node: NodeID(0), first: 0, last: end)]
            possible = [NodeID(0)]
            return
        }
        self.entries = Self.merged(entries)
        possible = Set(affinity.map(\.node) + description.cpus.map(\.node)).sorted().map { NodeID($0) }
    }

    /// The entries that have memory. Parts beyond its end are known to the firmware only.
    private static func entries(
        _ affinity: [MachineDescription.Affinity], ram: [(first: UInt64, last: UInt64)], end: UInt64
    ) -> [Entry] {
        affinity.compactMap { range in
            guard ram.contains(where: { $0.first <= range.last && range.first <= $0.last }) else { return nil }
            return Entry(node: NodeID(range.node), first: range.first, last: min(range.last, end))
        }
    }

    /// Why a table cannot be used, or nil: nodes that overlap, or memory on no node (numa_cleanup_meminfo,
    /// numa_meminfo_cover_memory).
    private static func problem(_ entries: [Entry], ram: [(first: UInt64, last: UInt64)]) -> String? {
        for (index, entry) in entries.enumerated() {
            for other in entries[..<index]
            where other.node != entry.node && other.first <= entry.last && entry.first <= other.last {
                return "SRAT: \(other.node) and \(entry.node) overlap; all memory is on node0"
            }
        }
        var missing: UInt64 = 0
        for range in ram {
            var rest = [range.first..<(range.last == .max ? range.last : range.last + 1)]
            for entry in entries { rest = rest.flatMap { $0.without(entry.bytes) } }
            missing += rest.reduce(0) { $0 + UInt64($1.count) }
        }
        guard missing >= slack else { return nil }
        return "SRAT: \(missing >> 10)K of memory are on no node; all memory is on node0"
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

    /// Puts made-up nodes in place of the firmware's.
    mutating func emulate(_ nodes: NodeEmulation) {
        (entries, physical) = (nodes.entries, nodes.physical)
        possible = Set(nodes.entries.map(\.node)).sorted()
    }

    /// The node hot-added memory at an address goes to: that of the range it is in, else that of the first
    /// range, so that probing beyond boot memory lands there.
    func node(ofAddress address: UInt64) -> NodeID {
        entries.last { $0.first <= address && address <= $0.last }?.node ?? entries[0].node
    }

    /// The nodes that a processor is on: its own, or every part of that; the first if the kernel does not have it.
    func nodes(of processor: MachineDescription.Processor) -> [NodeID] {
        let own = isFirmwares ? NodeID(processor.node) : NodeID(0)
        let parts = physical.isEmpty ? possible.filter { $0 == own } : possible.filter { physical[$0] == own }
        return parts.isEmpty ? [possible[0]] : parts
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
        // What no entry covers (less than 1 MiB, else the table would not be used) goes with the first.
        return parts + rest.map { RAMRange(node: entries[0].node, pages: $0) }
    }
}

extension Machine {
    /// Whether the firmware has a node, whatever the kernel made of it: a memory device may name it.
    func firmwareHas(_ node: NodeID) -> Bool {
        self.node(node) != nil || description.affinity.contains { NodeID($0.node) == node }
    }

    /// The node of a memory device at an address, for the kernel: what its firmware object says (_PXM) where the
    /// kernel looked at the firmware's nodes, whether it believes them or not, else what the address says
    /// (acpi_get_node, spec 4).
    func node(ofDeviceOn node: NodeID, at address: UInt64) -> NodeID {
        parameters.numaOff || description.affinity.isEmpty ? affinity.node(ofAddress: address) : node
    }

    /// The node of memory that the firmware holds ready.
    func node(ofStandbyAt address: UInt64) -> NodeID {
        let entry = description.affinity.first { $0.first <= address && address <= $0.last }
        guard affinity.isFirmwares, let entry, node(NodeID(entry.node)) != nil else { return nodes[0].id }
        return NodeID(entry.node)
    }
}
