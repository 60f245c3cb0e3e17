// SPDX-License-Identifier: Apache-2.0

/// What `/proc/pagetypeinfo` says of the buddy allocator's free lists: chunks per zone, migrate type and order.
public struct FreeLists: Sendable, Equatable {
    /// The zones, in the order of the file.
    public let zones: [Zone]

    /// A zone's lists.
    public struct Zone: Sendable, Equatable {
        /// The node's number.
        public let node: Int
        /// The zone's name.
        public let name: String
        /// A row for each migrate type.
        public internal(set) var rows: [Row]
    }

    /// The lists of one migrate type.
    public struct Row: Sendable, Equatable {
        /// The migrate type's name.
        public let type: String
        /// How many chunks of 2 to the power of the index pages are free.
        public let counts: [Int]
        /// The orders of which the kernel says only that there are more than it counts.
        public let more: [Int]
    }

    /// Reads the file's text; lines of other tables are passed over.
    public init(_ text: String) {
        var zones: [Zone] = []
        for line in text.split(separator: "\n") {
            let words = line.split { $0 == " " || $0 == "," }
            guard words.count > 6, words[0] == "Node", words[2] == "zone", words[4] == "type",
                let node = Int(words[1])
            else { continue }
            let (name, values) = (String(words[3]), words[6...])
            let row = Row(
                type: String(words[5]), counts: values.map { Int($0.drop { $0 == ">" }) ?? 0 },
                more: values.enumerated().filter { $0.element.hasPrefix(">") }.map(\.offset))
            if let last = zones.last, last.node == node, last.name == name {
                zones[zones.count - 1].rows.append(row)
            } else {
                zones.append(Zone(node: node, name: name, rows: [row]))
            }
        }
        self.zones = zones
    }

    /// The lists for programs: an array with an object for each zone.
    public var json: String {
        JSONText.array(
            zones.map { zone in
                let rows = zone.rows.map { row in
                    JSONText.object([
                        ("type", JSONText.text(row.type)), ("counts", "\(row.counts)"), ("more", "\(row.more)"),
                    ])
                }
                return JSONText.object([
                    ("node", "\(zone.node)"), ("zone", JSONText.text(zone.name)),
                    ("lists", "[" + rows.joined(separator: ", ") + "]"),
                ])
            })
    }
}
