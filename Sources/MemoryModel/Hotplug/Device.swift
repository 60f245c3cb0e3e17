// SPDX-License-Identifier: Apache-2.0

/// Memory devices (PNP0C80): plugged by the firmware, ejected by the kernel (spec 4, ACPI add; 8.4).
extension Machine {
    /// Inserts a memory device in the first empty slot. The firmware places it at the lowest free address of a
    /// hot-pluggable range, whatever node it names.
    ///
    /// It knows nothing of blocks: a device that is not made of whole ones is in its place, and the kernel leaves it alone.
    ///
    /// - Throws: EEXIST for a name in use, EINVAL for a size that is not a multiple of 2 MiB or an impossible node,
    ///   ENOSPC where there is no slot, no room or no block number left.
    mutating func plug(id: String, size: UInt64, node: NodeID) throws(Refusal) {
        try checkDevice(id: id, size: size, node: node)
        guard size / blockSize + UInt64(blocks.count) <= Self.mostBlocks else {
            throw Refusal(.noRoom, "more than \(Self.mostBlocks) blocks")
        }
        let slot = try insertModule(id: id, size: size, node: node, container: nil)
        changes.append(.deviceChanged(slot: slot))
        bindDevice(slot: slot)
        // A device that no handler took is a failure of its enumeration.
        let isBound = devices[slot].module?.isBound == true
        report(KernelObject.deviceName(slot: slot), .deviceCheck, isBound ? .success : .failure)
    }

    /// What firmware makes memory devices of, and puts them at multiples of.
    static let deviceUnit: UInt64 = 2 << 20

    /// Refuses a memory device that cannot be.
    func checkDevice(id: String, size: UInt64, node: NodeID) throws(Refusal) {
        guard !devices.contains(where: { $0.module?.id == id }) else {
            throw Refusal(.exists, "a device named \(id) is plugged in")
        }
        guard size > 0, size.isMultiple(of: Self.deviceUnit) else {
            throw Refusal(.invalid, "size is not a multiple of 2 MiB, of which the firmware makes memory devices")
        }
        guard firmwareHas(node) else { throw Refusal(.invalid, "\(node) is not possible on this machine") }
    }

    /// Puts a device into the first empty slot, at the lowest free address.
    mutating func insertModule(
        id: String, size: UInt64, node: NodeID, container: ContainerID?
    ) throws(Refusal) -> Int {
        guard let slot = devices.firstIndex(where: { $0.module == nil }) else {
            throw Refusal(.noRoom, "all \(devices.count) slots are taken")
        }
        guard let first = placeForDevice(size: size) else {
            throw Refusal(.noRoom, "no room in a hot-pluggable range")
        }
        devices[slot].module = .init(
            id: id, first: first, size: size, node: node, container: container, isBound: false, blocks: [])
        return slot
    }

    /// First fit among the hot-pluggable ranges, ascending.
    private func placeForDevice(size: UInt64) -> UInt64? {
        let memory = description.memory.lazy.filter { $0.kind != .reserved }.map { (first: $0.first, last: $0.last) }
        let modules = devices.lazy.compactMap(\.module).map { (first: $0.first, last: $0.last) }
        let taken = (Array(memory) + Array(modules)).sorted { $0.first < $1.first }
        for range in description.affinity.lazy.filter(\.hotplug).sorted(by: { $0.first < $1.first }) {
            guard var candidate = range.first.roundedUp(to: Self.deviceUnit) else { continue }
            for other in taken where other.last >= candidate {
                let (end, wraps) = candidate.addingReportingOverflow(size - 1)
                guard !wraps, end >= other.first, let next = (other.last &+ 1).roundedUp(to: Self.deviceUnit), next > 0
                else { break }
                candidate = next
            }
            let (end, wraps) = candidate.addingReportingOverflow(size - 1)
            if !wraps, end <= range.last { return candidate }
        }
        return nil
    }

    /// The kernel's driver meets the device: adds its memory and binds its blocks. Memory that is there already
    /// (EEXIST) is bound all the same; anything else leaves the device alone.
    mutating func bindDevice(slot: Int) {
        guard let module = devices[slot].module else { return }
        guard !parameters.ignoresMemoryDevices else {
            changes.append(.refused(Refusal(.noDevice, "acpi_no_memhotplug: no driver takes the device")))
            return
        }
        let (first, size) = (module.first, module.size)
        guard first.isMultiple(of: blockSize), size.isMultiple(of: blockSize) else {
            changes.append(.refused(Refusal(.invalid, "unaligned hotplug range: not whole blocks")))
            return
        }
        let node = self.node(ofDeviceOn: module.node, at: first)
        let group = groups.firstIndex { $0.maxPages == 0 } ?? groups.count
        let pages = MemoryGroup(node: node, maxPages: size / pageSize)
        if group == groups.count { groups.append(pages) } else { groups[group] = pages }
        do throws(Refusal) {
            try addMemory(first: first, size: size, node: node, group: UInt16(group), ownMap: true)
        } catch {
            changes.append(.refused(error))
            // None of its blocks was added with it.
            groups[group] = MemoryGroup(node: node, maxPages: 0)
            guard error.errno == .exists else { return }
        }
        let bound = blockIDs(first: first, size: size).filter { blocks[$0] != nil }
        for id in bound {
            if let position = blocks.position(of: id) { blocks[position].device = UInt16(slot) }
        }
        devices[slot].module?.isBound = true
        devices[slot].module?.blocks = bound
        changes.append(.deviceChanged(slot: slot))
    }

    /// The firmware asks for a device to be removed.
    ///
    /// - Throws: ENOENT where no such device is plugged in, EBUSY where the kernel keeps it.
    mutating func unplug(id: String) throws(Refusal) {
        guard let slot = devices.firstIndex(where: { $0.module?.id == id }) else {
            throw Refusal(.noEntry, "no device named \(id) is plugged in")
        }
        if let reason = ejectingDisabled(.memory) {
            report(KernelObject.deviceName(slot: slot), .ejectRequest, .notSupported)
            throw Refusal(.notPermitted, reason)
        }
        try hotRemove(slot: slot, .ejectRequest, isAwaited: true)
    }

    /// A write of `1` to `eject`. The kernel does it later and answers at once, so a refusal reaches the log only.
    ///
    /// - Throws: ENODEV for a slot that holds no device with a driver, or where the driver's hotplug is disabled.
    mutating func eject(slot: Int) throws(Refusal) {
        guard devices.indices.contains(slot), devices[slot].module?.isBound == true else {
            throw Refusal(.noDevice, "no device in the slot")
        }
        if let reason = ejectingDisabled(.memory) { throw Refusal(.noDevice, reason) }
        do throws(Refusal) { try hotRemove(slot: slot, .ejectBySystem, isAwaited: false) } catch {
            changes.append(.refused(error))
        }
    }
}

extension UInt64 {
    /// The next multiple of `unit` that is not below, or nil where there is none.
    func roundedUp(to unit: UInt64) -> UInt64? {
        let rest = self % unit
        guard rest > 0 else { return self }
        let (sum, overflows) = addingReportingOverflow(unit - rest)
        return overflows ? nil : sum
    }
}
