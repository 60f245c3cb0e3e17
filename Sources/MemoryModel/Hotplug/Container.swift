// SPDX-License-Identifier: Apache-2.0

/// Container devices: a node's memory devices and processors come and go in one go (acpi_bus_scan and acpi_bus_trim with
/// the scan handlers of containers, memory devices and processors; seed 002, section 4.1).
extension Machine {
    /// Inserts a container. The kernel goes through the objects in it in namespace order: memory devices, then
    /// processors, which stay offline.
    ///
    /// - Throws: with nothing changed: ENODEV on a machine without ACPI, EEXIST for a name in use, EINVAL for a container
    ///   that cannot be, ENOSPC where slots, room or CPU numbers do not suffice.
    mutating func plug(_ container: MachineDescription.Container) throws(Refusal) {
        let named = NodeID(container.node)
        try check(container, named)
        // Where the kernel has nodes of its own making, processors are on one of those (acpi_get_node).
        let node = affinity.nodes(of: .init(node: container.node))[0]
        let numbers = try freeProcessorNumbers(container.cpus)
        let taken = Set(containers.lazy.filter { $0.id.kind == container.kind }.map(\.id.number))
        let id = ContainerID(kind: container.kind, number: (0...taken.count).first { !taken.contains($0) } ?? 0)
        let slots = try insertModules(of: container, id, named)

        let incarnation = newIncarnation()
        containers.append(ContainerDevice(id: id, name: container.name, node: node, incarnation: incarnation))
        changes.append(.containerAdded(id))
        for slot in slots {
            changes.append(.deviceChanged(slot: slot))
            bindDevice(slot: slot)
        }
        for number in numbers { addProcessor(number, node: node, container: id) }
        // Everything in it is there now (container_device_online).
        changes.append(.containerOnline(id))
        report(id.description, .deviceCheck, .success)
    }

    private func check(_ container: MachineDescription.Container, _ node: NodeID) throws(Refusal) {
        guard description.architecture.hasACPI else {
            throw Refusal(.noDevice, "\(description.architecture.rawValue) has no ACPI containers")
        }
        guard !containers.contains(where: { $0.name == container.name }) else {
            throw Refusal(.exists, "a container named \(container.name) is plugged in")
        }
        guard container.cpus > 0 || (container.cpus == 0 && !container.dimms.isEmpty) else {
            throw Refusal(.invalid, "the container is empty; give it CPUs or DIMMs")
        }
        guard firmwareHas(node) else { throw Refusal(.invalid, "\(node) is not possible on this machine") }
        for (index, size) in container.dimms.enumerated() {
            try checkDevice(id: container.dimmName(index), size: size, node: node)
            guard size.isMultiple(of: blockSize) else {
                throw Refusal(.invalid, "a DIMM's size is not a multiple of the block size, \(blockSize) bytes")
            }
        }
        let count = container.dimms.reduce(UInt64(0)) { $0 + $1 / blockSize }
        guard count + UInt64(blocks.count) <= Self.mostBlocks else {
            throw Refusal(.noRoom, "more than \(Self.mostBlocks) blocks")
        }
    }

    /// Puts a container's memory devices into slots: all of them, or none.
    private mutating func insertModules(
        of container: MachineDescription.Container, _ id: ContainerID, _ node: NodeID
    ) throws(Refusal) -> [Int] {
        var slots: [Int] = []
        do throws(Refusal) {
            for (index, size) in container.dimms.enumerated() {
                slots.append(
                    try insertModule(id: container.dimmName(index), size: size, node: node, container: id))
            }
        } catch {
            for slot in slots { devices[slot].module = nil }
            throw error
        }
        return slots
    }

    /// A container that is plugged in, or nil.
    public func container(_ id: ContainerID) -> ContainerDevice? { containers.first { $0.id == id } }

    /// The slots of a container's memory devices, in namespace order.
    public func slots(in container: ContainerID) -> [Int] {
        devices.indices.filter { devices[$0].module?.container == container }
    }

