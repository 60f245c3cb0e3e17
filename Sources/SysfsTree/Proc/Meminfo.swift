// SPDX-License-Identifier: Apache-2.0

import MemoryModel

extension Machine {
    /// Pages that could be had without swapping: free ones above the reserves (si_mem_available).
    var availablePages: UInt64 {
        var (free, reserve): (UInt64, UInt64) = (0, 0)
        for node in onlineNodes {
            for (zone, marks) in zip(node.zones, watermarks(of: node)) {
                free += zone.free
                reserve += min(zone.managed, (marks.protection.max() ?? 0) + marks.high)
            }
        }
        // Half of what can be dropped, or all above the low marks.
        let low = onlineNodes.flatMap { watermarks(of: $0) }.reduce(0) { $0 + $1.low }
        let cache = onlineNodes.reduce(0) { sum, node in
            sum + counter("nr_inactive_file", of: node) + counter("nr_active_file", of: node)
        }
        let slab = onlineNodes.reduce(0) { $0 + counter("nr_slab_reclaimable", of: $1) }
        free += cache - min(cache / 2, low)
        free += slab - min(slab / 2, low)
        return free > reserve ? free - reserve : 0
    }
}

/// `/proc/meminfo`.
struct Meminfo {
    let machine: Machine

    var text: String {
        let nodes = machine.onlineNodes
        let total = machine.kilobytes(nodes.reduce(0) { $0 + $1.managed })
        let free = machine.kilobytes(nodes.reduce(0) { $0 + $1.free })
        let count = { (name: String) in nodes.reduce(0 as UInt64) { $0 + machine.counter(name, of: $1) } }
        let kilobytes = { (names: String...) in machine.kilobytes(names.reduce(0) { $0 + count($1) }) }
        var rows: [(String, UInt64)] = [
            ("MemTotal", total), ("MemFree", free), ("MemAvailable", machine.kilobytes(machine.availablePages)),
            ("Buffers", 0), ("Cached", kilobytes("nr_file_pages")), ("SwapCached", 0),
            ("Active", kilobytes("nr_active_anon", "nr_active_file")),
            ("Inactive", kilobytes("nr_inactive_anon", "nr_inactive_file")),
            ("Active(anon)", kilobytes("nr_active_anon")), ("Inactive(anon)", kilobytes("nr_inactive_anon")),
            ("Active(file)", kilobytes("nr_active_file")), ("Inactive(file)", kilobytes("nr_inactive_file")),
            ("Unevictable", kilobytes("nr_unevictable")), ("Mlocked", kilobytes("nr_unevictable")),
        ]
        rows += highMemory
        rows += [
            ("SwapTotal", 0), ("SwapFree", 0),
        ]
        if isNew { rows += zeros("Zswap", "Zswapped") }
        rows += [
            ("Dirty", kilobytes("nr_dirty")),
            ("Writeback", kilobytes("nr_writeback")), ("AnonPages", kilobytes("nr_anon_pages")),
            ("Mapped", kilobytes("nr_mapped")), ("Shmem", kilobytes("nr_shmem")),
            ("KReclaimable", kilobytes("nr_slab_reclaimable")),
            ("Slab", kilobytes("nr_slab_reclaimable", "nr_slab_unreclaimable")),
            ("SReclaimable", kilobytes("nr_slab_reclaimable")), ("SUnreclaim", kilobytes("nr_slab_unreclaimable")),
            ("KernelStack", 0), ("PageTables", kilobytes("nr_page_table_pages")),
        ]
        rows += zeros("SecPageTables", "NFS_Unstable", "Bounce", "WritebackTmp")
        rows += [("CommitLimit", total / 2), ("Committed_AS", 0), ("VmallocTotal", 34_359_738_367)]
        rows += zeros("VmallocUsed", "VmallocChunk", "Percpu")
        if machine.description.architecture.hasMemoryFailure {
            rows.append(("HardwareCorrupted", machine.kilobytes(machine.hardwareCorrupted)))
        }
        let huge = machine.allZones.reduce(0) { $0 + machine.huge(in: $1) }
        rows.append(("AnonHugePages", machine.kilobytes(huge)))
        rows += zeros("ShmemHugePages", "ShmemPmdMapped", "FileHugePages", "FilePmdMapped")
        if isNew { rows += zeros("Balloon") }
        var text = rows.map { name, value in
            // HardwareCorrupted is wider than the others' labels, and its number narrower.
            let label = Text.left(name + ":", 16)
            return label + Text.right(value, 24 - label.utf8.count) + " kB\n"
        }.joined()
        let pools = nodes.map { machine.hugePages(of: $0.id) }
        let (poolTotal, poolFree) = (pools.reduce(0) { $0 + $1.total }, pools.reduce(0) { $0 + $1.free })
        for (name, value) in [("Total", poolTotal), ("Free", poolFree), ("Rsvd", 0), ("Surp", 0)] {
            text += Text.left("HugePages_\(name):", 16) + Text.right(value, 8) + "\n"
        }
        let size = machine.kilobytes(1 << UInt64(machine.pageblockOrder))
        text += Text.left("Hugepagesize:", 16) + Text.right(size, 8) + " kB\n"
        text += Text.left("Hugetlb:", 16) + Text.right(poolTotal * size, 8) + " kB\n"
        guard isNew, machine.description.architecture == .x86_64 else { return text }
        let map = DirectMap(of: machine.resources)
        for (name, bytes) in [("4k", map.small), ("2M", map.large), ("1G", map.huge)] {
            text += Text.left("DirectMap\(name):", 16) + Text.right(bytes / 1024, 8) + " kB\n"
        }
        return text
    }

