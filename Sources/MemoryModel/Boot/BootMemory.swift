// SPDX-License-Identifier: Apache-2.0

/// From the firmware's tables to memory whose nodes are known: what the kernel does before it brings nodes up
/// (spec 11.2, 11.3; setup_arch, numa_init; seed 003).
struct BootMemory {
    /// The map it boots with.
    let map: BootMap
    /// Memory, with nodes and flags, and what is reserved so far.
    private(set) var memblock: Memblock
    /// Which node an address is on.
    private(set) var affinity: AffinityTable
    /// How far nodes are from each other.
    private(set) var distances: NodeDistances
    /// What was reserved, and for what.
    private(set) var reservations: [BootReservation] = []
    /// What went wrong, as the kernel's log says it.
    private(set) var complaints: [String]

    private let pageSize: UInt64

    init(_ description: MachineDescription, _ parameters: BootParameters) {
        let architecture = description.architecture
        let pageSize = description.geometry.pageSize
        self.pageSize = pageSize
        map = BootMap(description, parameters)
        var memblock = Memblock(pageSize: pageSize)
        for entry in map.entries where entry.kind == .usable || entry.kind == .nomap {
            memblock.add(
                Self.wholePages(entry.first, entry.last, pageSize), flags: entry.kind == .nomap ? .nomap : [])
        }
        // Page 0 is set aside where the firmware may use it (spec 11.1).
        if architecture.keepsPageZero { memblock.remove(0..<pageSize) }
        let ram = memblock.memory.map { (first: $0.bytes.lowerBound, last: $0.bytes.upperBound - 1) }
        self.memblock = memblock
        affinity = AffinityTable(description, ram: ram, numaOff: parameters.numaOff)
        distances = NodeDistances(description.distances)
        complaints = parameters.complaints + map.complaints + [affinity.complaint].compactMap { $0 }
        if affinity.isFirmwares, let complaint = distances.complaint { complaints.append(complaint) }

        // Until the SRAT is read nobody knows what is hot-pluggable.
        self.memblock.avoidsHotpluggable = parameters.movableNode
        self.memblock.isBottomUp = parameters.movableNode
        if architecture.keepsPageZero { reserve(0..<1 << 20, for: .low) }
        if let image { reserve(image, for: .image) }
        for region in memblock.memory where region.flags.contains(.nomap) { note(region.bytes, for: .nomap) }
        if parameters.kernelCoreMirror { markMirrored(description) }
        if affinity.isFirmwares { markHotpluggable(description) }
        if let nodes = parameters.fakeNodes {
            makeUp(nodes, border: architecture.limit(of: .dma32, memoryFrom: ram.first?.first ?? 0))
        }
        for range in affinity.split(ram, pageSize: pageSize, keepsPageZero: architecture.keepsPageZero) {
            self.memblock.setNode(range.node, of: range.pages.lowerBound * pageSize..<range.pages.upperBound * pageSize)
        }
        for entry in affinity.entries { self.memblock.setNode(entry.node, ofReserved: entry.bytes) }
        self.memblock.clearHotplugOfNodesInUse()
        self.memblock.isBottomUp = false
    }

    /// The whole pages within a range; none where it has none.
    private static func wholePages(_ first: UInt64, _ last: UInt64, _ pageSize: UInt64) -> Range<UInt64> {
        let start = first.roundedUp(to: pageSize) ?? .max
        let end = (last == .max ? last : last + 1) / pageSize * pageSize
        return start..<max(start, end)
    }

    private mutating func makeUp(_ wanted: BootParameters.FakeNodes, border: UInt64?) {
        guard let nodes = NodeEmulation(wanted, of: affinity, ram: memblock.memory.map(\.bytes), border: border) else {
            return complaints.append("numa=fake=: not enough memory for each node; ignored")
        }
        affinity.emulate(nodes)
        distances.emulate(nodes)
    }

    /// Where the boot loader puts the kernel: 32 MiB at 16 MiB, or at the start of the first memory large enough.
    private var image: Range<UInt64>? {
        let (usual, size): (UInt64, UInt64) = (16 << 20, 32 << 20)
        for region in memblock.memory where !region.flags.contains(.nomap) {
            let start = region.bytes.contains(usual) ? usual : region.bytes.lowerBound
            if region.bytes.upperBound - start >= size { return start..<start + size }
        }
        return nil
    }

