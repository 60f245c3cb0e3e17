// SPDX-License-Identifier: Apache-2.0

import MemoryModel

/// The statistics the kernel keeps, by the names of `vmstat`. What nobody has used or moved is zero.
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
    /// Unmovable pages in use on a node: the kernel's unreclaimable slab.
    func kernelPages(on node: NodeID) -> UInt64 {
        workloadList.reduce(0) { sum, workload in
            blocks[workload.block]?.node == node ? sum + UInt64(workload.pages) : sum
        }
    }

    /// The value of a per-node counter.
    func counter(_ name: String, of node: Node) -> UInt64 {
        name == "nr_slab_unreclaimable" ? kernelPages(on: node.id) : 0
    }

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
        ["numa_hit", "numa_miss", "numa_foreign", "interleave_hit", "local_node", "other_node"]
            .map { "\($0) 0\n" }.joined()
    }

    var vmstat: String {
        var lines = ["nr_free_pages \(node.free)"]
        lines += (Counters.zone + Counters.numa).map { "\($0) 0" }
        lines += Counters.node.map { "\($0) \(machine.counter($0, of: node))" }
        return lines.joined(separator: "\n") + "\n"
    }
}

/// `/proc/vmstat`.
struct Vmstat {
    let machine: Machine

    var text: String {
        let nodes = machine.onlineNodes
        var lines = ["nr_free_pages \(nodes.reduce(0) { $0 + $1.free })"]
        lines += (Counters.zone + Counters.numa).map { "\($0) 0" }
        lines += Counters.node.map { name in "\(name) \(nodes.reduce(0) { $0 + machine.counter(name, of: $1) })" }
        let usable = machine.availablePages
        lines += ["nr_dirty_threshold \(usable / 5)", "nr_dirty_background_threshold \(usable / 10)"]
        let zones = machine.description.architecture.zones.map { $0.name.lowercased() }
        for event in Counters.events {
            if event.hasSuffix("ZONES") {
                lines += zones.map { "\(event.dropLast("ZONES".count))\($0) 0" }
            } else {
                lines.append("\(event) 0")
            }
        }
        return (lines + ["nr_unstable 0"]).joined(separator: "\n") + "\n"
    }
}
