// SPDX-License-Identifier: Apache-2.0

@testable import MemoryModel

/// What must hold of a machine at any time, checked against its blocks.
struct Invariants {
    let machine: Machine
    /// Zones as they were at boot, whose spans may have holes at their ends.
    var atBoot: [Node]
    /// Whether every page frame is looked at, too.
    var checksPages = true

    init(machine: Machine) {
        self.machine = machine
        atBoot = Machine(booting: machine.description).nodes
    }

    init(machine: Machine, atBoot: [Node]) {
        self.machine = machine
        self.atBoot = atBoot
    }

    /// What does not hold, in words.
    var violations: [String] {
        var found: [String] = []
        checkZones(&found)
        checkBlocks(&found)
        checkFreePages(&found)
        checkDevices(&found)
        checkContainers(&found)
        checkResources(&found)
        checkMemblock(&found)
        checkFaults(&found)
        if checksPages { found += PageInvariants(machine: machine).violations }
        return found
    }

    /// Faults count what they do, and hold nothing back for longer than they may.
    private func checkFaults(_ found: inout [String]) {
        for active in machine.faultList {
            let (fault, asked, hits) = (active.fault, active.asked, active.hits)
            let groups = asked / (fault.every ?? 1)
            let most = min(asked - groups * (fault.every ?? 1), 1) + groups
            if hits < min(groups, fault.next ?? .max) || hits > min(most, fault.next ?? .max) {
                found.append("fault \(fault.name) struck \(hits) of \(asked) times")
            }
        }
        for held in machine.faults.held where held.due <= machine.clock || !machine.faults.has(held.fault) {
            found.append("\(held.announcement) is held back for too long")
        }
        if let deadline = machine.deadline, deadline <= machine.clock { found.append("a time to act is over") }
    }

    private struct ZoneID: Hashable {
        let node: NodeID
        let kind: ZoneKind
    }

    /// What a zone's blocks, and its pages of blocks with several zones, add up to.
    private struct Sum {
        var present: UInt64 = 0
        var start = PageFrame.max
        var end: PageFrame = 0

        mutating func add(_ pages: Range<PageFrame>, present: UInt64) {
            self.present += present
            (start, end) = (min(start, pages.lowerBound), max(end, pages.upperBound))
        }
    }

    private var sums: [ZoneID: Sum] {
        var sums: [ZoneID: Sum] = [:]
        for block in machine.blocks {
            guard let zone = block.assignedZone ?? block.zone else { continue }
            let pages = block.assignedZone == nil ? machine.pages(of: block.id) : memory(of: block)
            sums[ZoneID(node: block.node, kind: zone), default: Sum()]
                .add(pages, present: block.accountedPages)
        }
        for extent in machine.mixedExtents {
            let ram = machine.ram.filter { $0.node == extent.node }.map { $0.pages.clamped(to: extent.pages) }
            sums[ZoneID(node: extent.node, kind: extent.zone), default: Sum()]
                .add(extent.pages, present: ram.reduce(0) { $0 + UInt64($1.count) })
        }
        return sums
    }

    /// The page frames of a block from the first to the last with memory.
    private func memory(of block: MemoryBlock) -> Range<PageFrame> {
        let range = machine.pages(of: block.id)
        guard block.isBoot else { return range }
        let parts = machine.ram.map { $0.pages.clamped(to: range) }.filter { !$0.isEmpty }
        return (parts.first?.lowerBound ?? range.lowerBound)..<(parts.last?.upperBound ?? range.upperBound)
    }

    private func checkZones(_ found: inout [String]) {
        let sums = sums
        for (node, boot) in zip(machine.nodes, atBoot) {
            for (zone, bootZone) in zip(node.zones, boot.zones) {
                let name = "\(node.id) \(zone.kind.name)"
                let sum = sums[ZoneID(node: node.id, kind: zone.kind)]
                if zone.present != sum?.present ?? 0 { found.append("\(name): \(zone), of its blocks \(sum as Any)") }
                if zone.managed > zone.present || zone.present > zone.spanned || zone.free > zone.managed {
                    found.append("\(name): not free <= managed <= present <= spanned: \(zone)")
                }
                if zone.presentEarly > zone.present { found.append("\(name): more early than present pages") }
                checkSpan(of: zone, bootZone, sum, name, &found)
            }
            let spans = node.zones.filter { $0.spanned > 0 }
            let hull = (spans.map(\.start).min() ?? 0, spans.map(\.end).max() ?? 0)
            if (node.start, node.start + node.spanned) != hull {
                found.append("\(node.id): span is not its zones' hull")
            }
            let populated = node.zones.map(\.kind).filter { sums[ZoneID(node: node.id, kind: $0)]?.present ?? 0 > 0 }
            if node.hasMemory == populated.isEmpty { found.append("\(node.id): has_memory is \(node.hasMemory)") }
            if node.hasNormalMemory == populated.filter({ $0 <= .normal }).isEmpty {
                found.append("\(node.id): has_normal_memory is \(node.hasNormalMemory)")
            }
            if !node.isOnline, node.hasMemory || !node.onlineCPUs.isEmpty {
                found.append("\(node.id): offline, yet in use")
            }
        }
    }

