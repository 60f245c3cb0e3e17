// SPDX-License-Identifier: Apache-2.0

import MemoryModel

/// `/sys/devices/system/cpu`: as much as NUMA tools need to know which processor is where.
enum CPUTable {
    static let root: [Row<Whole>] = [
        .file("possible", show: { machine, _ in allProcessors(machine) }),
        .file("present", show: { machine, _ in allProcessors(machine) }),
        .file("online", show: { machine, _ in allProcessors(machine) }),
        .file("offline", show: { _, _ in "\n" }),
        .file("isolated", show: { _, _ in "\n" }),
        .file("kernel_max", show: { _, _ in "8191\n" }),
        .file("uevent", show: { _, _ in "" }, store: rootUevent),
        .directory("power", .cpusPower),
        .directories(
            "cpuN", .cpu,
            Family(
                members: { machine, _ in
                    (0..<machine.processorCount).map { Member(name: "cpu\($0)", key: Key(object: UInt32($0))) }
                },
                find: { machine, _, name in
                    number(in: name, after: "cpu").flatMap {
                        $0 < machine.processorCount ? Member(name: name, key: Key(object: $0)) : nil
                    }
                },
                count: { machine, _ in machine.processorCount })),
    ]

    static let cpu: [Row<CPU>] = [
        .file("uevent", show: { _, _ in "" }, store: cpuUevent),
        .directory("power", .cpuPower),
        .directory("topology", .cpuTopology),
        .link("subsystem", target: { _, _ in "../../../../bus/cpu" }),
        .links(
            "nodeN",
            Family(members: { machine, cpu in
                let node = machine.node(ofProcessor: cpu.number)
                let key = Key(object: UInt32(cpu.number), sub: UInt16(node.rawValue))
                return [Member(name: node.description, key: key)]
            }), target: { "../../node/node\($1.sub)" }),
    ]

    /// A node is a package, and every processor a core of its own.
    static let topology: [Row<CPU>] =
        [
            .file("physical_package_id", show: { "\($0.node(ofProcessor: $1.number).rawValue)\n" }),
            .file("die_id", show: { _, _ in "0\n" }),
            .file("core_id", show: { "\(package($0, $1).firstIndex(of: $1.number) ?? 0)\n" }),
        ]
        + ["core_cpus", "thread_siblings"].flatMap { sets($0) { [$1.number] } }
        + ["package_cpus", "core_siblings", "die_cpus"].flatMap { sets($0, package) }

    private static func sets(
        _ name: String, _ members: @escaping @Sendable (Machine, CPU) -> [Int]
    ) -> [Row<CPU>] {
        [
            .file(name, show: { Text.mask(members($0, $1), bits: $0.processorCount) + "\n" }),
            .file(name + "_list", show: { Text.list(members($0, $1)) + "\n" }),
        ]
    }

    @Sendable private static func package(_ machine: Machine, _ cpu: CPU) -> [Int] {
        machine.node(machine.node(ofProcessor: cpu.number))?.cpus ?? []
    }

    private static func allProcessors(_ machine: Machine) -> String {
        Text.list(0..<machine.processorCount) + "\n"
    }

    @Sendable private static func rootUevent(_ machine: Machine, _: Whole, text: String) throws(Refusal) -> [Command] {
        try UeventText.command(for: .cpuRoot, text, on: machine)
    }

    @Sendable private static func cpuUevent(_ machine: Machine, cpu: CPU, text: String) throws(Refusal) -> [Command] {
        try UeventText.command(for: .cpu(cpu.number), text, on: machine)
    }
}
