// SPDX-License-Identifier: Apache-2.0

import MemoryModel

/// `/sys/module/memory_hotplug/parameters` (spec 14).
enum ModuleTable {
    static let memoryHotplug: [Row<Whole>] = [
        .directory("parameters", .memoryHotplugParameters, exists: { $0.rules.hasPolicyParameters })
    ]

    static let parameters: [Row<Whole>] = [
        .file("online_policy", show: { machine, _ in machine.policy.kind.rawValue + "\n" }, store: setPolicy),
        .file("auto_movable_ratio", show: { machine, _ in "\(machine.policy.autoMovableRatio)\n" }, store: setRatio),
        .file(
            "auto_movable_numa_aware", show: { machine, _ in machine.policy.autoMovableNumaAware ? "Y\n" : "N\n" },
            store: { (_, _, text) throws(Refusal) in [.setAutoMovableNumaAware(try Parse.bool(text))] }),
        .file("memmap_on_memory", show: { machine, _ in machine.policy.memmapOnMemory.rawValue + "\n" }),
    ]

    @Sendable private static func setPolicy(_: Machine, _: Whole, text: String) throws(Refusal) -> [Command] {
        [.setOnlinePolicy(try Parse.word(text))]
    }

    @Sendable private static func setRatio(_: Machine, _: Whole, text: String) throws(Refusal) -> [Command] {
        guard let ratio = UInt32(exactly: try Parse.number(text)) else {
            throw Refusal(.outOfRange, "number does not fit 32 bits")
        }
        return [.setAutoMovableRatio(ratio)]
    }
}