    private func checkSpan(of zone: Zone, _ bootZone: Zone, _ sum: Sum?, _ name: String, _ found: inout [String]) {
        guard machine.rules.zoneChoice == .whenOnline else {
            // A span grows over all that was ever given to the zone, and shrinks only where a block changes sides.
            guard let sum else { return }
            if zone.start > sum.start || zone.end < sum.end {
                found.append("\(name): spans \(zone.start) to \(zone.end), its blocks \(sum)")
            }
            return
        }
        // At boot a span has the limits of its zone, and so may begin or end in a hole.
        let (start, end) = (sum?.start ?? 0, sum?.end ?? 0)
        if zone.start != start, zone.start != bootZone.start { found.append("\(name): starts at \(zone.start)") }
        if zone.end != end, zone.end != bootZone.end { found.append("\(name): ends at \(zone.end)") }
    }

    private func checkBlocks(_ found: inout [String]) {
        if zip(machine.blocks, machine.blocks.dropFirst()).contains(where: { $0.id >= $1.id }) {
            found.append("blocks are not ascending")
        }
        let online = Set(machine.onlineNodes.map(\.id))
        let shared = Set(machine.mixedExtents.map { machine.block(ofPage: $0.pages.lowerBound) })
        for block in machine.blocks {
            if block.state == .goingOffline, machine.blockGoingOffline != block.id {
                found.append("\(block.id): stuck in going-offline")
            }
            if block.isOnline != (block.state != .offline) { found.append("\(block.id): online and state differ") }
            if block.isOnline, (block.zone == nil) != shared.contains(block.id) {
                found.append("\(block.id): in zone \(block.zone as Any), yet \(shared) are in several")
            }
            if !block.isOnline, block.zone != nil { found.append("\(block.id): offline in a zone") }
            checkAssignedZone(of: block, &found)
            if !online.isSuperset(of: block.nodes) { found.append("\(block.id): its node is offline") }
        }
    }

    private func checkAssignedZone(of block: MemoryBlock, _ found: inout [String]) {
        let isAssigned = block.assignedZone != nil
        if machine.rules.zoneChoice == .whenOnline {
            if isAssigned { found.append("\(block.id): has zone \(block.assignedZone as Any) before it is online") }
        } else if block.isOnline, block.zone != block.assignedZone {
            found.append("\(block.id): online in \(block.zone as Any), yet assigned to \(block.assignedZone as Any)")
        } else if !block.isOnline, !isAssigned {
            found.append("\(block.id): in no zone")
        }
    }

    private func checkFreePages(_ found: inout [String]) {
        for node in machine.nodes {
            for zone in node.zones {
                let sum = machine.freeChunks(of: zone).enumerated().reduce(0) { $0 + $1.element << UInt64($1.offset) }
                if sum != zone.free {
                    found.append("\(node.id) \(zone.kind.name): \(zone.free) free, in chunks \(sum)")
                }
            }
        }
        let broken = UInt64(machine.poisonedPages.count)
        if zip(machine.poisonedPages, machine.poisonedPages.dropFirst()).contains(where: { $0 >= $1 }) {
            found.append("poisoned pages are not ascending")
        }
        if broken > machine.hardwareCorrupted { found.append("more poisoned pages than HardwareCorrupted counts") }
    }

    private func checkDevices(_ found: inout [String]) {
        let modules = machine.devices.compactMap(\.module).sorted { $0.first < $1.first }
        for (lower, upper) in zip(modules, modules.dropFirst()) where lower.last >= upper.first {
            found.append("devices \(lower.id) and \(upper.id) overlap")
        }
        if Set(modules.map(\.id)).count != modules.count { found.append("two devices have one name") }
        for (slot, device) in machine.devices.enumerated() {
            for id in device.module?.blocks ?? [] where machine.blocks[id]?.device.map(Int.init) != slot {
                found.append("slot \(slot): \(id) does not point back")
            }
        }
        for block in machine.blocks {
            guard let slot = block.device else { continue }
            if machine.devices[Int(slot)].module?.blocks.contains(block.id) != true {
                found.append("\(block.id): slot \(slot) does not know it")
            }
        }
        for (index, group) in machine.groups.enumerated() {
            let members = machine.blocks.filter { $0.group == UInt16(index) }
            let movable = members.filter { $0.zone == .movable }.reduce(0) { $0 + $1.accountedPages }
            let online = members.reduce(0) { $0 + $1.accountedPages }
            if group.presentMovable != movable || group.presentKernel != online - movable {
                found.append("group \(index): \(group), of its blocks \(online - movable) and \(movable)")
            }
            if members.isEmpty, group.maxPages > 0 { found.append("group \(index): registered without blocks") }
            if members.count > 0, UInt64(members.count) * machine.pagesPerBlock > group.maxPages {
                found.append("group \(index): more blocks than its device has")
            }
        }
    }

