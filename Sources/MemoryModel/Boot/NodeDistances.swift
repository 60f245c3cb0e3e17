// SPDX-License-Identifier: Apache-2.0

/// How far nodes are from each other, as the kernel took it from the SLIT (spec 11.3).
struct NodeDistances: Sendable, Codable {
    /// The firmware's table, by node; nil where it gives none, or none that counts.
    private let table: [[Int]]?
    /// What was wrong with it.
    let complaint: String?
    /// Which of the firmware's nodes a made-up node is part of; empty where none is made up.
    private var physical: [NodeID: NodeID] = [:]

    init(_ firmware: [[Int]]?) {
        guard let firmware, !Self.isValid(firmware) else {
            (table, complaint) = (firmware, nil)
            return
        }
        (table, complaint) = (nil, "SLIT: a node must be 10 from itself and further from others; not used")
    }

    /// Puts made-up nodes in place of the firmware's.
    mutating func emulate(_ nodes: NodeEmulation) { physical = nodes.physical }

    /// Whether every row of the table is there.
    var isWhole: Bool { table.map(Self.isValid) ?? true }

    /// A wrong entry makes the whole table worthless (slit_valid).
    private static func isValid(_ table: [[Int]]) -> Bool {
        table.enumerated().allSatisfy { from, row in
            row.count == table.count
                && row.enumerated().allSatisfy { to, distance in
                    from == to ? distance == 10 : distance > 10 && distance <= 255
                }
        }
    }

    /// The distance of two nodes: 10 and 20 where the firmware does not say. Parts of one node are as near as itself.
    func distance(from: NodeID, to: NodeID) -> Int {
        let (from, to) = (physical[from] ?? from, physical[to] ?? to)
        if let table, from.rawValue < table.count, to.rawValue < table.count {
            return table[from.rawValue][to.rawValue]
        }
        return from == to ? 10 : 20
    }
}
