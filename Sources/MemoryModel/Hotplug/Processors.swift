// SPDX-License-Identifier: Apache-2.0

/// Processors that come and go with a container (acpi_processor_add, acpi_processor_remove), and go on- and offline
/// in between.
extension Machine {
    /// As many processors as a machine may have: CONFIG_NR_CPUS.
    public static let mostProcessors = 8192
    /// Processors that containers may bring which no machine file foresaw.
    public static let spareProcessors = 64

    /// How many processor numbers the machine can ever give out.
    static func processorLimit(of description: MachineDescription) -> Int {
        let foreseen = description.containers.reduce(max(1, description.cpus.count)) { $0 + $1.cpus }
        return min(mostProcessors, foreseen + spareProcessors)
    }

    /// A processor that is present, or nil.
    public func processor(_ number: Int) -> Processor? {
        processors.indices.contains(number) ? processors[number] : nil
    }

    /// The node of a processor; the first for one that is not present.
    public func node(ofProcessor number: Int) -> NodeID { processor(number)?.node ?? nodes[0].id }

    /// The numbers of the processors that are present, ascending.
    public var presentProcessors: [Int] { processors.indices.filter { processors[$0] != nil } }

    /// The numbers of the processors that run, ascending.
    public var onlineProcessors: [Int] { processors.indices.filter { processors[$0]?.isOnline == true } }

    /// The numbers of the processors that came in containers, ascending.
    public var removableProcessors: [Int] { processors.indices.filter { processors[$0]?.container != nil } }

    /// The numbers of a container's processors, ascending.
    public func processors(in container: ContainerID) -> [Int] {
        processors.indices.filter { processors[$0]?.container == container }
    }

    /// The processor that does what one was to do: itself, or another that runs.
    func running(_ number: Int) -> Int {
        if processor(number)?.isOnline == true { return number }
        return processors.firstIndex { $0?.isOnline == true } ?? 0
    }

    /// The lowest numbers that are free.
    ///
    /// - Throws: ENOSPC where there are not as many.
    func freeProcessorNumbers(_ count: Int) throws(Refusal) -> [Int] {
        let free = Array((0..<pages.processors).lazy.filter { processor($0) == nil }.prefix(max(0, count)))
        guard free.count == count else {
            throw Refusal(.noRoom, "only \(free.count) of \(pages.processors) CPU numbers are free")
        }
        return free
    }

    /// Registers a processor: it is present, and offline until somebody brings it online.
    mutating func addProcessor(_ number: Int, node: NodeID, container: ContainerID) {
        // A number that the firmware did not announce makes the possible ones more; a kernel would refuse it.
        while processors.count <= number { processors.append(nil) }
        let incarnation = newIncarnation()
        processors[number] = Processor(node: node, container: container, incarnation: incarnation, isOnline: false)
        self[node].cpus.insert(number, at: self[node].cpus.firstIndex { $0 > number } ?? self[node].cpus.count)
        changes.append(.cpuAdded(number))
    }

    /// Takes a processor that is offline away, and its node if that was the last thing on it (spec 8.2).
    mutating func removeProcessor(_ number: Int) {
        guard let processor = processor(number) else { return }
        processors[number] = nil
        self[processor.node].cpus.removeAll { $0 == number }
        runtimePowerForbidden.remove(.cpu(number))
        runtimePowerForbidden.remove(.processor(number))
        changes.append(.cpuRemoved(number))
        removeNodeIfEmpty(processor.node)
    }

    /// A write to a processor's `online`; to have the wanted state already is success.
    ///
    /// - Throws: ENODEV for a processor that is not present, EPERM for one of boot, which has no such file.
    mutating func setProcessorOnline(_ number: Int, _ online: Bool) throws(Refusal) {
        guard let processor = processor(number) else { throw Refusal(.noDevice, "there is no CPU \(number)") }
        guard processor.container != nil else { throw Refusal(.notPermitted, "CPU \(number) cannot be hot-plugged") }
        guard processor.isOnline != online else { return }
        if online { startProcessor(number, of: processor.node) } else { stopProcessor(number, of: processor.node) }
    }

    /// A processor's node comes online before it (cpu_up, try_online_node).
    private mutating func startProcessor(_ number: Int, of node: NodeID) {
        bringOnline(node)
        processors[number]?.isOnline = true
        let place = self[node].onlineCPUs.firstIndex { $0 > number } ?? self[node].onlineCPUs.count
        self[node].onlineCPUs.insert(number, at: place)
        refreshZones()
        changes.append(.cpuOnline(number))
    }

    /// What a processor has in stock goes back to the zones (page_alloc_cpu_dead).
    private mutating func stopProcessor(_ number: Int, of node: NodeID) {
        pages.drain(cpu: number)
        processors[number]?.isOnline = false
        self[node].onlineCPUs.removeAll { $0 == number }
        refreshZones()
        changes.append(.cpuOffline(number))
    }

    /// A number that tells a processor or container from its predecessors; 0 is boot's.
    mutating func newIncarnation() -> UInt16 {
        lastIncarnation = lastIncarnation == .max ? 1 : lastIncarnation + 1
        return lastIncarnation
    }
}