    /// The kernel asks which memory is mirrored only if it was told to live there.
    private mutating func markMirrored(_ description: MachineDescription) {
        for range in description.memory where range.isMirrored && range.kind == .usable {
            memblock.mark(Self.wholePages(range.first, range.last, pageSize), .mirror)
        }
    }

    private mutating func markHotpluggable(_ description: MachineDescription) {
        for range in description.affinity where range.hotplug {
            let first = range.first / pageSize * pageSize
            memblock.mark(first..<(range.last == .max ? range.last : range.last + 1), .hotplug)
        }
    }

    // MARK: - What the kernel takes

    private mutating func reserve(_ bytes: Range<UInt64>, for kind: BootReservation.Kind) {
        memblock.reserve(bytes)
        note(bytes, for: kind)
    }

    private mutating func note(_ bytes: Range<UInt64>, for kind: BootReservation.Kind) {
        let pages = bytes.lowerBound / pageSize..<(bytes.upperBound + pageSize - 1) / pageSize
        reservations.append(BootReservation(pages: pages, kind: kind))
    }

    /// Takes what each node's own structures need: its memory map, and its node data just below; the node data of
    /// possible nodes without memory can live anywhere (sparse_init, numa_init, free_area_init).
    ///
    /// All is taken from the top of the node itself, but where that is hot-pluggable and not to be used: then it lives on
    /// another (seed 003). A kernel takes the node data first, and the map begins up to 2 MiB lower; here the top of a node
    /// is whole units of map.
    mutating func reserveNodeStructures(_ ram: [RAMRange]) {
        let sizes = Dictionary(grouping: ram, by: \.node).mapValues { ranges in
            ranges.reduce(0) { $0 + UInt64($1.pages.count) }
        }
        for node in affinity.possible { reserveMap(of: node, pages: sizes[node] ?? 0) }
        for node in affinity.possible { reserveNodeData(of: node, on: sizes[node] == nil ? nil : node) }
        reservations.sort { $0.pages.lowerBound < $1.pages.lowerBound }
    }

    /// What the kernel keeps of a node (pgdat): 172 KiB on a 64-bit kernel for 1024 nodes.
    private mutating func reserveNodeData(of node: NodeID, on home: NodeID?) {
        let size = UInt64(172 << 10).roundedUp(to: pageSize) ?? 0
        if let taken = memblock.allocate(size, alignment: pageSize, node: home) { note(taken, for: .nodeData(node)) }
    }

    /// 64 bytes for each page, mapped by 2 MiB: in one piece on the node, or in such pieces wherever there is room.
    private mutating func reserveMap(of node: NodeID, pages: UInt64) {
        let unit: UInt64 = 2 << 20
        guard var left = (pages * 64).roundedUp(to: unit) else { return }
        if let whole = memblock.allocate(left, alignment: unit, node: node, exactly: true) {
            return note(whole, for: .memmap(node))
        }
        // Where not even one unit is left in one piece, single pages have to do.
        for unit in [unit, pageSize] {
            while left > 0, let piece = memblock.allocateUpTo(left, unit: unit, node: node) {
                note(piece, for: .memmap(node))
                left -= UInt64(piece.bytes.count)
            }
        }
    }

    private mutating func note(_ taken: Memblock.Allocation, for kind: BootReservation.Kind) {
        note(taken.bytes, for: kind)
        guard taken.lacksMirror else { return }
        complaints.append("could not allocate \(taken.bytes.count) bytes of mirrored memory")
    }

    /// Memory by node, in whole pages: hot-pluggable or not makes no difference any more.
    var ram: [RAMRange] {
        var plain = memblock
        plain.clear(0..<UInt64.max, .hotplug)
        return plain.memory.compactMap { region in
            guard let node = region.node else { return nil }
            let pages = region.bytes.lowerBound / pageSize..<region.bytes.upperBound / pageSize
            return RAMRange(node: node, pages: pages, isMirrored: region.flags.contains(.mirror))
        }
    }
}
