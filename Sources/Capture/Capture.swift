// SPDX-License-Identifier: Apache-2.0

import MachineFile
public import MemoryModel
import SysfsTree

/// The capture of a real machine: a description that boots to a machine with the same files.
public struct Capture: Sendable {
    /// The machine file.
    public let text: String
    /// The machine.
    public let machine: MachineDescription
    /// Whether nothing told the architecture.
    public let isGuess: Bool
    /// How many files and links were captured.
    public let fileCount: Int
    /// How many of them the simulator shows the same by itself.
    public let simulatedCount: Int

    /// What is known of the machine from elsewhere; nil for what its files have to tell.
    public struct Hints: Sendable {
        /// Its architecture.
        public var architecture: Architecture?
        /// Its kernel's generation.
        public var abi: KernelABI?
        /// Bytes in a page.
        public var pageSize: UInt64?
        /// Whether its files are the kernel's own, with permissions and errors that mean something.
        public var isLive: Bool
        /// Makes hints from their parts.
        public init(
            architecture: Architecture? = nil, abi: KernelABI? = nil, pageSize: UInt64? = nil, isLive: Bool = false
        ) {
            (self.architecture, self.abi, self.pageSize, self.isLive) = (architecture, abi, pageSize, isLive)
        }
    }

    /// Where the files of a live system are that are captured, and those that only tell what machine it is.
    public static let (liveAreas, liveFacts) = (
        [
            "/sys/devices/system/memory", "/sys/devices/system/node", "/sys/module/memory_hotplug",
            "/sys/firmware/memmap", "/sys/firmware/memory", "/proc/buddyinfo", "/proc/iomem", "/proc/meminfo",
            "/proc/pagetypeinfo", "/proc/vmstat", "/proc/zoneinfo",
        ],
        [
            "/sys/devices/system/cpu/present", "/proc/cmdline", "/proc/cpuinfo", "/proc/sys/kernel/osrelease",
            "/proc/version",
        ]
    )

    /// What of these a simulated machine has itself.
    public static let simulatedFacts = ["/sys/devices/system/cpu/present", "/proc/cmdline"]

    /// Captures a tree.
    ///
    /// - Parameters:
    ///   - tree: its files, below `sys` and `proc`.
    ///   - areas: what of it is captured, and not only looked at; nil for all.
    ///   - name: what errors call it.
    public init(
        of tree: FileTree, areas given: [String]? = nil, name: String, hints: Hints
    ) throws(CaptureError) {
        let blocks = try BlockFacts(tree, name: name)
        let system = SystemFacts(tree, blocks: blocks)
        let architecture = hints.architecture ?? system.architecture
        isGuess = architecture == nil
        let guess = MachineGuess(
            blocks: blocks, system: system,
            architecture: architecture ?? Self.architecture(blocks),
            abi: hints.abi ?? Self.abi(system, tree), pageSize: hints.pageSize ?? Self.pageSize(tree, blocks))
        var machine = try guess.description(name: name)
        let areas = given?.filter { tree[$0] != nil } ?? Self.areas(of: tree)
        let hidden = Self.companions.filter { tree[$0] == nil }
        let session = TreeSession(machine: Machine(booting: machine))
        let simulated = FileTree(of: session, areas: areas)
        let comparison = Comparison(captured: tree, simulated: simulated, areas: areas, isLive: hints.isLive)
        var records = Self.ways(to: areas).filter { !session.has($0) }
            .map { CapturedFiles.Record(PathPattern(path: $0), .directory) }
        records += Grouping.records(of: comparison.differences, in: tree)
        records += hidden.filter(session.has).map { CapturedFiles.Record(PathPattern(path: $0), .absent) }
        guard records.count <= CapturedFiles.mostRecords else {
            throw .input(
                "\(name): \(records.count) files of their own kind; at most \(CapturedFiles.mostRecords) can be kept")
        }
        machine.captured = CapturedFiles(areas: areas, records: records)
        machine.summary = Self.summary(blocks, system, guess)
        let count = areas.reduce(0) { $0 + (tree[$1]?.fileCount ?? 0) }
        let comment = [
            "A capture of \(CaptureError.visible(name)).",
            "Files that the simulator would show otherwise are at the end, as [[file]].",
        ]
        text = MachineText(machine, comment: comment).text
        self.machine = try Self.reread(text, name)
        fileCount = count
        simulatedCount = count - comparison.differences.count { $0.content != .absent && $0.content != .directory }
        try verify(tree, areas, isLive: hints.isLive, name)
    }

    /// What was written has to be what is read back.
    private static func reread(_ text: String, _ name: String) throws(CaptureError) -> MachineDescription {
        do throws(MachineFileError) { return try MachineFile.parse(text, name: "the capture of \(name)") } catch {
            throw .input("\(name): cannot be simulated: \(error.description)")
        }
    }

