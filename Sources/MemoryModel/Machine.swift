// SPDX-License-Identifier: Apache-2.0

import OrderedCollections

/// The whole state of a simulated machine.
///
/// A value: a copy is a snapshot. It is deterministic, with no clock, no I/O and no global state; all change goes
/// through ``apply(_:)``. Counts are pages of ``pageSize`` bytes unless they say otherwise.
public struct Machine: Sendable {
    /// As many blocks as a machine may have; a limit of the simulator's, not the kernel's.
    public static let mostBlocks: UInt64 = 4 << 20

    /// What it was booted from.
    public let description: MachineDescription
    /// What its kernel made of the command line.
    public let parameters: BootParameters
    /// Bytes in a memory block.
    public let blockSize: UInt64
    /// The possible nodes, ascending; the online ones have directories.
    public internal(set) var nodes: [Node]
    /// The memory blocks.
    public internal(set) var blocks = BlockTable()
    /// Physical address ranges and their owners.
    public internal(set) var resources: ResourceTree
    /// The firmware's memory map, as `/sys/firmware/memmap` numbers it.
    public internal(set) var firmwareMap = FirmwareMap()
    /// The slots for memory devices.
    public internal(set) var devices: [MemoryDevice]
    /// Groups of blocks added together.
    public internal(set) var groups: [MemoryGroup] = []
    /// Memory in use, by name, in order of allocation.
    var workloads: OrderedDictionary<String, Workload> = [:]
    /// Who is asked and told when memory comes and goes.
    public internal(set) var notifiers = NotifierChain()
    /// What happens to blocks that are added.
    public internal(set) var autoOnline: OnlineType
    /// How a zone is chosen for `online`.
    public internal(set) var policy: OnlinePolicy
    /// Objects whose runtime power management is forbidden.
    public internal(set) var runtimePowerForbidden: Set<KernelObject> = []
    /// Buses whose `drivers_autoprobe` is 0.
    public internal(set) var autoprobeOff: Set<KernelObject.Bus> = []
    /// Pages marked as broken and online, ascending.
    public internal(set) var poisonedPages: [PageFrame] = []
    /// Pages counted in HardwareCorrupted.
    public internal(set) var hardwareCorrupted: UInt64 = 0
    /// Where boot memory is reserved (kernel image, memory map), ascending ranges of page frames.
    public internal(set) var reserved: [Range<PageFrame>] = []
    /// The same with what each range is for, ascending; two of them may touch.
    public let bootReservations: [BootReservation]
    /// What was wrong with the command line and the firmware's tables, as the kernel's log says it.
    public internal(set) var complaints: [String]
    /// The boot memory allocator's lists, as boot left them; what is hot-added comes to them where the architecture keeps
    /// them.
    public internal(set) var memblock: Memblock
    /// Boot memory, ascending, each range on one node.
    let ram: [RAMRange]
    /// The firmware's idea of which node an address is on.
    let affinity: AffinityTable
    /// The firmware's idea of how far nodes are from each other.
    let distances: NodeDistances
    /// Boot memory in blocks that belong to several zones, by zone; it can never go offline.
    var mixedExtents: [ZoneExtent] = []
    /// The incarnations of blocks that were removed.
    var incarnations: [BlockID: UInt16] = [:]
    /// What the command under way has done so far.
    var changes: [Change] = []

    /// Part of a zone, as page frames.
    struct ZoneExtent: Sendable {
        let node: NodeID
        let zone: ZoneKind
        let pages: Range<PageFrame>
    }

    /// Bytes in a page.
    public var pageSize: UInt64 { description.architecture.pageSize }
    /// Pages in a block.
    public var pagesPerBlock: UInt64 { blockSize / pageSize }

    /// The page frames of a block.
    public func pages(of block: BlockID) -> Range<PageFrame> {
        let first = UInt64(block.rawValue) * pagesPerBlock
        return first..<first + pagesPerBlock
    }

    /// A possible node.
    ///
    /// - Precondition: the node is possible.
    public internal(set) subscript(node: NodeID) -> Node {
        get { nodes[position(of: node)] }
        _modify { yield &nodes[position(of: node)] }
    }

    /// A possible node, or nil.
    public func node(_ id: NodeID) -> Node? { nodes.first { $0.id == id } }

    private func position(of node: NodeID) -> Int {
        guard let position = nodes.firstIndex(where: { $0.id == node }) else {
            preconditionFailure("\(node) is not possible")
        }
        return position
    }

    /// The online nodes, ascending.
    public var onlineNodes: [Node] { nodes.filter(\.isOnline) }

    /// The distance between two nodes, as the firmware says (spec 11.3; 10 and 20 where it does not).
    public func distance(from: NodeID, to: NodeID) -> Int {
        distances.distance(from: from, to: to)
    }

    /// Does a command, or refuses it.
    ///
    /// A refused command changes nothing but what the kernel's own rules name: a sticky online type, calls of
    /// the notifier chain, a poison mark.
    public mutating func apply(_ command: Command) -> Outcome {
        changes.removeAll(keepingCapacity: true)
        do throws(Refusal) {
            try perform(command)
            return Outcome(changes: changes, refusal: nil)
        } catch {
            return Outcome(changes: changes, refusal: error)
        }
    }

    private mutating func perform(_ command: Command) throws(Refusal) {
        switch command {
        case .probe(let address): try probe(address)
        case .setState(let id, let type): try setState(of: id, to: type)
        case .setOnline(let id, let online): try setOnline(id, online)
        case .setAutoOnline(let type): set(\.autoOnline, to: type)
        case .softOffline(let address): try softOffline(address)
        case .hardOffline(let address): try hardOffline(address)
        case .plug(let id, let size, let node): try plug(id: id, size: size, node: node)
        case .unplug(let id): try unplug(id: id)
        case .eject(let slot): try eject(slot: slot)
        case .allocate(let workload): try allocate(workload)
        case .free(let name): try free(name: name)
        case .injectError(let action, let errno): set(\.notifiers.injected[action], to: errno)
        case .setOnlinePolicy(let kind): set(\.policy.kind, to: kind)
        case .setAutoMovableRatio(let ratio): set(\.policy.autoMovableRatio, to: ratio)
        case .setAutoMovableNumaAware(let aware): set(\.policy.autoMovableNumaAware, to: aware)
        case .setRuntimePower(let object, let allowed):
            if allowed { runtimePowerForbidden.remove(object) } else { runtimePowerForbidden.insert(object) }
            changes.append(.settingChanged)
        case .setAutoprobe(let bus, let on):
            if on { autoprobeOff.remove(bus) } else { autoprobeOff.insert(bus) }
            changes.append(.settingChanged)
        case .uevent(let object, let action, let arguments):
            changes.append(.uevent(object, action, arguments: arguments))
        }
    }

    private mutating func set<Value>(_ path: WritableKeyPath<Machine, Value>, to value: Value) {
        self[keyPath: path] = value
        changes.append(.settingChanged)
    }

    /// Adds a listener to the memory notifier chain.
    public mutating func register(_ listener: MemoryListener) { notifiers.register(listener) }
}
