// SPDX-License-Identifier: Apache-2.0

import MemoryModel

/// The control `dimm`: memory devices in their slots.
enum DeviceControl {
    static let verbs = [
        ControlVerb(
            "plug",
            "Plugs a memory device into the first empty slot, at the lowest free address that is hot-pluggable.",
            [
                ControlKey("id", "What it is unplugged by.", required: true),
                ControlKey("size", "How many bytes it has; the kernel takes whole memory blocks only.", required: true),
                ControlKey("node", "The node that the firmware says it is on, 0 if it is not said."),
            ]),
        ControlVerb(
            "unplug", "Asks for a memory device to be removed; the kernel takes its blocks offline first, or keeps it.",
            [ControlKey("id", "What it was plugged in as.", required: true)]),
    ]

    /// What is plugged in, and where.
    static func text(of machine: Machine) -> String {
        machine.devices.enumerated().compactMap { slot, device in
            guard let module = device.module else { return nil }
            let blocks = Text.list(module.blocks.map { Int($0.rawValue) })
            return "id=\(module.id) slot=\(slot) first=0x\(Text.hex(module.first)) size=\(module.size) "
                + "node=\(module.node.rawValue) bound=\(module.isBound ? 1 : 0) blocks=\(blocks)\n"
        }.joined()
    }

    /// The command a line asks for.
    static func command(_ line: ControlLine, _: Machine) throws(Refusal) -> Command {
        if line.verb == "unplug" { return .unplug(id: try line.text("id")) }
        let node = NodeID(Int(clamping: try line.number("node", default: 0)))
        return .plug(id: try line.text("id"), size: try line.number("size"), node: node)
    }
}
