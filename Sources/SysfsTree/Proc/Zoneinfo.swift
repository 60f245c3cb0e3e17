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
                text += machine.counterNames.node.map { counter($0, machine.counter($0, of: node)) }.joined()
            }
            return text + pages(node.zones[index], marks[index]) + details(node.zones[index]) + "\n"
        }.joined()
    }

    /// A counter on a line of its own; the newline stands before it.
    private func counter(_ name: String, _ value: UInt64) -> String { "\n      " + Text.left(name, 12) + " \(value)" }

    private func pages(_ zone: Zone, _ marks: Watermarks) -> String {
        var rows = [("boost", 0), ("min", marks.min), ("low", marks.low), ("high", marks.high)]
        if isNew { rows.append(("promo", marks.high + (marks.high - marks.low))) }
        rows += [("spanned", zone.spanned), ("present", zone.present), ("managed", zone.managed), ("cma", 0)]
        return "\n  pages free     \(zone.free)"
            + rows.map { "\n        " + Text.left($0, 8) + " \($1)" }.joined()
            + "\n        protection: (" + marks.protection.map(String.init).joined(separator: ", ") + ")"
    }

    /// What only populated zones show.
    private func details(_ zone: Zone) -> String {
        guard zone.isPopulated else { return "" }
        var text = counter("nr_free_pages", zone.free)
        text += machine.counterNames.zone.map { counter($0, machine.counter($0, of: zone)) }.joined()
        text += CounterNames.numa.map { counter($0, machine.numaCounter($0, of: zone)) }.joined() + "\n  pagesets"
        let cpus = machine.onlineProcessors
        let (batch, high) = machine.perCPULimits(of: zone)
        let threshold = statisticsThreshold(of: zone, cpus: UInt64(cpus.count))
        for cpu in cpus {
            let count = machine.perCPUPages(of: zone, cpu: cpu)
            text += "\n    cpu: \(cpu)"
            for (label, value) in pageset(count, high, batch, most: zone.managed / 8 / UInt64(max(1, cpus.count))) {
                text += "\n              " + Text.left(label, isNew ? 9 : 6) + " \(value)"
            }
            text += "\n  vm stats threshold: \(threshold)"
        }
        return text + "\n  node_unreclaimable:  0\n  start_pfn:           \(zone.start)"
    }

    /// Whether stocks are sized as they are used, between two limits, and there is a mark for what is moved up from slower
    /// memory: since 6.7.
    private var isNew: Bool { machine.description.abi == .linux6_18 }

    /// The lines of a processor's stock.
    private func pageset(_ count: Int, _ high: Int, _ batch: Int, most: UInt64) -> [(String, Int)] {
        guard isNew else { return [("count:", count), ("high:", high), ("batch:", batch)] }
        return [
            ("count:", count), ("high:", count > 0 ? high : 0), ("batch:", batch), ("high_min:", high),
            ("high_max:", max(high, Int(clamping: most))),
        ]
    }

    /// How far a processor's own counts may be from the zone's (calculate_normal_threshold).
    private func statisticsThreshold(of zone: Zone, cpus: UInt64) -> Int {
        func lastBit(_ number: UInt64) -> Int { 64 - number.leadingZeroBitCount }
        let memory = zone.managed / max(1, (128 << 20) / machine.pageSize)
        return min(125, 2 * lastBit(cpus) * (1 + lastBit(memory)))
    }
}
