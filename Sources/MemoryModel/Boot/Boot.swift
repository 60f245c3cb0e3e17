// SPDX-License-Identifier: Apache-2.0

extension Machine {
    /// Boots a machine (spec 11): from the firmware's tables and the command line to nodes, zones and blocks.
    ///
    /// Nobody hears of what is there at boot: it makes no changes.
    /// - Precondition: the description is one that can exist; `MachineFile` checks it.
    public init(booting description: MachineDescription) {
        let (architecture, geometry) = (description.architecture, description.geometry)
        let parameters = BootParameters(commandLine: description.commandLine)
        var memory = BootMemory(description, parameters)
        let ram = memory.ram
        memory.reserveNodeStructures(ram)

        self.description = description
        self.parameters = parameters
        self.ram = ram
        complaints = memory.complaints
        affinity = memory.affinity
        distances = memory.distances
        memblock = memory.memblock
        bootReservations = memory.reservations
        blockSize = description.blockSize(endOfMemory: memory.map.endOfMemory)
        pageSize = geometry.pageSize
        pagesPerBlock = blockSize / geometry.pageSize
        nodes = affinity.possible.enumerated().map { Node(id: $1, position: $0, architecture: architecture) }
        let layout = PageLayout(
            blockOrder: (blockSize / geometry.pageSize).trailingZeroBitCount, maxOrder: geometry.maxOrder,
            pageblockOrder: geometry.pageblockOrder)
        allocator = PageAllocator(
            layout: layout, nodes: nodes.count, zonesPerNode: architecture.zones.count,
            processors: Self.processorLimit(of: description))
        let highest = description.addressBits >= 64 ? UInt64.max : (1 << UInt64(description.addressBits)) - 1
        resources = ResourceTree(last: highest)
        knownContainers = description.containers
        devices = Array(repeating: MemoryDevice(), count: description.slots)
        autoOnline = description.abi.rules.bringsAddedOnline ? parameters.defaultState : .offline
        policy = description.abi.rules.hasPolicyParameters ? parameters.policy : OnlinePolicy()
        if policy.memmapOnMemory == .force, !description.abi.rules.hostsMapsPerBlock { policy.memmapOnMemory = .no }
        offlinePolicy = parameters.offlinePolicy
        migrationPolicy = parameters.migrationPolicy ?? description.abi.rules.migrationPolicy

        bringUpNodes()
        reserveBootMemory()
        layOutZones()
        memblock.clear(0..<UInt64.max, .hotplug)
        makeBootBlocks()
        refreshZones()
        makeStandbyBlocks()
        claimFirmwareRanges(memory.map)
        bringStandbyOnline()
        startWorkloads()
        setFaults()
        noteFreePages()
        latencies = parameters.latencies
    }

    /// What the machine file says is in use; for what there is no room, the machine complains.
    private mutating func startWorkloads() {
        for workload in description.workloads {
            for command in workload.commands {
                guard let refusal = apply(command).refusal else { continue }
                complaints.append("workload \(workload.name): \(refusal.reason); not started")
                break
            }
        }
        changes = []
    }

    /// What the machine file says is to go wrong: nothing that boot does.
    private mutating func setFaults() {
        for fault in description.faults {
            if let refusal = apply(.setFault(fault)).refusal {
                complaints.append("fault \(fault.name): \(refusal.reason); not set")
            }
        }
        changes = []
    }

    private mutating func bringUpNodes() {
        // A processor that is on no node of its own is on all of them (numa=fake).
        var homes = description.cpus.map { affinity.nodes(of: $0) }
        if homes.isEmpty { homes = [[nodes[0].id]] }
        for (number, ids) in homes.enumerated() {
            for id in ids {
                self[id].cpus.append(number)
                self[id].onlineCPUs.append(number)
            }
            processors.append(
                Processor(node: ids.first ?? nodes[0].id, container: nil, incarnation: 0, isOnline: true))
        }
        // The firmware lists those that are not there yet, too, and so they are possible.
        let foreseen = description.containers.reduce(homes.count) { $0 + $1.cpus }
        while processors.count < min(foreseen, pages.processors) { processors.append(nil) }
        for index in nodes.indices {
            let hasMemory = ram.contains { $0.node == nodes[index].id }
            nodes[index].isOnline = hasMemory || !nodes[index].cpus.isEmpty
        }
    }

    /// What boot kept, for whatever, never reaches the free lists.
    private mutating func reserveBootMemory() {
        reserved = bootReservations.reduce(into: []) { ranges, reservation in
            let pages = reservation.pages
            if let last = ranges.last, pages.lowerBound <= last.upperBound {
                ranges[ranges.count - 1] = last.lowerBound..<max(last.upperBound, pages.upperBound)
            } else {
                ranges.append(pages)
            }
        }
    }

    /// `/sys/firmware/memmap` shows what the firmware said, `/proc/iomem` what the kernel was told to make of it.
    private mutating func claimFirmwareRanges(_ map: BootMap) {
        for range in description.memory where description.architecture.hasFirmwareMemmap {
            firmwareMap.add(first: range.first, last: range.last, name: BootMap.Kind(range.kind).name)
        }
        // Standby memory that has to be configured is nobody's until then.
        for range in map.entries where range.kind != .standby || !description.configuresStandby {
            var first = range.first
            if first == 0, range.kind == .usable, description.architecture.keepsPageZero {
                try? resources.claim(first: 0, last: pageSize - 1, name: "Reserved", isBusy: false)
                first = pageSize
            }
            guard first <= range.last else { continue }
            try? resources.claim(
                first: first, last: range.last, name: range.kind.name, isBusy: range.kind.isBusy)
        }
        guard let image = bootReservations.first(where: { $0.kind == .image }).map({ $0.pages.lowerBound * pageSize })
        else { return }
        resources.describe(first: image, last: image + (18 << 20) - 1, name: "Kernel code")
        resources.describe(first: image + (18 << 20), last: image + (26 << 20) - 1, name: "Kernel rodata")
        resources.describe(first: image + (26 << 20), last: image + (29 << 20) - 1, name: "Kernel data")
        resources.describe(first: image + (30 << 20), last: image + (32 << 20) - 1, name: "Kernel bss")
    }
}
