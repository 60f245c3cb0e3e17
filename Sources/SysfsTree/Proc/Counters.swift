// SPDX-License-Identifier: Apache-2.0

import MemoryModel

/// The statistics the kernel keeps, by the names of `vmstat`. What the model does not do (reclaim, swapping,
/// compaction in the background) stays zero.
enum Counters {
    /// Per zone, after `nr_free_pages`.
    static let zone = [
        "nr_zone_inactive_anon", "nr_zone_active_anon", "nr_zone_inactive_file", "nr_zone_active_file",
        "nr_zone_unevictable", "nr_zone_write_pending", "nr_mlock", "nr_bounce", "nr_zspages", "nr_free_cma",
    ]
    /// Allocations by where they were wanted and went.
    static let numa = ["numa_hit", "numa_miss", "numa_foreign", "numa_interleave", "numa_local", "numa_other"]
    /// Per node.
    static let node = [
        "nr_inactive_anon", "nr_active_anon", "nr_inactive_file", "nr_active_file", "nr_unevictable",
        "nr_slab_reclaimable", "nr_slab_unreclaimable", "nr_isolated_anon", "nr_isolated_file", "workingset_nodes",
        "workingset_refault_anon", "workingset_refault_file", "workingset_activate_anon", "workingset_activate_file",
        "workingset_restore_anon", "workingset_restore_file", "workingset_nodereclaim", "nr_anon_pages", "nr_mapped",
        "nr_file_pages", "nr_dirty", "nr_writeback", "nr_writeback_temp", "nr_shmem", "nr_shmem_hugepages",
        "nr_shmem_pmdmapped", "nr_file_hugepages", "nr_file_pmdmapped", "nr_anon_transparent_hugepages",
        "nr_vmscan_write", "nr_vmscan_immediate_reclaim", "nr_dirtied", "nr_written", "nr_throttled_written",
        "nr_kernel_misc_reclaimable", "nr_foll_pin_acquired", "nr_foll_pin_released", "nr_kernel_stack",
        "nr_page_table_pages", "nr_sec_page_table_pages", "nr_swapcached", "pgpromote_success",
        "pgpromote_candidate",
    ]
    /// The machine's events, each counted since boot; `ZONES` stands for one per zone.
    static let events = [
        "pgpgin", "pgpgout", "pswpin", "pswpout", "pgalloc_ZONES", "allocstall_ZONES", "pgskip_ZONES", "pgfree",
        "pgactivate", "pgdeactivate", "pglazyfree", "pgfault", "pgmajfault", "pglazyfreed", "pgrefill", "pgreuse",
        "pgsteal_kswapd", "pgsteal_direct", "pgdemote_kswapd", "pgdemote_direct", "pgscan_kswapd", "pgscan_direct",
        "pgscan_direct_throttle", "pgscan_anon", "pgscan_file", "pgsteal_anon", "pgsteal_file",
        "zone_reclaim_failed", "pginodesteal", "slabs_scanned", "kswapd_inodesteal", "kswapd_low_wmark_hit_quickly",
        "kswapd_high_wmark_hit_quickly", "pageoutrun", "pgrotated", "drop_pagecache", "drop_slab", "oom_kill",
        "numa_pte_updates", "numa_huge_pte_updates", "numa_hint_faults", "numa_hint_faults_local",
        "numa_pages_migrated", "pgmigrate_success", "pgmigrate_fail", "thp_migration_success", "thp_migration_fail",
        "thp_migration_split", "compact_migrate_scanned", "compact_free_scanned", "compact_isolated",
        "compact_stall", "compact_fail", "compact_success", "compact_daemon_wake", "compact_daemon_migrate_scanned",
        "compact_daemon_free_scanned", "htlb_buddy_alloc_success", "htlb_buddy_alloc_fail",
        "unevictable_pgs_culled", "unevictable_pgs_scanned", "unevictable_pgs_rescued", "unevictable_pgs_mlocked",
        "unevictable_pgs_munlocked", "unevictable_pgs_cleared", "unevictable_pgs_stranded", "thp_fault_alloc",
        "thp_fault_fallback", "thp_fault_fallback_charge", "thp_collapse_alloc", "thp_collapse_alloc_failed",
        "thp_file_alloc", "thp_file_fallback", "thp_file_fallback_charge", "thp_file_mapped", "thp_split_page",
        "thp_split_page_failed", "thp_deferred_split_page", "thp_split_pmd", "thp_scan_exceed_none_pte",
        "thp_scan_exceed_swap_pte", "thp_scan_exceed_share_pte", "thp_split_pud", "thp_zero_page_alloc",
        "thp_zero_page_alloc_failed", "thp_swpout", "thp_swpout_fallback", "balloon_inflate", "balloon_deflate",
        "balloon_migrate", "swap_ra", "swap_ra_hit", "ksm_swpin_copy", "cow_ksm", "zswpin", "zswpout",
    ]
}

extension Machine {
    /// The value of a per-zone counter.
    func counter(_ name: String, of zone: Zone) -> UInt64 {
        switch name {
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
        lines += Counters.zone.map { name in
            "\(name) \(node.zones.reduce(0) { $0 + machine.counter(name, of: $1) })"
        }
        lines += Counters.numa.map { "\($0) \(numa($0))" }
        lines += Counters.node.map { "\($0) \(machine.counter($0, of: node))" }
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
        lines += Counters.zone.map { name in "\(name) \(zones.reduce(0) { $0 + machine.counter(name, of: $1) })" }
        lines += Counters.numa.map { name in "\(name) \(zones.reduce(0) { $0 + machine.numaCounter(name, of: $1) })" }
        lines += Counters.node.map { name in "\(name) \(nodes.reduce(0) { $0 + machine.counter(name, of: $1) })" }
        let usable = machine.availablePages
        lines += ["nr_dirty_threshold \(usable / 5)", "nr_dirty_background_threshold \(usable / 10)"]
        let names = machine.description.architecture.zones.map { $0.name.lowercased() }
        for event in Counters.events {
            guard event.hasSuffix("ZONES") else {
                lines.append("\(event) \(machine.event(event))")
                continue
            }
            let allocated = event.hasPrefix("pgalloc") ? machine.pageEvents.allocated : []
            for (place, name) in names.enumerated() {
                lines.append("\(event.dropLast("ZONES".count))\(name) \(allocated.isEmpty ? 0 : allocated[place])")
            }
        }
        return (lines + ["nr_unstable 0"]).joined(separator: "\n") + "\n"
    }
}
