// SPDX-License-Identifier: Apache-2.0

import MemoryModel

/// `/proc/zoneinfo` (zoneinfo_show_print, spec 9.6).
struct Zoneinfo {
    let machine: Machine

    var text: String { machine.onlineNodes.map(text).joined() }

    private func text(of node: Node) -> String {
        let marks = machine.watermarks(of: node)
        let first = node.zones.firstIndex(where: \.isPopulated)
        return node.zones.indices.map { index in
            var text = "Node \(node.id.rawValue), zone \(Text.right(node.zones[index].kind.name, 8))"
            if index == first {
                text += "\n  per-node stats"
                text += Counters.node.map { counter($0, machine.counter($0, of: node)) }.joined()
            }
            return text + pages(node.zones[index], marks[index]) + details(node.zones[index]) + "\n"
        }.joined()
    }

    /// A counter on a line of its own; the newline stands before it.
    private func counter(_ name: String, _ value: UInt64) -> String { "\n      " + Text.left(name, 12) + " \(value)" }

    private func pages(_ zone: Zone, _ marks: Watermarks) -> String {
        "\n  pages free     \(zone.free)"
            + [
                ("boost", 0), ("min", marks.min), ("low", marks.low), ("high", marks.high),
                ("spanned", zone.spanned), ("present", zone.present), ("managed", zone.managed), ("cma", 0),
            ].map { "\n        " + Text.left($0, 8) + " \($1)" }.joined()
            + "\n        protection: (" + marks.protection.map(String.init).joined(separator: ", ") + ")"
    }

    /// What only populated zones show.
    private func details(_ zone: Zone) -> String {
        guard zone.isPopulated else { return "" }
        var text = counter("nr_free_pages", zone.free)
        text += Counters.zone.map { counter($0, machine.counter($0, of: zone)) }.joined()
        text += Counters.numa.map { counter($0, machine.numaCounter($0, of: zone)) }.joined() + "\n  pagesets"
        let cpus = machine.onlineProcessors
        let (batch, high) = machine.perCPULimits(of: zone)
        let threshold = statisticsThreshold(of: zone, cpus: UInt64(cpus.count))
        for cpu in cpus {
            text +=
                "\n    cpu: \(cpu)\n              count: \(machine.perCPUPages(of: zone, cpu: cpu))\n              high:  \(high)"
            text += "\n              batch: \(batch)\n  vm stats threshold: \(threshold)"
        }
        return text + "\n  node_unreclaimable:  0\n  start_pfn:           \(zone.start)"
    }

    /// How far a processor's own counts may be from the zone's (calculate_normal_threshold).
    private func statisticsThreshold(of zone: Zone, cpus: UInt64) -> Int {
        func lastBit(_ number: UInt64) -> Int { 64 - number.leadingZeroBitCount }
        let memory = zone.managed / max(1, (128 << 20) / machine.pageSize)
        return min(125, 2 * lastBit(cpus) * (1 + lastBit(memory)))
    }
}
