// SPDX-License-Identifier: Apache-2.0

extension Machine {
    /// Boots a machine (spec 11): from the firmware's tables and the command line to nodes, zones and blocks.
    ///
    /// Nobody hears of what is there at boot: it makes no changes.
    /// - Precondition: the description is one that can exist; `MachineFile` checks it.
    public init(booting description: MachineDescription) {
        let architecture = description.architecture
        let parameters = BootParameters(commandLine: description.commandLine)
        let pageSize = architecture.pageSize
        let usable = description.memory.filter { $0.kind == .usable }.map { (first: $0.first, last: $0.last) }
            .sorted { $0.first < $1.first }
        let affinity = AffinityTable(description, ram: usable, numaOff: parameters.numaOff)

        self.description = description
        self.parameters = parameters
        self.affinity = affinity
        ram = affinity.split(usable, pageSize: pageSize, keepsPageZero: architecture.keepsPageZero)
        let endOfMemory = (usable.last?.last).map { $0 == .max ? $0 : $0 + 1 } ?? 0
        blockSize =
            description.blockSize
            ?? architecture.defaultBlockSize(endOfMemory: endOfMemory, hypervisor: description.hypervisor)
        nodes = affinity.possible.enumerated().map { Node(id: $1, position: $0, architecture: architecture) }
        let layout = PageLayout(
            blockOrder: (blockSize / pageSize).trailingZeroBitCount, maxOrder: architecture.maxOrder,
            pageblockOrder: architecture.pageblockOrder)
        pages = PageAllocator(
            layout: layout, nodes: nodes.count, zonesPerNode: architecture.zones.count,
            processors: Self.processorLimit(of: description))
        let highest = description.addressBits >= 64 ? UInt64.max : (1 << UInt64(description.addressBits)) - 1
        resources = ResourceTree(last: highest)
        devices = Array(repeating: MemoryDevice(), count: description.slots)
        autoOnline = parameters.defaultState
        policy = parameters.policy

        bringUpNodes()
        reserveBootMemory()
        layOutZones()
        makeBootBlocks()
        refreshZones()
        makeStandbyBlocks()
        claimFirmwareRanges()
        noteFreePages()
    }

    private mutating func bringUpNodes() {
        var homes = description.cpus.map { parameters.numaOff ? nodes[0].id : NodeID($0.node) }
        if homes.isEmpty { homes = [nodes[0].id] }
        for (number, id) in homes.enumerated() {
            self[id].cpus.append(number)
            self[id].onlineCPUs.append(number)
            processors.append(Processor(node: id, container: nil, incarnation: 0, isOnline: true))
        }
        // The firmware lists those that are not there yet, too, and so they are possible.
        let foreseen = description.containers.reduce(homes.count) { $0 + $1.cpus }
        while processors.count < min(foreseen, pages.processors) { processors.append(nil) }
        for index in nodes.indices {
            let hasMemory = ram.contains { $0.node == nodes[index].id }
            nodes[index].isOnline = hasMemory || !nodes[index].cpus.isEmpty
        }
    }

    /// What the kernel keeps for itself: low memory, its image, and each node's memory map at the node's top,
    /// where boot allocations come from (spec 11.2).
    private mutating func reserveBootMemory() {
        let image = kernelImage
        var taken = [image]
        if description.architecture.keepsPageZero { taken.append(1..<(1 << 20) / pageSize) }
        for node in nodes {
            let present = ram.lazy.filter { $0.node == node.id }.reduce(0) { $0 + UInt64($1.pages.count) }
            guard present > 0 else { continue }
            // 64 bytes of map per page. A hot-pluggable node's map lives on the kernel's own node (seed 003).
            let home = parameters.movableNode && isHotpluggable(node.id) ? kernelNode : node.id
            var left = (present * 64).roundedUp(to: 2 << 20).map { $0 / pageSize } ?? 0
            for memory in ram.reversed() where memory.node == home && left > 0 {
                for piece in free(memory.pages, beside: taken).reversed() where left > 0 {
                    let count = min(UInt64(piece.count), left)
                    taken.append(piece.upperBound - count..<piece.upperBound)
                    left -= count
                }
            }
        }
        reserved = taken.filter { !$0.isEmpty }.sorted { $0.lowerBound < $1.lowerBound }
    }

    private func free(_ pages: Range<PageFrame>, beside taken: [Range<PageFrame>]) -> [Range<PageFrame>] {
        taken.reduce(into: [pages]) { parts, other in parts = parts.flatMap { $0.without(other) } }
    }

