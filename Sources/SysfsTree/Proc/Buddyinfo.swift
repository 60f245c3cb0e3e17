// SPDX-License-Identifier: Apache-2.0

import MemoryModel

/// `/proc/buddyinfo` (frag_show_print, spec 9.6).
struct Buddyinfo {
    let machine: Machine

    var text: String {
        var text = ""
        for node in machine.onlineNodes {
            for zone in node.zones where zone.isPopulated {
                text += "Node \(node.id.rawValue), zone \(Text.right(zone.kind.name, 8)) "
                text += machine.freeChunks(of: zone).map { Text.right($0, 6) + " " }.joined() + "\n"
            }
        }
        return text
    }
}

/// `/proc/pagetypeinfo` (spec 9.6).
struct Pagetypeinfo {
    let machine: Machine

    var text: String { machine.onlineNodes.filter(\.hasMemory).map(text).joined() }

    private func text(of node: Node) -> String {
        let geometry = machine.description.geometry
        var text = "Page block order: \(geometry.pageblockOrder)\n"
        text += "Pages per block:  \(1 << geometry.pageblockOrder)\n\n"
        text += Text.left("Free pages count per migrate type at order", 43) + " "
        text += (0...geometry.maxOrder).map { Text.right($0, 6) + " " }.joined() + "\n"
        let zones = node.zones.filter(\.isPopulated)
        let number = node.id.rawValue
        for zone in zones {
            for type in MigrateType.shown {
                text += "Node \(Text.right(number, 4)), zone \(Text.right(zone.kind.name, 8)), "
                text += "type \(Text.right(type.name, 12)) "
                text +=
                    machine.freeChunks(of: zone, [type]).map {
                        Text.right($0 > 100_000 ? ">100000" : "\($0)", 6) + " "
                    }.joined() + "\n"
            }
        }
        text += "\n" + Text.left("Number of blocks type", 23)
        text += MigrateType.shown.map { Text.right($0.name, 12) + " " }.joined() + "\n"
        for zone in zones {
            let counts = machine.pageblocks(of: zone, on: node.id)
            text += "Node \(number), zone \(Text.right(zone.kind.name, 8)) "
            text += MigrateType.shown.map { Text.right(counts[$0] ?? 0, 12) + " " }.joined() + "\n"
        }
        return text
    }
}
