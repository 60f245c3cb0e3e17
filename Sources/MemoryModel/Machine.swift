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
    /// Bytes in a page.
    public let pageSize: UInt64
    /// Pages in a block.
    public let pagesPerBlock: UInt64
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
    /// The storage of an IBM Z partition, ascending, on kernels that configure it.
    public internal(set) var storage: [StorageBlock] = []
    /// The container devices that the firmware knows of.
    public internal(set) var knownContainers: [MachineDescription.Container]
    /// The container devices that are plugged in, in the order they were.
    public internal(set) var containers: [ContainerDevice] = []
    /// The possible processors by number; nil where none is present.
    public internal(set) var processors: [Processor?] = []
    /// What the last processor or container to come was told from its predecessors by.
    var lastIncarnation: UInt16 = 0
    /// Groups of blocks added together.
    public internal(set) var groups: [MemoryGroup] = []
    /// All page frames: free lists, and who owns the rest.
    var pages: PageAllocator {
        _read { yield allocator }
        _modify {
            // A copy of the machine keeps what it has.
            allocator.unshare()
            yield &allocator
        }
    }
    var allocator: PageAllocator
    /// What the zonelists were built for.
    var zonelistState = ZonelistState()
    /// Memory in use, by name, in order of allocation.
    var workloads: OrderedDictionary<String, ActiveWorkload> = [:]
    /// What holds the hotplug lock and waits: for pages that cannot move yet.
    var underway: HotplugWork?
    /// Commands that wait for the hotplug lock.
    var waiting: [WaitingCommand] = []
    var lastTicket: UInt64 = 0
    /// Answers, in this command, to commands that had to wait.
    var finished: [Answer] = []
    /// What goes wrong on demand.
    var faults = FaultList()
    /// How long what it is asked takes, once it is booted.
    public var latencies = Latencies()
    /// Answers that come later.
    var late: [LateAnswer] = []
    /// Where their pages go.
    public internal(set) var migrationPolicy: MigrationPolicy
    /// How blocks are emptied.
    public internal(set) var offlinePolicy: OfflinePolicy
    /// What the latest lookup of a moved page found.
    public internal(set) var lastFound: FoundPage?
    /// Lookups of moved pages that found one.
    public internal(set) var migrationCacheHits: UInt64 = 0
    /// Lookups of moved pages that found none.
    public internal(set) var migrationCacheMisses: UInt64 = 0
    /// The calls of the notifier chain.
    var notifierCalls = RecentLog<NotifierCall>()
    /// What the firmware was told.
    var firmwareReports = RecentLog<FirmwareReport>()
    /// Handlers of ACPI devices that were told to eject nothing.
    public internal(set) var hotplugDisabled: Set<HotplugProfile> = []
    /// Milliseconds since boot, as far as the machine was told.
    public internal(set) var clock: UInt64 = 0
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
    /// What came of pages that broke, by node.
    public internal(set) var memoryFailures: [NodeID: MemoryFailures] = [:]
    /// The node whose removal was planned last, if that was asked.
    public internal(set) var planTarget: NodeID?
    /// What was asked last to be explained.
    public internal(set) var question: Question?
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
    struct ZoneExtent: Sendable, Codable {
        let node: NodeID
        let zone: ZoneKind
        let pages: Range<PageFrame>
    }

    /// The latest calls of the notifier chain, oldest first.
    public var notifierLog: [NotifierCall] { notifierCalls.latest }
    /// The page frames of a block.
    public func pages(of block: BlockID) -> Range<PageFrame> {
        let first = UInt64(block.rawValue) * pagesPerBlock
        return first..<first + pagesPerBlock
    }

    /// A possible node.
    ///
    /// - Precondition: the node is possible.
    public internal(set) subscript(node: NodeID) -> Node {
        _read { yield nodes[position(of: node)] }
        _modify { yield &nodes[position(of: node)] }
    }

    /// A possible node, or nil.
    public func node(_ id: NodeID) -> Node? { knownPosition(of: id).map { nodes[$0] } }

    private func knownPosition(of id: NodeID) -> Int? {
        // Few machines have gaps in their numbers.
        if nodes.indices.contains(id.rawValue), nodes[id.rawValue].id == id { return id.rawValue }
        return nodes.firstIndex { $0.id == id }
    }

    func position(of node: NodeID) -> Int {
        guard let position = knownPosition(of: node) else {
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

    /// Does a command, refuses it, or keeps it waiting: for the hotplug lock, or for pages that cannot move yet
    /// (spec 1.6, 7.4). What waits is answered in the outcome of a later command.
    ///
    /// A refused command changes nothing but what the kernel's own rules name: a sticky online type, calls of
    /// the notifier chain, a poison mark, pages that were moved already.
    public mutating func apply(_ command: Command) -> Outcome {
        changes.removeAll(keepingCapacity: true)
        finished.removeAll(keepingCapacity: true)
        var outcome = Outcome(changes: [], refusal: nil)
        if underway != nil, command.needsHotplugLock {
            let ticket = newTicket()
            waiting.append(WaitingCommand(ticket: ticket, command: command))
            outcome.waiting = ticket
            return outcome
        }
        do throws(Refusal) { outcome.waiting = try start(command) } catch { outcome.refusal = error }
        // A question is no occasion to try again.
        if outcome.waiting == nil, !answers(command) {
            continueWork()
            if outcome.refusal == nil { outcome.waiting = answerLater(command) }
        }
        answerLate()
        noteFreePages()
        (outcome.changes, outcome.withheld) = announce(changes)
        outcome.finished = finished
        return outcome
    }

    /// Does a command. If it began something that has to wait, that has the lock from now on.
    ///
    /// - Returns: what to ask for the answer with, if there is none yet.
    mutating func start(_ command: Command) throws(Refusal) -> Ticket? {
        let before = underway?.ticket
        try perform(command)
        guard let underway, underway.ticket != before, underway.isAwaited else { return nil }
        return underway.ticket
    }

    /// A number that no command that waits has had.
    mutating func newTicket() -> Ticket {
        lastTicket += 1
        return Ticket(lastTicket)
    }

    /// Copies the counts of free pages to the zones.
    mutating func noteFreePages() {
        for node in nodes.indices {
            for zone in nodes[node].zones.indices {
                let free = allocator.zones[nodes[node].zones[zone].number].free
                if nodes[node].zones[zone].free != free { nodes[node].zones[zone].free = free }
            }
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
        case .configure(let id, let on): try configure(id, on)
        case .setHostsMap(let id, let on): try setHostsMap(of: id, on)
        case .describeContainers(let containers): set(\.knownContainers, to: containers)
        case .plugContainer(let container): try plug(container)
        case .unplugContainer(let name): try unplugContainer(name: name)
        case .ejectContainer(let id): try ejectContainer(id)
        case .setContainerOnline(let id, let online): try setContainerOnline(id, online)
        case .setProcessorOnline(let number, let online): try setProcessorOnline(number, online)
        case .allocate(let workload): try allocate(workload)
        case .free(let name, let count): try free(name: name, count)
        case .touch(let name, let count, let write): try touch(name: name, count, write: write)
        case .pin(let name, let count, let on): try pin(name: name, count, on)
        case .stall(let name, let on): try stall(name: name, on)
        case .background(let load): try background(load)
        case .setHugePages(let node, let count): setHugePages(of: node, to: count)
        case .reclaim(let node, let count): try reclaim(count, from: node)
        case .avoid(let blocks, let on): try avoid(blocks, on)
        case .findMoved(let frame): try findMoved(frame)
        case .interrupt(let ticket): interrupt(ticket)
        case .tick(let milliseconds): clock += milliseconds
        case .injectError(let action, let errno): set(\.notifiers.injected[action], to: errno)
        case .setOnlinePolicy(let kind): set(\.policy.kind, to: kind)
        case .setAutoMovableRatio(let ratio): set(\.policy.autoMovableRatio, to: ratio)
        case .setAutoMovableNumaAware(let aware): set(\.policy.autoMovableNumaAware, to: aware)
        case .setOfflinePolicy(let policy): set(\.offlinePolicy, to: policy)
        case .setMigrationPolicy(let policy): set(\.migrationPolicy, to: policy)
        case .setHotplugEnabled(let profile, let on):
            if on { hotplugDisabled.remove(profile) } else { hotplugDisabled.insert(profile) }
            changes.append(.settingChanged)
        case .setRuntimePower(let object, let allowed):
            if allowed { runtimePowerForbidden.remove(object) } else { runtimePowerForbidden.insert(object) }
            changes.append(.settingChanged)
        case .setAutoprobe(let bus, let on):
            if on { autoprobeOff.remove(bus) } else { autoprobeOff.insert(bus) }
            changes.append(.settingChanged)
        case .plan(let node): try askPlan(of: node)
        case .ask(let question): try ask(question)
        case .setFault(let fault): try set(fault)
        case .clearFaults(let name): try clearFaults(name)
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
