// SPDX-License-Identifier: Apache-2.0

import MemoryModel

/// `/proc`: the texts that show memory as a whole.
enum ProcTable {
    static let rows: [Row<Whole>] = [
        .file("buddyinfo", style: .proc, show: { machine, _ in Buddyinfo(machine: machine).text }).ofCounters(),
        .file("cmdline", style: .proc, show: { machine, _ in machine.description.commandLine + "\n" }),
        .file("iomem", style: .proc, show: { machine, _ in Iomem.text(of: machine.resources) }),
        .file("meminfo", style: .proc, show: { machine, _ in Meminfo(machine: machine).text }).ofCounters(),
        .file(
            "pagetypeinfo", mode: 0o400, style: .proc, show: { machine, _ in Pagetypeinfo(machine: machine).text }),
        .file("vmstat", style: .proc, show: { machine, _ in Vmstat(machine: machine).text }).ofCounters(),
        .file("zoneinfo", style: .proc, show: { machine, _ in Zoneinfo(machine: machine).text }).ofCounters(),
    ]
}
