// SPDX-License-Identifier: Apache-2.0

import MemoryModel

/// `/sys/kernel/debug/hotmem`: the simulator's own controls. Each takes lines of `verb key=value ...` and reads back
/// what is. hotmem-controls(7) is made of the same table.
enum ControlTable {
    static let rows: [Row<Whole>] = controls.map(\.row)

    static let controls: [Control] = [
        Control(
            "dimm", "Memory devices, which are plugged in and out.",
            shows:
                "A line for each that is plugged in: its slot, addresses, node, whether its driver is bound, its blocks.",
            show: DeviceControl.text, verbs: DeviceControl.verbs, command: DeviceControl.command),
        Control(
            "workload", "Memory in use by somebody with a name.",
            shows: "A line for each workload: its kind and its pages, and as blocks=NUMBER:PAGES,... where they are.",
            show: WorkloadControl.text, verbs: WorkloadControl.verbs, command: WorkloadControl.command),
        Control(
            "schedule", "Memory blocks that are to go away, so that allocations steer clear of them.",
            shows: "The blocks, in the words that scheduled them.",
            show: ScheduleControl.text, verbs: ScheduleControl.verbs, command: ScheduleControl.command),
        Control(
            "policy", "What kernels have done in several ways, and how the simulated one does it.",
            shows: "What holds, in the words that set it, and how many pages are booked.",
            show: PolicyControl.text, verbs: PolicyControl.verbs, command: PolicyControl.command),
        Control(
            "faults", "What goes wrong on demand; nothing does unless it was set.",
            shows:
                "The faults, in the words that set them, and how often each could have struck (asked=) and did (hits=).",
            show: FaultControl.text, verbs: FaultControl.verbs, command: FaultControl.command),
        Control(
            "notifiers", "The memory notifier chain.",
            shows: "Who listens, with its priority, and the latest calls with all that they were told.",
            show: NotifierLog.text),
        Control(
            "migration", "Where a page went that was moved.",
            shows:
                "How often the cache of moved pages had an answer and how often not, and the answer to the last find.",
            show: MigrationControl.text, verbs: MigrationControl.verbs, command: MigrationControl.command),
        Control(
            "container", "Container devices: a node's memory devices and processors, in one go.",
            shows: "A line for each that is plugged in: its device, node, slots, blocks and processors.",
            show: ContainerControl.text, verbs: ContainerControl.verbs, command: ContainerControl.command),
        Control(
            "plan", "How a node can be removed.",
            shows:
                "The plan that was asked for last, made anew for the machine as it is: its steps, and what keeps the rest.",
            show: PlanControl.text, verbs: PlanControl.verbs, command: PlanControl.command),
        Control(
            "firmware", "What the kernel told the firmware of devices that came or were to go (ACPI's _OST).",
            shows: "A line for each report, the latest last.", show: FirmwareLog.text),
        Control(
            "memmap", "Where the memory map of added blocks lives.",
            shows: "A line for each block: how many pages its map takes, and in which blocks they are.",
            show: MemoryMapList.text),
        Control(
            "captured", "What of the tree is as it was on a real machine.",
            shows:
                "The directories and files that were captured, a line each; nothing where the machine is no capture.",
            show: { $0.description.captured.map { $0.areas.map { $0 + "\n" }.joined() } ?? "" }),
        Control(
            .file("events", mode: 0o600, style: .events),
            "What happened to the machine, which hotmem events shows in words.",
            shows: """
                A line for each of the latest events, from first to last. Who has opened it for writing too (<> in a \
                shell) and has read all of it waits for more.
                """, verbs: EventsControl.verbs),
        Control(
            "map", "The whole machine in few lines, for those who draw it.",
            shows: """
                A line for the machine, one for each node and each zone, and one for blocks that follow each other and are \
                alike: their node, state and zone, and what the pages of each are.
                """, show: MapText.text),
        Control(
            "explain", "Why memory is as it is, and what would have to happen for it to change.",
            shows: """
                The answer to the question asked last, made anew for the machine as it is: whose pages are where, what \
                keeps them, where they would go, and what would come of each write.
                """, show: ExplainControl.text, verbs: ExplainControl.verbs, command: ExplainControl.command),
    ]
}
