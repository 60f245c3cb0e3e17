// SPDX-License-Identifier: Apache-2.0

import MemoryModel

/// What a captured tree says of the rest of the machine: nodes, processors, firmware, kernel.
struct SystemFacts {
    /// The processors in order of their number: the node of each.
    let cpus: [Int]
    /// The online nodes that have directories, ascending.
    let nodes: [Int]
    /// Their distances, a row for each; nil where they are the usual ones or not all there.
    let distances: [[Int]]?
    /// The firmware's memory map; empty where it was not captured.
    let firmware: [MachineDescription.FirmwareRange]
    /// The blocks that `/sys/firmware/memory` has and the kernel does not, ascending; nil where there is no such directory.
    let storage: [UInt64]?
    /// Whether there is a `crash_hotplug`.
    let hasCrashHotplug: Bool
    /// The words of the kernel's command line that the simulator heeds.
    let commandLine: [String]
    /// The kernel's version, as in 6.1; nil where it cannot be seen.
    let kernel: (major: Int, minor: Int)?
    /// The architecture, where a file tells it.
    let architecture: Architecture?

    init(_ tree: FileTree, blocks: BlockFacts) {
        let node = tree["/sys/devices/system/node"]
        let component = PathPattern.Component.numbered("node", nil)
        let nodes = (node?.members ?? [:]).filter(\.value.isDirectory).keys
            .compactMap { component.number(in: $0) }.map { Int($0) }.sorted()
        self.nodes = nodes
        let home = blocks.blocks.lazy.compactMap(\.nodes.first).first ?? nodes.first ?? 0
        var cpus: [Int: Int] = [:]
        for number in nodes {
            for cpu in Self.numbers(node?.text("node\(number)/cpulist") ?? "") { cpus[cpu] = number }
        }
        if cpus.isEmpty {
            let text =
                tree.text("/sys/devices/system/cpu/present") ?? tree.text("/sys/devices/system/cpu/online") ?? "0"
            for cpu in Self.numbers(text) { cpus[cpu] = home }
        }
        let last = min(cpus.keys.max() ?? 0, Machine.mostProcessors - 1)
        self.cpus = (0...last).map { cpus[$0] ?? home }

        let rows = nodes.map { number in
            (node?.text("node\(number)/distance") ?? "").split(separator: " ").compactMap { Int($0) }
        }
        let isUsual = rows.enumerated().allSatisfy { row in
            row.element.enumerated().allSatisfy { $0.element == ($0.offset == row.offset ? 10 : 20) }
        }
        let isWhole =
            rows.enumerated().allSatisfy { row in
                row.element.count == nodes.count
                    && row.element.enumerated().allSatisfy {
                        $0.offset == row.offset ? $0.element == 10 : (11...254).contains($0.element)
                    }
            } && nodes == Array(0..<nodes.count)
        distances = isWhole && !isUsual && !rows.isEmpty ? rows : nil

        storage = tree["/sys/firmware/memory"].map { storage in
            let component = PathPattern.Component.numbered("memory", nil)
            return storage.members.compactMap { name, _ in
                storage.text("\(name)/config") == "0" ? component.number(in: name).map { UInt64($0) } : nil
            }.sorted()
        }
        hasCrashHotplug = tree["/sys/devices/system/memory/crash_hotplug"] != nil
        firmware = Self.firmware(tree["/sys/firmware/memmap"])
        let words = tree.text("/proc/cmdline")?.split(separator: " ").map(String.init) ?? []
        commandLine = words.filter { word in
            Self.heeded.contains(String(word.prefix { $0 != "=" }))
                && word.unicodeScalars.allSatisfy { $0.properties.generalCategory != .control }
        }
        let release =
            tree.text("/proc/sys/kernel/osrelease")
            ?? tree.text("/proc/version")?
            .split(separator: " ").dropFirst(2).first.map(String.init)
        let version = release?.split(whereSeparator: { !$0.isNumber }).prefix(2).compactMap { Int($0) } ?? []
        kernel = version.count == 2 ? (version[0], version[1]) : nil
        architecture = tree.text("/proc/cpuinfo").flatMap(Self.architecture)
    }

    /// Words of a command line that change what memory a machine has, or what becomes of it.
    private static let heeded: Set = [
        "kernelcore", "movablecore", "movable_node", "memhp_default_state", "memory_hotplug.online_policy",
        "memory_hotplug.auto_movable_ratio", "memory_hotplug.auto_movable_numa_aware",
        "memory_hotplug.memmap_on_memory",
        "acpi_no_memhotplug",
    ]

    /// The numbers of a list such as 0-3,7.
    static func numbers(_ list: String) -> [Int] {
        list.split(separator: ",").flatMap { item -> [Int] in
            let ends = item.split(separator: "-").compactMap { Int($0) }
            guard let first = ends.first, let last = ends.last, first >= 0, last >= first, last < 1 << 16 else {
                return []
            }
            return Array(first...last)
        }
    }

    private static func firmware(_ memmap: FileTree?) -> [MachineDescription.FirmwareRange] {
        func number(_ text: String?) -> UInt64? {
            text.flatMap { $0.hasPrefix("0x") ? UInt64($0.dropFirst(2), radix: 16) : nil }
        }
        let ranges: [MachineDescription.FirmwareRange] = (memmap?.members ?? [:]).values.compactMap { entry in
            guard let first = number(entry.text("start")), let last = number(entry.text("end")), first <= last else {
                return nil
            }
            return .init(first: first, last: last, kind: entry.text("type") == "System RAM" ? .usable : .reserved)
        }.sorted { $0.first < $1.first }
        // Of a map that contradicts itself nothing can be said; the blocks tell enough.
        let isSound = zip(ranges, ranges.dropFirst()).allSatisfy { $0.last < $1.first }
        return isSound ? ranges : []
    }

    /// What /proc/cpuinfo is like on which architecture.
    private static func architecture(_ cpuinfo: String) -> Architecture? {
        if cpuinfo.contains("IBM/S390") { return .s390x }
        if cpuinfo.contains("CPU implementer") { return .arm64 }
        if cpuinfo.contains("GenuineIntel") || cpuinfo.contains("AuthenticAMD") || cpuinfo.contains("vendor_id") {
            return .x86_64
        }
        return cpuinfo.contains("POWER") ? .ppc64 : nil
    }
}
