// SPDX-License-Identifier: Apache-2.0

import MemoryModel

/// The values of the statistics, by the names of `vmstat`. What the model does not do (reclaim by itself, swapping,
/// compaction in the background) stays zero.
extension Machine {
    /// The names of its kernel's statistics.
    var counterNames: CounterNames { .of(description.abi) }

    /// The value of a per-zone counter.
    func counter(_ name: String, of zone: Zone) -> UInt64 {
        switch name {
        case "nr_free_pages_blocks":
            freeChunks(of: zone).enumerated().dropFirst(pageblockOrder).reduce(0) {
                $0 + $1.element << UInt64($1.offset)
            }
        case "nr_zone_inactive_anon": inactive(Self.anonymous, in: zone)
        case "nr_zone_active_anon": active(Self.anonymous, in: zone)
        case "nr_zone_inactive_file": inactive(Self.files, in: zone)
        case "nr_zone_active_file": active(Self.files, in: zone)
        case "nr_zone_unevictable", "nr_mlock": used(.mlocked, in: zone)
        case "nr_zone_write_pending": dirty(in: zone) + writeback(in: zone)
        default: 0
        }
    }

    /// The value of a counter of `numastat`, by its name in `vmstat`.
    func numaCounter(_ name: String, of zone: Zone) -> UInt64 {
        let counters = numaCounters(of: zone)
        return switch name {
        case "numa_hit": counters.hit
        case "numa_miss": counters.miss
        case "numa_foreign": counters.foreign
        case "numa_local": counters.local
        case "numa_other": counters.other
        default: 0
        }
    }

    /// The value of a per-node counter.
    func counter(_ name: String, of node: Node) -> UInt64 {
        switch name {
        case "nr_inactive_anon": sum(node) { inactive(Self.anonymous, in: $0) }
        case "nr_active_anon": sum(node) { active(Self.anonymous, in: $0) }
        case "nr_inactive_file": sum(node) { inactive(Self.files, in: $0) }
        case "nr_active_file": sum(node) { active(Self.files, in: $0) }
        case "nr_unevictable": sum(node) { used(.mlocked, in: $0) }
        case "nr_slab_reclaimable": sum(node) { used(.slab, in: $0) }
        case "nr_slab_unreclaimable": sum(node) { used(.kernel, in: $0) }
        case "nr_anon_pages": sum(node) { used([.anon, .thp, .mlocked], in: $0) }
        case "nr_mapped": sum(node) { used([.shmem, .nonlinear], in: $0) }
        case "nr_file_pages": sum(node) { used([.file, .shmem, .nonlinear], in: $0) }
        case "nr_dirty": sum(node) { dirty(in: $0) }
        case "nr_writeback": sum(node) { writeback(in: $0) }
        case "nr_shmem": sum(node) { used(.shmem, in: $0) }
        case "nr_anon_transparent_hugepages": sum(node) { huge(in: $0) } >> UInt64(pageblockOrder)
        case "nr_foll_pin_acquired": sum(node) { pins(in: $0).taken }
        case "nr_foll_pin_released": sum(node) { pins(in: $0).givenBack }
        case "nr_page_table_pages": sum(node) { used(.pagetable, in: $0) }
        case "nr_hugetlb": hugePages(of: node.id).total << UInt64(pageblockOrder)
        default: 0
        }
    }

    /// The value of a counter of the whole machine.
    func globalCounter(_ name: String) -> UInt64 {
        switch name {
        case "nr_dirty_threshold": availablePages / 5
        case "nr_dirty_background_threshold": availablePages / 10
        case "nr_memmap_pages": memoryMaps.reduce(0) { $0 + $1.pages }
        case "nr_memmap_boot_pages":
            bootReservations.reduce(0) { sum, reservation in
                if case .memmap = reservation.kind { sum + UInt64(reservation.pages.count) } else { sum }
            }
        default: 0
        }
    }