    private func zeros(_ names: String...) -> [(String, UInt64)] { names.map { ($0, 0) } }

    /// Whether it has the lines of Linux 6.18.
    private var isNew: Bool { machine.description.abi == .linux6_18 }

    /// The four lines of a kernel with HighMem.
    private var highMemory: [(String, UInt64)] {
        guard machine.description.architecture.zones.contains(.highMem) else { return [] }
        let high = machine.allZones.filter { $0.kind == .highMem }
        let low = machine.allZones.filter { $0.kind != .highMem }
        return [
            ("HighTotal", machine.kilobytes(high.reduce(0) { $0 + $1.managed })),
            ("HighFree", machine.kilobytes(high.reduce(0) { $0 + $1.free })),
            ("LowTotal", machine.kilobytes(low.reduce(0) { $0 + $1.managed })),
            ("LowFree", machine.kilobytes(low.reduce(0) { $0 + $1.free })),
        ]
    }
}

/// `nodeN/meminfo` (node_read_meminfo).
struct NodeMeminfo {
    let machine: Machine
    let node: Node

    var text: String {
        var rows: [(String, UInt64)] = [
            ("MemTotal", machine.kilobytes(node.managed)), ("MemFree", machine.kilobytes(node.free)),
            ("MemUsed", machine.kilobytes(node.managed - node.free)), ("SwapCached", 0),
            ("Active", kilobytes("nr_active_anon", "nr_active_file")),
            ("Inactive", kilobytes("nr_inactive_anon", "nr_inactive_file")),
            ("Active(anon)", kilobytes("nr_active_anon")), ("Inactive(anon)", kilobytes("nr_inactive_anon")),
            ("Active(file)", kilobytes("nr_active_file")), ("Inactive(file)", kilobytes("nr_inactive_file")),
            ("Unevictable", kilobytes("nr_unevictable")), ("Mlocked", kilobytes("nr_unevictable")),
            ("Dirty", kilobytes("nr_dirty")), ("Writeback", kilobytes("nr_writeback")),
            ("FilePages", kilobytes("nr_file_pages")), ("Mapped", kilobytes("nr_mapped")),
            ("AnonPages", kilobytes("nr_anon_pages")), ("Shmem", kilobytes("nr_shmem")), ("KernelStack", 0),
            ("PageTables", kilobytes("nr_page_table_pages")),
        ]
        rows += zeros("SecPageTables", "NFS_Unstable", "Bounce", "WritebackTmp")
        rows += [
            ("KReclaimable", kilobytes("nr_slab_reclaimable")),
            ("Slab", kilobytes("nr_slab_reclaimable", "nr_slab_unreclaimable")),
            ("SReclaimable", kilobytes("nr_slab_reclaimable")), ("SUnreclaim", kilobytes("nr_slab_unreclaimable")),
            ("AnonHugePages", machine.kilobytes(node.zones.reduce(0) { $0 + machine.huge(in: $1) })),
        ]
        rows += zeros("ShmemHugePages", "ShmemPmdMapped", "FileHugePages", "FilePmdMapped")
        let prefix = "Node \(node.id.rawValue) "
        var text = rows.map { prefix + Text.left($0 + ":", 15) + Text.right($1, 9) + " kB\n" }.joined()
        let pool = machine.hugePages(of: node.id)
        for (name, value) in [("Total", pool.total), ("Free", pool.free), ("Surp", 0)] {
            text += prefix + "HugePages_\(name):" + Text.right(value, 6) + "\n"
        }
        return text
    }

    private func kilobytes(_ names: String...) -> UInt64 {
        machine.kilobytes(names.reduce(0) { $0 + machine.counter($1, of: node) })
    }

    private func zeros(_ names: String...) -> [(String, UInt64)] { names.map { ($0, 0) } }
}
