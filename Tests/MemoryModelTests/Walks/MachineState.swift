// SPDX-License-Identifier: Apache-2.0

@testable import MemoryModel

/// All of a machine that a command can change, to be compared.
struct MachineState: Equatable {
    var nodes: [Node]
    var blocks: BlockTable
    var resources: ResourceTree
    var firmwareMap: FirmwareMap
    var devices: [MemoryDevice]
    var containers: [ContainerDevice]
    var processors: [Processor?]
    var groups: [MemoryGroup]
    var workloads: [Workload]
    var injected: [MemoryAction: Errno]
    var autoOnline: OnlineType
    var policy: OnlinePolicy
    var runtimePowerForbidden: Set<KernelObject>
    var autoprobeOff: Set<KernelObject.Bus>
    var poisonedPages: [PageFrame]
    var hardwareCorrupted: UInt64
    var reserved: [Range<PageFrame>]
    var memblock: Memblock
    var incarnations: [BlockID: UInt16]
    var planTarget: NodeID?
    var question: Question?

    init(_ machine: Machine) {
        nodes = machine.nodes
        blocks = machine.blocks
        resources = machine.resources
        firmwareMap = machine.firmwareMap
        devices = machine.devices
        containers = machine.containers
        processors = machine.processors
        groups = machine.groups
        workloads = machine.workloadList
        injected = machine.notifiers.injected
        autoOnline = machine.autoOnline
        policy = machine.policy
        runtimePowerForbidden = machine.runtimePowerForbidden
        autoprobeOff = machine.autoprobeOff
        poisonedPages = machine.poisonedPages
        hardwareCorrupted = machine.hardwareCorrupted
        reserved = machine.reserved
        memblock = machine.memblock
        incarnations = machine.incarnations
        planTarget = machine.planTarget
        question = machine.question
    }

    /// What of it a command leaves alone when it is refused.
    func kept(byRefused command: Command) -> MachineState {
        var kept = self
        switch command {
        case .allocate, .probe:
            // To look for pages (a new block needs some for its memory map), the CPUs' stocks may have been emptied.
            kept.nodes = nodes.map(\.withoutFree)
        case .setState(let id, _), .setOnline(let id, _):
            // A zone's per-CPU lists are emptied for the attempt, whatever comes of it (spec 7.2).
            kept.nodes = nodes.map(\.withoutFree)
            // Of a zone that ended in a hole of boot memory, the span ends with what is online then, as in Linux.
            if command.bringsOnline { kept.nodes = kept.nodes.map(\.withoutSpans) }
            // The wanted type is stored before, and used up by the attempt (spec 3.1).
            if let position = kept.blocks.position(of: id) {
                kept.blocks[position].stickyType = nil
                guard kept.blocks[position].assignedZone != nil else { break }
                // The border of two zones has moved before the chain is asked, and stays (ABIRules.ZoneChoice).
                kept.blocks[position].assignedZone = .movable
            }
        case .hardOffline:
            // The mark stays, and is counted, though the page could not be isolated (spec 3.5).
            (kept.poisonedPages, kept.hardwareCorrupted) = ([], 0)
            for position in kept.blocks.indices { kept.blocks[position].poisoned = 0 }
        case .unplug, .unplugContainer:
            // Blocks that went offline come back in whatever zone the default policy says, or not at all (spec 8.4).
            (kept.nodes, kept.groups, kept.poisonedPages) = (
                nodes.map { Node(id: $0.id, position: 0, architecture: .x86_64) }, [], []
            )
            for position in kept.blocks.indices {
                kept.blocks[position].stickyType = nil
                kept.blocks[position].poisoned = 0
                kept.blocks[position].zone = nil
                kept.blocks[position].state = .offline
                kept.blocks[position].isOnline = false
                kept.blocks[position].content = nil
            }
        default: break
        }
        return kept
    }
}

extension Node {
    /// The node without its span and its zones'.
    fileprivate var withoutSpans: Node {
        var node = self
        (node.start, node.spanned) = (0, 0)
        for index in node.zones.indices { (node.zones[index].start, node.zones[index].spanned) = (0, 0) }
        return node
    }

    /// The node without its counts of free pages.
    fileprivate var withoutFree: Node {
        var node = self
        for index in node.zones.indices { node.zones[index].free = 0 }
        return node
    }
}

extension Command {
    /// Whether it is to bring a block online.
    fileprivate var bringsOnline: Bool {
        switch self {
        case .setState(_, let type): type != .offline
        case .setOnline(_, let online): online
        default: false
        }
    }
}
