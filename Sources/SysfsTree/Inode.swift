// SPDX-License-Identifier: Apache-2.0

/// The kinds of directory. Each has one table of rows; what differs between directories of a kind is their key.
public enum DirectoryKind: UInt8, CaseIterable, Sendable {
    // The root's number makes its inode 1, as FUSE wants it.
    case root = 1
    case sys, devices, system, bus, module, firmware, kernel, proc
    case memory, memoryPower, block, blockPower
    case nodes, nodesPower, node, nodePower, hugepages, hugepageSize
    case cpus, cpusPower, cpu, cpuPower, cpuTopology
    case busKind, busDevices, busDrivers
    case memoryHotplug, memoryHotplugParameters
    case memmap, memmapEntry, firmwareACPI, acpiHotplug, hotplugProfile
    case acpiSystem, acpiBus, device, devicePower
    case debug, notifierInject, notifierMemory, notifierActions, notifierAction
    case hotmem
    case memblock
    case container, containerPower, containers, containersPower, containerDevice, containerDevicePower
    case processor, processorPower
    /// What was captured of a real machine and has no counterpart here; it has no table (``CapturedView``).
    case captured
    case nodeMemoryFailure
    case storage, storageBlock
}

/// Which object a directory or file belongs to: a block, node, CPU, bus or number, and a second number that tells it
/// from its predecessors (the incarnation) or says where a link is.
public struct Key: Hashable, Sendable {
    /// The object's number.
    public var object: UInt32
    /// Its incarnation; for a link, the other end.
    public var sub: UInt16

    /// Makes a key.
    public init(object: UInt32 = 0, sub: UInt16 = 0) {
        self.object = object
        self.sub = sub
    }
}

/// An inode number that says what it is, so that no table of inodes is needed, however many blocks there are, and a
/// restarted daemon understands the numbers the kernel still holds.
///
/// Bits 0-7: the directory's kind. 8-15: the row in its table, 0 for the directory itself. 16-47 and 48-63: the key.
public struct Inode: Hashable, Sendable {
    /// The kind of directory it is, or is in.
    public let directory: DirectoryKind
    /// The row in the directory's table, from 1; 0 is the directory itself.
    public let row: UInt8
    /// The object it belongs to.
    public let key: Key

    /// The root directory.
    public static let root = Inode(directory: .root, row: 0, key: Key())

    /// Makes an inode from its parts.
    public init(directory: DirectoryKind, row: UInt8, key: Key) {
        self.directory = directory
        self.row = row
        self.key = key
    }

    /// Reads a number; nil for one that no inode has.
    public init?(_ number: UInt64) {
        guard let directory = DirectoryKind(rawValue: UInt8(truncatingIfNeeded: number)) else { return nil }
        self.directory = directory
        row = UInt8(truncatingIfNeeded: number >> 8)
        key = Key(object: UInt32(truncatingIfNeeded: number >> 16), sub: UInt16(truncatingIfNeeded: number >> 48))
        guard row <= (directory == .captured ? 1 : Tree.table(directory).rows.count) else { return nil }
    }

    /// The number.
    public var number: UInt64 {
        UInt64(directory.rawValue) | UInt64(row) << 8 | UInt64(key.object) << 16 | UInt64(key.sub) << 48
    }
}
