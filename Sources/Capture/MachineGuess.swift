// SPDX-License-Identifier: Apache-2.0

import MachineFile
import MemoryModel

/// Finds the description of a machine that boots to the blocks and nodes of a captured one.
struct MachineGuess {
    let blocks: BlockFacts
    let system: SystemFacts
    let architecture: Architecture
    let abi: KernelABI
    let pageSize: UInt64?

    /// Blocks that are not of boot: in the zone that they were captured in, they came online later.
    private typealias Later = [UInt64: OnlineType]

    /// The description, without what differs in its files.
    ///
    /// - Parameter name: what errors call the capture.
    /// - Throws: where no such machine can be.
    func description(name: String) throws(CaptureError) -> MachineDescription {
        var later: Later = [:]
        for block in blocks.blocks where !block.isOnline { later[block.number] = .offline }
        var guess = try checked(describe(later), name)
        // A block of boot gets its zone from its address. One that was captured in another came later; that moves no
        // border of those that stay, but an end of a zone may have been its.
        for _ in 0..<3 {
            let machine = Machine(booting: guess)
            var changed = later
            for block in blocks.blocks {
                guard let zone = block.zone, let booted = machine.blocks[BlockID(UInt32(block.number))] else {
                    continue
                }
                guard (booted.zone == .movable) != (zone == .movable) else { continue }
                changed[block.number] = zone == .movable ? .onlineMovable : .onlineKernel
            }
            guard changed != later, let next = try? checked(describe(changed), name) else { break }
            (later, guess) = (changed, next)
        }
        return guess
    }

    private func checked(_ machine: MachineDescription, _ name: String) throws(CaptureError) -> MachineDescription {
        do throws(MachineFileError) {
            try MachineFile.check(machine, name: name)
        } catch {
            throw .input("\(name): cannot be simulated: \(error.keyPath.map { $0 + ": " } ?? "")\(error.reason)")
        }
        return machine
    }

    private func describe(_ later: Later) -> MachineDescription {
        let last = (blocks.blocks.last?.number ?? 0) * blocks.blockSize + (blocks.blockSize - 1)
        let bits = max(architecture.defaultAddressBits, 64 - last.leadingZeroBitCount)
        let nodes = affinity()
        let size = architecture.geometries.first { $0.pageSize == pageSize }?.pageSize
        return MachineDescription(
            abi: abi, architecture: architecture, commandLine: commandLine, pageSize: size, blockSize: blocks.blockSize,
            addressBits: bits, pagingLevels: last >> 46 == 0 ? 4 : 5, memory: memory(later), affinity: nodes,
            cpus: system.cpus.map { .init(node: $0) }, distances: system.distances, workloads: workloads,
            hasCrashHotplug: system.hasCrashHotplug || !abi.rules.hasCrashHotplug,
            configuresStandby: configuresStandby)
    }

    /// Where there is /sys/firmware/memory, which tells what else the firmware has.
    private var configuresStandby: Bool { architecture == .s390x && system.storage != nil }

    private var commandLine: String {
        var words = system.commandLine
        if let state = blocks.autoOnline, abi.rules.bringsAddedOnline,
            BootParameters(commandLine: words.joined(separator: " ")).defaultState != state
        {
            words.append("memhp_default_state=\(state.rawValue)")
        }
        return words.joined(separator: " ")
    }

    private func bytes(_ block: BlockFacts.Block) -> ClosedRange<UInt64> {
        block.number * blocks.blockSize...block.number * blocks.blockSize + (blocks.blockSize - 1)
    }

    // MARK: Memory

    /// The firmware's map as far as there are blocks for it, and whole blocks where it says nothing.
    private func memory(_ later: Later) -> [MachineDescription.FirmwareRange] {
        var ranges: [MachineDescription.FirmwareRange] = []
        func add(_ first: UInt64, _ last: UInt64, _ kind: MachineDescription.FirmwareRange.Kind, _ online: OnlineType?)
        {
            if let end = ranges.last, end.last &+ 1 == first, end.kind == kind, end.online == online {
                ranges[ranges.count - 1].last = last
            } else {
                ranges.append(.init(first: first, last: last, kind: kind, online: online))
            }
        }
        let usable = system.firmware.filter { $0.kind == .usable }
        for block in blocks.blocks {
            let range = bytes(block)
            if let type = later[block.number] {
                add(range.lowerBound, range.upperBound, .standby, type)
                continue
            }
            let parts = usable.filter { $0.first <= range.upperBound && range.lowerBound <= $0.last }
            if parts.isEmpty { add(range.lowerBound, range.upperBound, .usable, nil) }
            for part in parts {
                add(max(part.first, range.lowerBound), min(part.last, range.upperBound), .usable, nil)
            }
        }
        for number in configuresStandby ? system.storage ?? [] : [] {
            let (first, overflow) = number.multipliedReportingOverflow(by: blocks.blockSize)
            guard !overflow, !ranges.contains(where: { $0.first <= first && first <= $0.last }) else { continue }
            add(first, first + (blocks.blockSize - 1), .standby, nil)
        }
        let reserved = system.firmware.filter { $0.kind != .usable }.filter { range in
            !ranges.contains { $0.first <= range.last && range.first <= $0.last }
        }
        return (ranges + reserved).sorted { $0.first < $1.first }
    }

    /// What keeps blocks from going offline that were not removable: nobody knows what it was, a page is enough.
    private var workloads: [BootWorkload] {
        blocks.blocks.filter { $0.isUnremovable && $0.zone?.isKernelZone == true }.map { block in
            let workload = Workload(
                name: "unmovable-\(block.number)", kind: .kernel, block: BlockID(UInt32(block.number)), pages: 1)
            return .memory(workload, pinned: 0, isStalled: false)
        }
    }

    // MARK: Nodes

    private func affinity() -> [MachineDescription.Affinity] {
        var entries: [MachineDescription.Affinity] = []
        func add(_ node: Int, _ first: UInt64, _ last: UInt64) {
            // Holes between blocks of a node are the node's.
            if let end = entries.last, end.node == node {
                entries[entries.count - 1].last = last
            } else {
                entries.append(.init(node: node, first: first, last: last))
            }
        }
        for block in blocks.blocks {
            let range = bytes(block)
            let nodes = block.nodes.isEmpty ? [entries.last?.node ?? system.nodes.first ?? 0] : block.nodes
            let share = blocks.blockSize / UInt64(nodes.count)
            for (index, node) in nodes.enumerated() {
                let first = range.lowerBound + UInt64(index) * share
                add(node, first, index == nodes.count - 1 ? range.upperBound : first + share - 1)
            }
        }
        // A node without memory: some of it could be plugged in.
        let homeless = Set(system.cpus + system.nodes).subtracting(entries.map(\.node)).sorted()
        var next = (entries.map(\.last).max() ?? 0) + 1
        for node in homeless {
            entries.append(.init(node: node, first: next, last: next + blocks.blockSize - 1, hotplug: true))
            next += blocks.blockSize
        }
        return entries.count == 1 && entries[0].node == 0 ? [] : entries
    }
}