    /// The firmware asks for a container to be removed, and user space does what the kernel wants of it then: it takes
    /// everything in the container offline, memory in the two passes of an eject (spec 8.4), and the container itself.
    ///
    /// The kernel only announces the wish (acpi_scan_is_offline) and leaves the rest to a udev rule and a write to
    /// `eject`; this is all of that in one go, all or nothing.
    ///
    /// - Throws: ENOENT where no such container is plugged in, EBUSY where a block cannot go offline.
    mutating func unplugContainer(name: String) throws(Refusal) {
        guard let container = containers.first(where: { $0.name == name }) else {
            throw Refusal(.noEntry, "no container named \(name) is plugged in")
        }
        if let reason = ejectingDisabled(.container) {
            report(container.id.description, .ejectRequest, .notSupported)
            throw Refusal(.notPermitted, reason)
        }
        if container.isOnline { refuseUntilOffline(container.id, .ejectRequest) }
        try remove(container.id, container.isOnline ? .ejectBySystem : .ejectRequest, isAwaited: true)
    }

    /// A write of `1` to a container's `eject`, answered at once, so that a refusal reaches the log only. The kernel
    /// refuses as long as the container's system device is online, and tells user space (acpi_scan_hot_remove).
    ///
    /// - Throws: ENODEV for a container that is not plugged in, or where hotplug of containers is disabled.
    mutating func ejectContainer(_ id: ContainerID) throws(Refusal) {
        guard let container = container(id) else { throw Refusal(.noDevice, "no such container") }
        if let reason = ejectingDisabled(.container) { throw Refusal(.noDevice, reason) }
        if container.isOnline {
            refuseUntilOffline(id, .ejectBySystem)
            changes.append(.refused(Refusal(.busy, "\(id) is not offline")))
            return
        }
        // A kernel would crash on what came online after the container went offline.
        if let reason = whatIsOnline(in: id) {
            report(id.description, .ejectBySystem, .busy)
            changes.append(.refused(Refusal(.busy, reason)))
            return
        }
        do throws(Refusal) { try remove(id, .ejectBySystem, isAwaited: false) } catch {
            changes.append(.refused(error))
        }
    }

    /// A write to the `online` of a container's system device; to have the wanted state already is success.
    ///
    /// - Throws: ENODEV for a container that is not plugged in, EBUSY while something in it is online
    ///   (acpi_container_offline).
    mutating func setContainerOnline(_ id: ContainerID, _ online: Bool) throws(Refusal) {
        guard let place = containers.firstIndex(where: { $0.id == id }) else {
            throw Refusal(.noDevice, "the container was removed")
        }
        guard containers[place].isOnline != online else { return }
        if !online, let reason = whatIsOnline(in: id) { throw Refusal(.busy, reason) }
        containers[place].isOnline = online
        changes.append(online ? .containerOnline(id) : .containerOffline(id))
    }

    /// What in a container is not offline, in words; nil if everything is.
    private func whatIsOnline(in id: ContainerID) -> String? {
        for slot in slots(in: id) {
            if let block = onlineBlocks(slot: slot).first { return "\(block) is not offline" }
        }
        return processors(in: id).first { processors[$0]?.isOnline == true }.map { "cpu\($0) is not offline" }
    }

    /// Tells user space that a container has to go offline before it can be ejected, and the firmware that it is busy
    /// (acpi_scan_is_offline).
    private mutating func refuseUntilOffline(_ id: ContainerID, _ event: FirmwareEvent) {
        report(id.description, .ejectRequest, .inProgress)
        changes.append(.containerOfflineWanted(id))
        report(id.description, event, .busy)
    }

    private mutating func remove(_ id: ContainerID, _ event: FirmwareEvent, isAwaited: Bool) throws(Refusal) {
        let slots = slots(in: id)
        let queue = slots.flatMap { onlineBlocks(slot: $0) }
        try start(Ejection(slots: slots, container: id, event: event, queue: queue), isAwaited: isAwaited)
    }

    /// Takes a container's processors and its system device offline.
    mutating func takeOffline(_ id: ContainerID) throws(Refusal) {
        for number in processors(in: id) { try setProcessorOnline(number, false) }
        try setContainerOnline(id, false)
    }

    /// Forgets a container with nothing in it.
    mutating func forget(_ id: ContainerID) {
        containers.removeAll { $0.id == id }
        runtimePowerForbidden.remove(.container(id))
        runtimePowerForbidden.remove(.containerDevice(id))
        changes.append(.containerRemoved(id))
    }
}
