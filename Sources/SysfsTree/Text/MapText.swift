// SPDX-License-Identifier: Apache-2.0

import MemoryModel

/// The control `map`: the whole machine in few lines, for those who draw it.
enum MapText {
    /// A line for the machine, one for each node and zone, and one for blocks that follow each other and are alike.
    static func text(of machine: Machine) -> String {
        var lines = [
            "machine arch=\(machine.description.architecture.rawValue) abi=\(machine.description.abi.rawValue) "
                + "page_size=\(machine.pageSize) block_size=\(machine.blockSize) blocks=\(machine.blocks.count)"
        ]
        for node in machine.onlineNodes {
            lines.append(
                "node=\(node.id.rawValue)" + pair("cpus", Text.list(node.cpus))
                    + " present=\(node.present) managed=\(node.managed) free=\(node.free)")
            lines += node.zones.filter { $0.spanned > 0 }.map { words(of: $0, on: node.id) }
        }
        lines += machine.blockRuns.map(words)
        return lines.joined(separator: "\n") + "\n"
    }

    /// A zone, as `map` and `explain` have it.
    static func words(of zone: Zone, on node: NodeID) -> String {
        "zone=\(zone.kind.name) node=\(node.rawValue) start_pfn=\(zone.start) spanned=\(zone.spanned) "
            + "present=\(zone.present) managed=\(zone.managed) free=\(zone.free)"
    }

    /// Blocks that are alike; counts are pages of each.
    static func words(of run: BlockRun) -> String {
        var text = "block=\(range(run.blocks)) node=\(run.node.rawValue)"
        text += pair(
            "nodes", Text.list(run.otherNodes.isEmpty ? [] : ([run.node] + run.otherNodes).map(\.rawValue).sorted()))
        text += " state=\(run.state.rawValue)" + pair("zone", run.zone?.name ?? "") + " present=\(run.present)"
        text += words(of: run.filling, isOnline: run.state != .offline)
        return text + pair("device", run.device ?? "") + (run.isAvoided ? " avoided=1" : "")
    }

    /// What pages are; nothing of blocks that are offline.
    static func words(of filling: BlockFilling, isOnline: Bool) -> String {
        guard isOnline else { return "" }
        return
            " free=\(filling.free) movable=\(filling.movable) staying=\(filling.staying) reserved=\(filling.reserved)"
            + (filling.broken > 0 ? " broken=\(filling.broken)" : "")
    }

    static func range(_ blocks: ClosedRange<BlockID>) -> String {
        Text.list(Int(blocks.lowerBound.rawValue)...Int(blocks.upperBound.rawValue))
    }

    private static func pair(_ key: String, _ value: String) -> String { value.isEmpty ? "" : " \(key)=\(value)" }
}