    private func checkContainers(_ found: inout [String]) {
        let ids = machine.containers.map(\.id)
        if Set(ids).count != ids.count || Set(machine.containers.map(\.name)).count != ids.count {
            found.append("two containers have one id or name")
        }
        let named = machine.devices.compactMap(\.module?.container) + machine.processors.compactMap { $0?.container }
        for id in Set(named) where !ids.contains(id) { found.append("\(id): things of it are left behind") }
        for id in ids where !machine.slots(in: id).allSatisfy({ $0 < machine.devices.count }) {
            found.append("\(id): no such slot")
        }
        // Made-up nodes have each of the processors of the one they were cut from.
        for node in machine.nodes where machine.parameters.fakeNodes == nil {
            let here = machine.presentProcessors.filter { machine.processors[$0]?.node == node.id }
            if node.cpus != here { found.append("\(node.id): has \(node.cpus), not \(here)") }
            let running = here.filter { machine.processors[$0]?.isOnline == true }
            if node.onlineCPUs != running { found.append("\(node.id): runs \(node.onlineCPUs), not \(running)") }
        }
        if machine.onlineProcessors.isEmpty { found.append("no processor runs") }
        if machine.processors.count > machine.pages.processors { found.append("too many processors are possible") }
        for cpu in machine.processors.indices where machine.processors[cpu]?.isOnline != true {
            if machine.nodes.contains(where: { $0.zones.contains { machine.perCPUPages(of: $0, cpu: cpu) > 0 } }) {
                found.append("CPU \(cpu) does not run, yet has pages in stock")
            }
        }
    }

    private func checkResources(_ found: inout [String]) {
        func check(_ list: [ResourceTree.Resource], within first: UInt64, _ last: UInt64) {
            var next = first
            for resource in list {
                if resource.first < next || resource.last > last || resource.last < resource.first {
                    found.append("resource \(resource.name) at \(resource.first) is out of place")
                }
                next = resource.last &+ 1
                check(resource.children, within: resource.first, resource.last)
            }
        }
        check(machine.resources.resources, within: 0, machine.resources.last)
        for block in machine.blocks {
            let first = UInt64(block.id.rawValue) * machine.blockSize
            let needed: [(UInt64, UInt64)] =
                block.isBoot
                ? machine.ram.map { $0.pages.clamped(to: machine.pages(of: block.id)) }.filter { !$0.isEmpty }
                    .map { ($0.lowerBound * machine.pageSize, $0.upperBound * machine.pageSize - 1) }
                : [(first, first + (machine.blockSize - 1))]
            for (first, last) in needed where !isBusy(first, last, in: machine.resources.resources) {
                // What is not mapped is nobody's.
                let nomap = machine.description.memory.filter { $0.kind == .nomap }
                if nomap.contains(where: { $0.first <= first && last <= $0.last }) { continue }
                found.append("\(block.id): its memory is not claimed")
            }
        }
    }

    private func isBusy(_ first: UInt64, _ last: UInt64, in list: [ResourceTree.Resource]) -> Bool {
        let over = list.filter { $0.first <= last && first <= $0.last }
        guard let lowest = over.first, lowest.first <= first else { return false }
        if over.count == 1 { return lowest.last >= last && (lowest.isBusy || isBusy(first, last, in: lowest.children)) }
        // Boot memory whose node changes within a claim, or that a removal trimmed: neighbours without a gap.
        return zip(over, over.dropFirst()).allSatisfy { $0.last &+ 1 == $1.first } && over.allSatisfy(\.isBusy)
            && over[over.count - 1].last >= last
    }

    /// Memblock has what was there at boot, and what came since where the architecture keeps it.
    private func checkMemblock(_ found: inout [String]) {
        let memory = machine.memblock.memory.reduce(0) { $0 + UInt64($1.bytes.count) }
        let ram = machine.ram.reduce(0) { $0 + UInt64($1.pages.count) } * machine.pageSize
        let keeps = machine.description.architecture.keepsMemblock
        let added = keeps ? UInt64(machine.blocks.filter { !$0.isBoot }.count) * machine.blockSize : 0
        if memory != ram + added { found.append("memblock has \(memory) bytes of \(ram) and \(added) added") }
    }
}

extension MemoryBlock {
    /// Pages that its zone counts as present: not those of its own memory map while it goes offline (spec 7.1).
    fileprivate var accountedPages: UInt64 {
        guard isOnline else { return 0 }
        return UInt64(presentPages) - (state == .goingOffline ? UInt64(ownMapPages) : 0)
    }
}
