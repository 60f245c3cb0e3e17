// SPDX-License-Identifier: Apache-2.0

import MemoryModel

/// `/proc/buddyinfo` (frag_show_print, spec 9.6).
struct Buddyinfo {
    let machine: Machine

    var text: String {
        var text = ""
        for node in machine.onlineNodes {
            let chunks = machine.freeChunks(of: node.id)
            for zone in node.zones where zone.isPopulated {
                text += "Node \(node.id.rawValue), zone \(Text.right(zone.kind.name, 8)) "
                text += machine.counts(chunks[zone.kind]).map { Text.right($0, 6) + " " }.joined() + "\n"
            }
        }
        return text
    }
}

/// `/proc/pagetypeinfo` (spec 9.6). Every pageblock is Movable, as boot and onlining leave them.
struct Pagetypeinfo {
    let machine: Machine
    private static let types = ["Unmovable", "Movable", "Reclaimable", "HighAtomic", "Isolate"]

    var text: String { machine.onlineNodes.filter(\.hasMemory).map(text).joined() }

    private func text(of node: Node) -> String {
        let architecture = machine.description.architecture
        var text = "Page block order: \(architecture.pageblockOrder)\n"
        text += "Pages per block:  \(1 << architecture.pageblockOrder)\n\n"
        text += Text.left("Free pages count per migrate type at order", 43) + " "
        text += (0...architecture.maxOrder).map { Text.right($0, 6) + " " }.joined() + "\n"
        let chunks = machine.freeChunks(of: node.id)
        let zones = node.zones.filter(\.isPopulated)
        let number = node.id.rawValue
        for zone in zones {
            for type in Self.types {
                let counts = type == "Movable" ? machine.counts(chunks[zone.kind]) : machine.counts(nil)
                text += "Node \(Text.right(number, 4)), zone \(Text.right(zone.kind.name, 8)), "
                text += "type \(Text.right(type, 12)) "
                text += counts.map { Text.right($0 > 100_000 ? ">100000" : "\($0)", 6) + " " }.joined() + "\n"
            }
        }
        text += "\n" + Text.left("Number of blocks type", 23)
        text += Self.types.map { Text.right($0, 12) + " " }.joined() + "\n"
        for zone in zones {
            text += "Node \(number), zone \(Text.right(zone.kind.name, 8)) "
            text +=
                Self.types.map { type in
                    Text.right(type == "Movable" ? machine.pageblocks(of: zone) : 0, 12) + " "
                }.joined() + "\n"
        }
        return text
    }
}

extension Machine {
    /// A row of counts, one an order; zeros where nothing is free.
    func counts(_ chunks: [UInt64]?) -> [UInt64] {
        chunks ?? Array(repeating: 0, count: description.architecture.maxOrder + 1)
    }

    /// Pageblocks a zone's pages are in; a pageblock that is not whole counts too.
    func pageblocks(of zone: Zone) -> UInt64 {
        let size: UInt64 = 1 << UInt64(description.architecture.pageblockOrder)
        return (zone.present + size - 1) / size
    }
}
