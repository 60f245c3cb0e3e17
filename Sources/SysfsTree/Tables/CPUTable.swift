// SPDX-License-Identifier: Apache-2.0

import MemoryModel

/// `/sys/devices/system/cpu`: as much as NUMA tools need to know which processor is where.
enum CPUTable {
    static let root: [Row<Whole>] = [
        .file("possible", show: { machine, _ in Text.list(machine.processors.indices) + "\n" }),
        .file("present", show: { machine, _ in Text.list(machine.presentProcessors) + "\n" }),
        .file("online", show: { machine, _ in Text.list(machine.onlineProcessors) + "\n" }),
        .file("offline", show: { machine, _ in offlineProcessors(machine) }),
        .file("isolated", show: { _, _ in "\n" }),
        .file("kernel_max", show: { _, _ in "8191\n" }),
        .uevent(of: { _ in .cpuRoot }),
        .directory("power", .cpusPower),
        .directories(
            "cpuN", .cpu,
            Family(
                members: { machine, _ in machine.presentProcessors.compactMap { CPU.member($0, of: machine) } },
                find: { machine, _, name in
                    number(in: name, after: "cpu").flatMap { CPU.member(Int($0), of: machine) }
                },
                count: { machine, _ in machine.presentProcessors.count })),
        .file("crash_hotplug", exists: \.hasCrashHotplug, show: MemoryTable.crashHotplug),
    ]

    static let cpu: [Row<CPU>] = [
        .uevent(of: { .cpu($0.number) }),
        .directory("power", .cpuPower),
        // The kernel makes it when the processor starts (drivers/base/topology.c).
        Row<CPU>.directory("topology", .cpuTopology).only { $0.processor($1.number)?.isOnline == true },
        .link("subsystem", target: { _, _ in "../../../../bus/cpu" }),
        .links(
            "nodeN",
            Family(members: { machine, cpu in
                let node = machine.node(ofProcessor: cpu.number)
                // A processor that came before its node is linked with it when that comes (register_one_node).
                guard machine.node(node)?.isOnline == true else { return [] }
                let key = Key(object: UInt32(cpu.number), sub: UInt16(node.rawValue))
                return [Member(name: node.description, key: key)]
            }), target: { "../../node/node\($1.sub)" }),
        Row<CPU>.file("online", mode: 0o644, show: { online($0, $1) }, store: setOnline).only { isRemovable($0, $1) },
        Row<CPU>.link("firmware_node", target: object).only { isRemovable($0, $1) },
    ]

    /// The ACPI object of a processor that came in a container.
    @Sendable private static func object(_: Machine, _ key: Key) -> String {
        "../../../LNXSYSTM:00/LNXSYBUS:00/" + KernelObject.processorName(Int(key.object))
    }

    /// Only what can be removed has an `online` (arch_register_cpu).
    private static func isRemovable(_ machine: Machine, _ cpu: CPU) -> Bool {
        machine.processor(cpu.number)?.container != nil
    }

    private static func online(_ machine: Machine, _ cpu: CPU) -> String {
        machine.processor(cpu.number)?.isOnline == true ? "1\n" : "0\n"
    }

    @Sendable private static func setOnline(_: Machine, cpu: CPU, text: String) throws(Refusal) -> [Command] {
        [.setProcessorOnline(cpu.number, try Parse.bool(text))]
    }

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
            .file(name, show: { Text.mask(members($0, $1), bits: $0.processors.count) + "\n" }),
            .file(name + "_list", show: { Text.list(members($0, $1)) + "\n" }),
        ]
    }

    @Sendable private static func package(_ machine: Machine, _ cpu: CPU) -> [Int] {
        machine.node(machine.node(ofProcessor: cpu.number))?.onlineCPUs ?? []
    }

    /// The possible processors that do not run, present or not (print_cpus_offline).
    private static func offlineProcessors(_ machine: Machine) -> String {
        Text.list(machine.processors.indices.filter { machine.processors[$0]?.isOnline != true }) + "\n"
    }
}
