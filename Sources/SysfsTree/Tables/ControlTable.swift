// SPDX-License-Identifier: Apache-2.0

import MemoryModel

/// `/sys/kernel/debug/hotmem`: the simulator's own controls. Each takes lines of `verb key=value ...` and reads back
/// what is.
enum ControlTable {
    static let rows: [Row<Whole>] = [
        .file("dimm", mode: 0o600, style: .control, show: showDevices, store: storeDevices),
        .file("workload", mode: 0o600, style: .control, show: showWorkloads, store: storeWorkloads),
    ]

    @Sendable private static func showDevices(_ machine: Machine, _: Whole) -> String {
        machine.devices.enumerated().compactMap { slot, device in
            guard let module = device.module else { return nil }
            let blocks = Text.list(module.blocks.map { Int($0.rawValue) })
            return "id=\(module.id) slot=\(slot) first=0x\(Text.hex(module.first)) size=\(module.size) "
                + "node=\(module.node.rawValue) bound=\(module.isBound ? 1 : 0) blocks=\(blocks)\n"
        }.joined()
    }

    @Sendable private static func storeDevices(_: Machine, _: Whole, text: String) throws(Refusal) -> [Command] {
        let verbs = ["plug": ["id", "size", "node"], "unplug": ["id"]]
        return try ControlLine.commands(in: text, verbs: verbs) { (line) throws(Refusal) in
            if line.verb == "unplug" { return .unplug(id: try line.text("id")) }
            let node = NodeID(Int(clamping: try line.number("node", default: 0)))
            return .plug(id: try line.text("id"), size: try line.number("size"), node: node)
        }
    }

    @Sendable private static func showWorkloads(_ machine: Machine, _: Whole) -> String {
        machine.workloadList.map {
            "name=\($0.name) kind=\($0.kind.rawValue) block=\($0.block.rawValue) pages=\($0.pages)\n"
        }.joined()
    }

    @Sendable private static func storeWorkloads(_: Machine, _: Whole, text: String) throws(Refusal) -> [Command] {
        let verbs = ["alloc": ["name", "kind", "block", "pages"], "free": ["name"]]
        return try ControlLine.commands(in: text, verbs: verbs) { (line) throws(Refusal) in
            if line.verb == "free" { return .free(name: try line.text("name")) }
            guard let kind = Workload.Kind(rawValue: try line.text("kind")) else {
                let known = Workload.Kind.allCases.map(\.rawValue).joined(separator: ", ")
                throw Refusal(.invalid, "unknown kind: known are \(known)")
            }
            guard let block = UInt32(exactly: try line.number("block")) else {
                throw Refusal(.noAddress, "no such block")
            }
            guard let pages = UInt32(exactly: try line.number("pages", default: 1)) else {
                throw Refusal(.noMemory, "more pages than a block has")
            }
            return .allocate(Workload(name: try line.text("name"), kind: kind, block: BlockID(block), pages: pages))
        }
    }
}