    /// The machine that boots from the capture has to show what was captured.
    private func verify(_ tree: FileTree, _ areas: [String], isLive: Bool, _ name: String) throws(CaptureError) {
        let simulated = FileTree(of: TreeSession(machine: Machine(booting: machine)), areas: areas)
        let comparison = Comparison(captured: tree, simulated: simulated, areas: areas, isLive: isLive)
        guard let first = comparison.differences.first else { return }
        throw .input(
            "\(name): cannot be simulated: \(comparison.differences.count) files would differ, the first is "
                + first.path.joined(separator: "/"))
    }

    /// The directories that areas are in, each once.
    private static func ways(to areas: [String]) -> [String] {
        var seen: Set<String> = []
        return areas.flatMap { area in
            let names = area.pathNames
            return (2..<max(2, names.count)).map { names[..<$0].map { "/" + $0 }.joined() }
        }.filter { seen.insert($0).inserted }
    }

    /// What tools look at beside a captured tree: where it was not captured, they are not to find a simulated one.
    private static let companions = ["/sys/module/memory_hotplug", "/sys/firmware/memory"]

    // MARK: Guesses

    /// The deepest directories that hold all there is, so that nothing is said of what is beside them.
    static func areas(of tree: FileTree) -> [String] {
        func below(_ path: String, _ tree: FileTree) -> [String] {
            let members = tree.members
            if ways.contains(path), tree.isDirectory {
                return members.sorted { $0.key < $1.key }.flatMap { below("\(path)/\($0.key)", $0.value) }
            }
            guard path != BlockFacts.path, !members.isEmpty, members.values.allSatisfy(\.isDirectory) else {
                return [path]
            }
            return members.sorted { $0.key < $1.key }.flatMap { below("\(path)/\($0.key)", $0.value) }
        }
        return ["/sys", "/proc"].flatMap { path in tree[path].map { below(path, $0) } ?? [] }
    }

    /// On the way to what no machine is without, nothing is an area: what is beside it may not go.
    private static let ways: Set = [
        "/sys", "/sys/devices", "/sys/devices/system", "/sys/kernel", "/sys/kernel/debug", "/proc",
    ]

    /// Where nothing says it: sizes and zones that only one of them has.
    private static func architecture(_ blocks: BlockFacts) -> Architecture {
        let zones = Set(blocks.blocks.compactMap(\.zone))
        if zones.contains(.highMem) { return .i386 }
        guard blocks.blockSize >= 128 << 20 else { return .ppc64 }
        // Memory begins at 0 on x86_64, and on IBM Z, where the first 2 GiB are DMA and there is no other low zone.
        guard blocks.blocks[0].number == 0 else { return .arm64 }
        let isZ = zones.contains(.dma) && !zones.contains(.dma32) && blocks.blockSize.isMultiple(of: 256 << 20)
        return isZ ? .s390x : .x86_64
    }

    private static func abi(_ system: SystemFacts, _ tree: FileTree) -> KernelABI {
        let memory = tree[BlockFacts.path]
        if let (major, minor) = system.kernel {
            // The generation that is nearest: what is between them changed with 4.13 and 6.6 above all.
            if (major, minor) >= (6, 6) { return .linux6_18 }
            return (major, minor) < (3, 18) ? .linux3_8 : .linux6_1
        }
        let nodes = tree["/sys/devices/system/node"]?.members.values
        let isNew = memory?["crash_hotplug"] != nil || nodes?.contains { $0["reclaim"] != nil } ?? false
        if isNew || tree["/sys/firmware/memory"] != nil { return .linux6_18 }
        let hasZones = memory?.members.values.contains { $0["valid_zones"] != nil } ?? false
        let isOld = memory?.members.values.contains { $0["end_phys_index"] != nil } ?? false
        return isOld && !hasZones ? .linux3_8 : .linux6_1
    }

    /// What a page has to have so that the pages of `zoneinfo` are the memory that is online.
    private static func pageSize(_ tree: FileTree, _ blocks: BlockFacts) -> UInt64? {
        guard let zoneinfo = tree.text("/proc/zoneinfo") else { return nil }
        let pages = zoneinfo.split(separator: "\n").reduce(UInt64(0)) { sum, line in
            let words = line.split(separator: " ")
            guard words.count == 2, words[0] == "present", let pages = UInt64(words[1]) else { return sum }
            return sum.addingReportingOverflow(pages).partialValue
        }
        let bytes = UInt64(blocks.blocks.count(where: \.isOnline)) * blocks.blockSize
        guard pages > 0, pages < 1 << 47 else { return nil }
        return [4096, 16384, 65536].min { a, b in
            func distance(_ size: UInt64) -> UInt64 { max(size * pages, bytes) - min(size * pages, bytes) }
            return distance(a) < distance(b)
        }
    }

    private static func summary(_ blocks: BlockFacts, _ system: SystemFacts, _ guess: MachineGuess) -> String {
        let (count, size) = (UInt64(blocks.blocks.count), blocks.blockSize)
        let total = count * size
        let amount = total >= 1 << 30 ? "\(total >> 30) GiB" : "\(total >> 20) MiB"
        let kernel = system.kernel.map { ", Linux \($0.major).\($0.minor)" } ?? ""
        return "captured: \(guess.architecture.rawValue), \(amount) in \(count) blocks of \(size >> 20) MiB\(kernel)"
    }
}