    /// The value of an event of `/proc/vmstat`; those per zone are not among them.
    func event(_ name: String) -> UInt64 {
        switch name {
        case "pgfree": pageEvents.freed
        case "pgactivate": pageEvents.activated
        case "pgmigrate_success": pageEvents.migrated
        case "pgmigrate_fail": pageEvents.migrationFailed
        case "thp_migration_success": pageEvents.hugeMigrated
        case "thp_migration_fail": pageEvents.hugeMigrationFailed
        case "thp_migration_split", "thp_split_page": pageEvents.hugeSplit
        case "thp_fault_alloc": pageEvents.hugeFaults
        case "thp_fault_fallback": pageEvents.hugeFallbacks
        case "htlb_buddy_alloc_success": pageEvents.poolAllocated
        case "htlb_buddy_alloc_fail": pageEvents.poolFailed
        case "unevictable_pgs_mlocked", "unevictable_pgs_culled": pageEvents.locked
        case "unevictable_pgs_munlocked": pageEvents.unlocked
        default: 0
        }
    }

    private static let anonymous: [PageKind] = [.anon, .thp, .shmem]
    private static let files: [PageKind] = [.file, .nonlinear]

    private func used(_ kinds: [PageKind], in zone: Zone) -> UInt64 { kinds.reduce(0) { $0 + used($1, in: zone) } }
    private func active(_ kinds: [PageKind], in zone: Zone) -> UInt64 { kinds.reduce(0) { $0 + active($1, in: zone) } }
    private func inactive(_ kinds: [PageKind], in zone: Zone) -> UInt64 {
        used(kinds, in: zone) - active(kinds, in: zone)
    }
    private func sum(_ node: Node, _ value: (Zone) -> UInt64) -> UInt64 { node.zones.reduce(0) { $0 + value($1) } }

    /// Pages of a pageblock, and of a huge page, as a power of two.
    var pageblockOrder: Int { description.geometry.pageblockOrder }

    /// The online nodes' zones.
    var allZones: [Zone] { onlineNodes.flatMap(\.zones) }

    /// Kilobytes of a number of pages.
    func kilobytes(_ pages: UInt64) -> UInt64 { pages * (pageSize / 1024) }
}

/// `nodeN/numastat` and `nodeN/vmstat`.
struct NodeCounters {
    let machine: Machine
    let node: Node

    var numastat: String {
        let names = [
            ("numa_hit", "numa_hit"), ("numa_miss", "numa_miss"), ("numa_foreign", "numa_foreign"),
            ("interleave_hit", "numa_interleave"), ("local_node", "numa_local"), ("other_node", "numa_other"),
        ]
        return names.map { "\($0) \(numa($1))\n" }.joined()
    }

    var vmstat: String {
        var lines = ["nr_free_pages \(node.free)"]
        lines += machine.counterNames.zone.map { name in
            "\(name) \(node.zones.reduce(0) { $0 + machine.counter(name, of: $1) })"
        }
        lines += CounterNames.numa.map { "\($0) \(numa($0))" }
        lines += machine.counterNames.node.map { "\($0) \(machine.counter($0, of: node))" }
        return lines.joined(separator: "\n") + "\n"
    }

    private func numa(_ name: String) -> UInt64 {
        node.zones.reduce(0) { $0 + machine.numaCounter(name, of: $1) }
    }
}

/// `/proc/vmstat`.
struct Vmstat {
    let machine: Machine

    var text: String {
        let nodes = machine.onlineNodes
        let zones = machine.allZones
        var lines = ["nr_free_pages \(nodes.reduce(0) { $0 + $1.free })"]
        let names = machine.counterNames
        lines += names.zone.map { name in "\(name) \(zones.reduce(0) { $0 + machine.counter(name, of: $1) })" }
        lines += CounterNames.numa.map { name in "\(name) \(zones.reduce(0) { $0 + machine.numaCounter(name, of: $1) })"
        }
        lines += names.node.map { name in "\(name) \(nodes.reduce(0) { $0 + machine.counter(name, of: $1) })" }
        lines += names.global.map { name in "\(name) \(machine.globalCounter(name))" }
        let architecture = machine.description.architecture
        let zoneNames = architecture.zones.map { $0.name.lowercased() }
        for event in names.events where !event.hasPrefix("direct_map_") || architecture.isX86 {
            guard event.hasSuffix("ZONES") else {
                lines.append("\(event) \(machine.event(event))")
                continue
            }
            let allocated = event.hasPrefix("pgalloc") ? machine.pageEvents.allocated : []
            for (place, name) in zoneNames.enumerated() {
                lines.append("\(event.dropLast("ZONES".count))\(name) \(allocated.isEmpty ? 0 : allocated[place])")
            }
        }
        return (lines + ["nr_unstable 0"]).joined(separator: "\n") + "\n"
    }
}
