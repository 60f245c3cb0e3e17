// SPDX-License-Identifier: Apache-2.0

import MemoryModel

/// `/sys/kernel/debug/hotmem`: the simulator's own controls. Each takes lines of `verb key=value ...` and reads back
/// what is.
enum ControlTable {
    static let rows: [Row<Whole>] = [
        .file("dimm", mode: 0o600, style: .control, show: showDevices, store: storeDevices),
        .file(
            "workload", mode: 0o600, style: .control, show: { machine, _ in WorkloadControl.text(of: machine) },
            store: { (_, _, text) throws(Refusal) in try WorkloadControl.commands(in: text) }),
        .file(
            "schedule", mode: 0o600, style: .control, show: { machine, _ in ScheduleControl.text(of: machine) },
            store: { (_, _, text) throws(Refusal) in try ScheduleControl.commands(in: text) }),
        .file(
            "policy", mode: 0o600, style: .control, show: { machine, _ in PolicyControl.text(of: machine) },
            store: { (_, _, text) throws(Refusal) in try PolicyControl.commands(in: text) }),
        .file("notifiers", style: .control, show: { machine, _ in NotifierLog.text(of: machine) }),
        .file(
            "migration", mode: 0o600, style: .control, show: { machine, _ in MigrationControl.text(of: machine) },
            store: { (_, _, text) throws(Refusal) in try MigrationControl.commands(in: text) }),
        .file(
            "container", mode: 0o600, style: .control, show: { machine, _ in ContainerControl.text(of: machine) },
            store: { (machine, _, text) throws(Refusal) in try ContainerControl.commands(in: text, machine) }),
        .file(
            "plan", mode: 0o600, style: .control, show: { machine, _ in PlanControl.text(of: machine) },
            store: { (_, _, text) throws(Refusal) in try PlanControl.commands(in: text) }),
        .file("firmware", style: .control, show: { machine, _ in FirmwareLog.text(of: machine) }),
        .file("memmap", style: .control, show: { machine, _ in MemoryMapList.text(of: machine) }),
        // Their lines come from the session.
        .file("events", mode: 0o400, style: .events),
        .file("events_pipe", mode: 0o400, style: .eventsPipe),
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
}
