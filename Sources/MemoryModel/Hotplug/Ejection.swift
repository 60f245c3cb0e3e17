// SPDX-License-Identifier: Apache-2.0

/// The removal of a memory device, or of a container with several of them: the blocks go offline one after the other,
/// in two passes (spec 8.4).
struct Ejection: Sendable, Codable {
    /// The devices that go, in namespace order.
    let slots: [Int]
    /// The container that goes with them.
    var container: ContainerID?
    /// Who asked for it.
    let event: FirmwareEvent
    /// Blocks still to be tried in this pass.
    var queue: [BlockID]
    /// Blocks that the first pass could not take offline.
    var failed: [BlockID] = []
    /// Blocks that were online and are offline now.
    var done: [BlockID] = []
    var isSecondPass = false
    /// The block that is going offline.
    var current: Offlining?

    /// The ACPI name of what is ejected.
    var device: String { container?.description ?? slots.first.map(KernelObject.deviceName) ?? "" }
}

/// Ejecting memory devices and containers: all of it, or nothing (spec 8.4).
extension Machine {
    /// Offlines a device's blocks, removes them and ejects it; or puts back what was taken offline.
    ///
    /// - Parameter isAwaited: whether the answer is the command's.
    mutating func hotRemove(slot: Int, _ event: FirmwareEvent, isAwaited: Bool) throws(Refusal) {
        guard devices[slot].module != nil else { return }
        try start(Ejection(slots: [slot], event: event, queue: onlineBlocks(slot: slot)), isAwaited: isAwaited)
    }

    /// Begins an ejection, and tells the firmware so (acpi_generic_hotplug_event).
    mutating func start(_ ejection: Ejection, isAwaited: Bool) throws(Refusal) {
        report(ejection.device, .ejectRequest, .inProgress)
        try run(.eject(ejection), isAwaited: isAwaited)
    }

    /// The blocks that a device's removal has to take offline, ascending. Those that came to the range after it was
    /// bound go with it; a live kernel would crash on them.
    func onlineBlocks(slot: Int) -> [BlockID] {
        guard let module = devices[slot].module, module.isBound else { return [] }
        return blockIDs(first: module.first, size: module.size).filter { blocks[$0]?.isOnline == true }
    }

    private mutating func removeModule(slot: Int) {
        devices[slot].module = nil
        changes.append(.deviceChanged(slot: slot))
    }

    /// Goes on as far as the pages can move.
    ///
    /// - Returns: whether the devices are gone.
    /// - Throws: EBUSY when a block cannot go offline; the others are online again then.
    mutating func advance(_ ejection: inout Ejection) throws(Refusal) -> Bool {
        while true {
            do throws(Refusal) {
                if var current = ejection.current {
                    guard try advance(&current) else {
                        ejection.current = current
                        return false
                    }
                    ejection.done.append(current.block)
                    ejection.current = nil
                }
                guard !ejection.queue.isEmpty else {
                    guard !ejection.failed.isEmpty, !ejection.isSecondPass else { break }
                    (ejection.queue, ejection.failed, ejection.isSecondPass) = (ejection.failed, [], true)
                    continue
                }
                ejection.current = try beginOfflining(try position(of: ejection.queue[0]))
                ejection.queue.removeFirst()
            } catch {
                // What was given up under way is in no queue any more.
                let id = ejection.current?.block ?? ejection.queue.removeFirst()
                ejection.failed.append(id)
                ejection.current = nil
                guard ejection.isSecondPass else { continue }
                giveUp(&ejection)
                throw Refusal(.busy, "Offline failed: \(error.reason)")
            }
        }
        guard rules.removesMemory || !ejection.slots.contains(where: { devices[$0].module?.isBound == true }) else {
            throw Refusal(.busy, "its memory is offline and stays: this kernel removes none")
        }
        try removeAll(of: ejection)
        return true
    }

    /// Removes what is offline now. In a container, what came last goes first (acpi_bus_trim).
    private mutating func removeAll(of ejection: Ejection) throws(Refusal) {
        if let container = ejection.container {
            try takeOffline(container)
            for number in processors(in: container).reversed() { removeProcessor(number) }
        }
        for slot in ejection.slots.reversed() { try removeDevice(slot: slot) }
        if let container = ejection.container { forget(container) }
    }

    private mutating func removeDevice(slot: Int) throws(Refusal) {
        guard let module = devices[slot].module else { return }
        if module.isBound {
            let ids = blockIDs(first: module.first, size: module.size)
            let groups = Set(ids.compactMap { blocks[$0]?.group })
            try removeMemory(first: module.first, size: module.size)
            for group in groups { self.groups[Int(group)] = MemoryGroup(node: module.node, maxPages: 0) }
        }
        removeModule(slot: slot)
    }

    /// Brings back online, with the default type, what this attempt took offline.
    mutating func giveUp(_ ejection: inout Ejection) {
        if let current = ejection.current { abandon(current, Refusal(.interrupted, "signal backoff")) }
        ejection.current = nil
        for id in ejection.done.sorted() { try? setOnline(id, true) }
    }
}