    /// 32 MiB at 16 MiB, or at the start of the first memory large enough for it.
    var kernelImage: Range<PageFrame> {
        let (usual, size) = ((16 << 20) / pageSize, (32 << 20) / pageSize)
        for memory in ram {
            let start = memory.pages.contains(usual) ? usual : memory.pages.lowerBound
            if memory.pages.upperBound - start >= size { return start..<start + size }
        }
        return 0..<0
    }

    private var kernelNode: NodeID {
        let first = kernelImage.lowerBound
        return ram.first { $0.pages.contains(first) }?.node ?? nodes[0].id
    }

    private func isHotpluggable(_ node: NodeID) -> Bool {
        node != kernelNode && description.affinity.contains { $0.hotplug && NodeID($0.node) == node }
    }

    private mutating func layOutZones() {
        let architecture = description.architecture
        let end = ram.last?.pages.upperBound ?? 0
        var limits: [(kind: ZoneKind, pages: Range<PageFrame>)] = []
        var start = ram.first?.pages.lowerBound ?? 0
        for kind in architecture.zones where kind != .movable {
            let top = min(architecture.limit(of: kind).map { $0 / pageSize } ?? .max, end)
            limits.append((kind, start..<max(start, top)))
            start = max(start, top)
        }
        let highest = limits.last { !$0.pages.isEmpty }
        let nodesWithMemory = nodes.map(\.id).filter { id in ram.contains { $0.node == id } }
        let movable = MovableStart(
            description: description, parameters: parameters, ram: ram, nodes: nodesWithMemory,
            kernelNodes: [kernelNode], lowest: highest?.pages.lowerBound ?? 0
        ).starts()
        for id in nodesWithMemory { layOutZones(of: id, limits, movable[id]) }
    }

    private mutating func layOutZones(
        of id: NodeID, _ limits: [(kind: ZoneKind, pages: Range<PageFrame>)], _ movable: PageFrame?
    ) {
        let memory = ram.filter { $0.node == id }
        guard let first = memory.first?.pages.lowerBound, let end = memory.last?.pages.upperBound else { return }
        let whole = first..<end
        for (kind, pages) in limits {
            var span = pages.clamped(to: whole)
            let kernelEnd = movable ?? end
            if span.lowerBound >= kernelEnd { span = span.lowerBound..<span.lowerBound }
            // With mirrored memory the spans overlap; what is above Movable's start is not this zone's.
            let owned = span.clamped(to: first..<max(first, kernelEnd))
            if !parameters.kernelCoreMirror { span = owned }
            fill(kind, of: id, span: span, owned: owned)
        }
        if let movable { fill(.movable, of: id, span: movable..<end, owned: movable..<end) }
        self[id].start = first
        self[id].spanned = end - first
    }

    private mutating func fill(_ kind: ZoneKind, of id: NodeID, span: Range<PageFrame>, owned: Range<PageFrame>) {
        guard !span.isEmpty else { return }
        let memory = ram.filter { $0.node == id }.map { $0.pages.clamped(to: owned) }.filter { !$0.isEmpty }
        let present = memory.reduce(0) { $0 + UInt64($1.count) }
        let held = reserved.reduce(0) { sum, taken in
            sum + memory.reduce(0) { $0 + UInt64($1.clamped(to: taken).count) }
        }
        self[id].withZone(kind) { zone in
            (zone.start, zone.spanned) = (span.lowerBound, UInt64(span.count))
            (zone.present, zone.presentEarly) = (present, present)
            zone.managed = present - held
        }
    }

    private mutating func claimFirmwareRanges() {
        for range in description.memory {
            let name = range.kind == .reserved ? "Reserved" : "System RAM"
            if description.architecture.hasFirmwareMemmap {
                firmwareMap.add(first: range.first, last: range.last, name: name)
            }
            var first = range.first
            if first == 0, range.kind == .usable, description.architecture.keepsPageZero {
                try? resources.claim(first: 0, last: pageSize - 1, name: "Reserved", isBusy: false)
                first = pageSize
            }
            guard first <= range.last else { continue }
            try? resources.claim(
                first: first, last: range.last, name: name, isBusy: range.kind != .reserved)
        }
        let image = kernelImage.lowerBound * pageSize
        guard !kernelImage.isEmpty else { return }
        resources.describe(first: image, last: image + (18 << 20) - 1, name: "Kernel code")
        resources.describe(first: image + (18 << 20), last: image + (26 << 20) - 1, name: "Kernel rodata")
        resources.describe(first: image + (26 << 20), last: image + (29 << 20) - 1, name: "Kernel data")
        resources.describe(first: image + (30 << 20), last: image + (32 << 20) - 1, name: "Kernel bss")
    }
}
