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
        let slab = machine.kilobytes(nodes.reduce(0) { $0 + machine.kernelPages(on: $1.id) })
        var rows: [(String, UInt64)] = [
            ("MemTotal", total), ("MemFree", free), ("MemAvailable", machine.kilobytes(machine.availablePages)),
        ]
        rows += zeros(
            "Buffers", "Cached", "SwapCached", "Active", "Inactive", "Active(anon)", "Inactive(anon)",
            "Active(file)", "Inactive(file)", "Unevictable", "Mlocked")
        rows += highMemory
        rows += zeros("SwapTotal", "SwapFree", "Dirty", "Writeback", "AnonPages", "Mapped", "Shmem", "KReclaimable")
        rows += [("Slab", slab), ("SReclaimable", 0), ("SUnreclaim", slab)]
        rows += zeros("KernelStack", "PageTables", "SecPageTables", "NFS_Unstable", "Bounce", "WritebackTmp")
        rows += [("CommitLimit", total / 2), ("Committed_AS", 0), ("VmallocTotal", 34_359_738_367)]
        rows += zeros("VmallocUsed", "VmallocChunk", "Percpu")
        if machine.description.architecture.hasMemoryFailure {
            rows.append(("HardwareCorrupted", machine.kilobytes(machine.hardwareCorrupted)))
        }
        rows += zeros("AnonHugePages", "ShmemHugePages", "ShmemPmdMapped", "FileHugePages", "FilePmdMapped")
        var text = rows.map { name, value in
            // HardwareCorrupted is wider than the others' labels, and its number narrower.
            let label = Text.left(name + ":", 16)
            return label + Text.right(value, 24 - label.utf8.count) + " kB\n"
        }.joined()
        for name in ["Total", "Free", "Rsvd", "Surp"] {
            text += Text.left("HugePages_\(name):", 16) + Text.right(0, 8) + "\n"
        }
        text += Text.left("Hugepagesize:", 16) + Text.right(2048, 8) + " kB\n"
        return text + Text.left("Hugetlb:", 16) + Text.right(0, 8) + " kB\n"
    }

    private func zeros(_ names: String...) -> [(String, UInt64)] { names.map { ($0, 0) } }

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
        let slab = machine.kilobytes(machine.kernelPages(on: node.id))
        var rows: [(String, UInt64)] = [
            ("MemTotal", machine.kilobytes(node.managed)), ("MemFree", machine.kilobytes(node.free)),
            ("MemUsed", machine.kilobytes(node.managed - node.free)),
        ]
        rows += zeros(
            "SwapCached", "Active", "Inactive", "Active(anon)", "Inactive(anon)", "Active(file)", "Inactive(file)",
            "Unevictable", "Mlocked", "Dirty", "Writeback", "FilePages", "Mapped", "AnonPages", "Shmem",
            "KernelStack", "PageTables", "SecPageTables", "NFS_Unstable", "Bounce", "WritebackTmp", "KReclaimable")
        rows += [("Slab", slab), ("SReclaimable", 0), ("SUnreclaim", slab)]
        rows += zeros("AnonHugePages", "ShmemHugePages", "ShmemPmdMapped", "FileHugePages", "FilePmdMapped")
        let prefix = "Node \(node.id.rawValue) "
        var text = rows.map { prefix + Text.left($0 + ":", 15) + Text.right($1, 9) + " kB\n" }.joined()
        for name in ["Total", "Free", "Surp"] {
            text += prefix + "HugePages_\(name):" + Text.right(0, 6) + "\n"
        }
        return text
    }

    private func zeros(_ names: String...) -> [(String, UInt64)] { names.map { ($0, 0) } }
}
