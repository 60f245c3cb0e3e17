// SPDX-License-Identifier: Apache-2.0

/// Standby memory that has to be configured before it can be used (drivers/s390/char/sclp_mem.c of Linux 6.19, and of
/// distributions' kernels before that).
extension Machine {
    /// The storage as the firmware has it: what booted is the kernel's, what is on standby is not.
    mutating func makeStorage() {
        storage = blocks.map { StorageBlock(id: $0.id, isConfigured: true, hostsMap: false) }
        for range in description.memory where range.kind == .standby {
            let hostsMap = ownMemoryMapPages(size: blockSize) > 0
            for id in blockIDs(first: range.first, size: range.last - range.first + 1) where blocks[id] == nil {
                storage.append(StorageBlock(id: id, isConfigured: false, hostsMap: hostsMap))
            }
        }
        storage.sort { $0.id < $1.id }
    }

    /// A block of the storage, or nil where there is none.
    public func storageBlock(_ id: BlockID) -> StorageBlock? { storageIndex(of: id).map { storage[$0] } }

    private func storageIndex(of id: BlockID) -> Int? {
        var (low, high) = (0, storage.count)
        while low < high {
            let middle = (low + high) / 2
            if storage[middle].id < id { low = middle + 1 } else { high = middle }
        }
        return low < storage.count && storage[low].id == id ? low : nil
    }

    /// A write to `config`: the kernel gets the block, or gives it back; to have the wanted state already is success.
    ///
    /// - Throws: EBUSY for a block that is not offline, or why it cannot be added.
    mutating func configure(_ id: BlockID, _ on: Bool) throws(Refusal) {
        guard let index = storageIndex(of: id) else { throw Refusal(.noDevice, "no such storage") }
        guard storage[index].isConfigured != on else { return }
        let first = UInt64(id.rawValue) * blockSize
        if on {
            try addMemory(
                first: first, size: blockSize, node: NodeID(0), group: nil, ownMap: storage[index].hostsMap)
        } else {
            try removeMemory(first: first, size: blockSize)
        }
        storage[index].isConfigured = on
        changes.append(.settingChanged)
    }

    /// A write to `memmap_on_memory`.
    ///
    /// - Throws: EOPNOTSUPP where the kernel was not started so that blocks may hold their maps, EBUSY while the kernel has
    ///   the block.
    mutating func setHostsMap(of id: BlockID, _ on: Bool) throws(Refusal) {
        guard let index = storageIndex(of: id) else { throw Refusal(.noDevice, "no such storage") }
        guard !on || ownMemoryMapPages(size: blockSize) > 0 else {
            throw Refusal(.notSupported, "memory_hotplug.memmap_on_memory is off, or a map does not fit")
        }
        guard blocks[id] == nil else { throw Refusal(.busy, "the block is configured") }
        storage[index].hostsMap = on
        changes.append(.settingChanged)
    }
}
