// SPDX-License-Identifier: Apache-2.0

/// Nodes that are made up by cutting the real ones: `numa=fake=` (Documentation/x86/x86_64/boot-options.rst).
///
/// A made-up node is a run of whole 32 MiB units of one real node, with as much memory as it is to have; holes do not
/// count. The real nodes are cut in turn.
///
///     real      [ node 0                    ][ node 1                  ]
///     fake=4    [ node 0     ][ node 2      ][ node 1     ][ node 3    ]
struct NodeEmulation {
    private typealias Entry = AffinityTable.Entry

    /// The made-up nodes' ranges, in the order they were made.
    private(set) var entries: [AffinityTable.Entry] = []
    /// The real node of each.
    private(set) var physical: [NodeID: NodeID] = [:]

    /// What made-up nodes are a multiple of.
    private static let unit: UInt64 = 32 << 20

    private let ram: [Range<UInt64>]
    /// An address below which there is to be enough for the next node, or nothing: the end of DMA32.
    private let border: UInt64?
    /// What is left of the real nodes, each from where it is not cut yet.
    private var rest: [Range<UInt64>]
    private let real: [NodeID]

    /// - Parameters:
    ///   - ram: usable ranges in bytes, ascending.
    /// - Returns: nil where a node would have less than 32 MiB.
    init?(_ wanted: BootParameters.FakeNodes, of table: AffinityTable, ram: [Range<UInt64>], border: UInt64?) {
        self.ram = ram
        self.border = border
        let entries = table.entries.sorted { $0.first < $1.first }
        rest = entries.map(\.bytes)
        real = entries.map(\.node)
        let isMade =
            switch wanted {
            case .count(let count): cut(Array(rest.indices), into: count)
            case .size(let size): cut(Array(rest.indices), size: possible(size), of: .max)
            case .perNode(let count):
                Set(real).sorted().allSatisfy { node in
                    cut(real.indices.filter { real[$0] == node }, into: count)
                }
            }
        guard isMade else { return nil }
    }

    /// A size as wished, or more where there would be too many nodes.
    private func possible(_ size: UInt64) -> UInt64 {
        let least = rest.reduce(0) { $0 + memory(in: $1) } / BootParameters.mostNodes
        return max(size / Self.unit, (least + Self.unit - 1) / Self.unit, 1) * Self.unit
    }

    private func memory(in bytes: Range<UInt64>) -> UInt64 {
        ram.reduce(0) { $0 + UInt64($1.clamped(to: bytes).count) }
    }

    /// Cuts real nodes' ranges into so many nodes. What is left when sizes are rounded down makes the first larger.
    private mutating func cut(_ ranges: [Int], into count: Int) -> Bool {
        let share = ranges.reduce(0) { $0 + memory(in: rest[$1]) } / UInt64(count)
        let large = (share % Self.unit * UInt64(count)) / Self.unit
        return cut(ranges, size: share / Self.unit * Self.unit, of: count, large: large)
    }

    /// Cuts real nodes' ranges until nothing is left. Where there are too few numbers they are used again.
    private mutating func cut(_ ranges: [Int], size: UInt64, of count: Int, large: UInt64 = 0) -> Bool {
        guard size > 0 else { return false }
        let first = physical.count
        let limit = min(count, Int(BootParameters.mostNodes) - first)
        guard limit > 0 else { return false }
        var made = 0
        let nodes = ranges.reduce(into: [NodeID]()) { if !$0.contains(real[$1]) { $0.append(real[$1]) } }
        while ranges.contains(where: { !rest[$0].isEmpty }) {
            for node in nodes {
                guard let index = ranges.first(where: { real[$0] == node && !rest[$0].isEmpty }) else { continue }
                let end = end(of: rest[index], size: size, isLarge: made < large)
                let id = NodeID(first + made % limit)
                // A number that comes round again keeps the node it first stood for.
                physical[id] = physical[id] ?? node
                entries.append(Entry(node: id, first: rest[index].lowerBound, last: end - 1))
                rest[index] = end..<rest[index].upperBound
                made += 1
            }
        }
        return true
    }

    /// Where a node that begins with a range ends: where it has its size, or later if the next could not have it.
    private func end(of range: Range<UInt64>, size: UInt64, isLarge: Bool) -> UInt64 {
        let (start, limit) = (range.lowerBound, range.upperBound)
        var end = start + min(size, limit - start)
        if isLarge { end += min(Self.unit, limit - end) }
        while end < limit, memory(in: start..<end) < size { end += min(Self.unit, limit - end) }
        if let border, end < border, border < limit, memory(in: end..<border) < Self.unit { end = border }
        return memory(in: end..<limit) < size ? limit : end
    }
}
