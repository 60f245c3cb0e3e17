// SPDX-License-Identifier: Apache-2.0

public import MemoryModel

/// What a machine looks like as files. Stateless: every answer is made from the machine, when it is asked for.
public enum Tree {
    /// What `stat` says.
    public struct Attributes: Sendable, Equatable {
        /// File type and permission bits.
        public var mode: UInt32
        /// Bytes: 4096 for attributes, 0 for everything else.
        public var size: Int64
        /// Links: 2 and one per sub-directory for directories, else 1.
        public var links: UInt32
    }

    /// An entry of a directory.
    public struct Entry: Sendable {
        /// Its name.
        public let name: String
        /// What it is.
        public let inode: Inode
        /// File type bits.
        public let type: UInt32
        /// Where it comes in its directory, whatever else is there: its row and, in a family, its object's number.
        var order: UInt64 = 0
        static let objectBits: UInt64 = 25
    }

    static let directoryType: UInt32 = 0o040000
    static let fileType: UInt32 = 0o100000
    static let linkType: UInt32 = 0o120000

    /// The entry of a name in a directory.
    ///
    /// - Throws: ENOENT for a name that is not there; ENOTDIR in what is no directory.
    public static func lookup(_ name: String, in parent: Inode, of machine: Machine) throws(Refusal) -> Inode {
        guard parent.row == 0 else { throw Refusal(.notDirectory, "not a directory") }
        let table = table(parent.directory)
        guard table.exists(machine, parent.key) else { throw gone }
        if let position = table.positions[name] {
            let row = table.rows[position]
            guard row.exists?(machine, parent.key) ?? true else { throw gone }
            return inode(of: row, at: position, in: parent)
        }
        for (position, row) in table.rows.enumerated() {
            guard let family = row.family, row.exists?(machine, parent.key) ?? true else { continue }
            if let member = family.find(machine, parent.key, name) {
                return inode(of: row, at: position, in: parent, member: member)
            }
        }
        throw gone
    }

    private static var gone: Refusal { Refusal(.noEntry, "no such file") }

    private static func inode(
        of row: Table.ErasedRow, at position: Int, in parent: Inode, member: Member? = nil
    ) -> Inode {
        switch row.kind {
        case .directory(let kind, _), .directories(let kind):
            Inode(directory: kind, row: 0, key: member?.key ?? parent.key)
        case .file, .link, .links:
            Inode(directory: parent.directory, row: UInt8(position + 1), key: member?.key ?? parent.key)
        }
    }

    /// What `stat` says of an inode, whether its object is still there or not.
    public static func attributes(of inode: Inode, in machine: Machine) -> Attributes {
        guard let row = row(inode) else {
            let mode = directoryModes[inode.directory] ?? 0o755
            let links = 2 + subdirectories(of: inode, in: machine)
            return Attributes(mode: directoryType | UInt32(mode), size: 0, links: UInt32(links))
        }
        switch row.kind {
        case .file(let mode, let style):
            let size: Int64 = style == .attribute || style == .typed ? 4096 : 0
            return Attributes(mode: fileType | UInt32(mode), size: size, links: 1)
        case .link, .links: return Attributes(mode: linkType | 0o777, size: 0, links: 1)
        case .directory, .directories: preconditionFailure("a directory's inode has row 0")
        }
    }

    private static func subdirectories(of inode: Inode, in machine: Machine) -> Int {
        table(inode.directory).rows.reduce(0) { sum, row in
            guard row.exists?(machine, inode.key) ?? true else { return sum }
            switch row.kind {
            case .directory: return sum + 1
            case .directories: return sum + (row.family?.count(machine, inode.key) ?? 0)
            case .file, .link, .links: return sum
            }
        }
    }

    /// The entries of a directory, without `.` and `..`.
    ///
    /// - Parameter first: what the list begins with.
    /// - Throws: ENOENT for a directory whose object is gone.
    public static func entries(
        of inode: Inode, in machine: Machine, after first: [Entry] = []
    ) throws(Refusal) -> [Entry] {
        let table = table(inode.directory)
        guard inode.row == 0, table.exists(machine, inode.key) else { throw gone }
        var entries = first
        for (position, row) in table.rows.enumerated() where row.exists?(machine, inode.key) ?? true {
            let type: UInt32
            switch row.kind {
            case .file: type = fileType
            case .link, .links: type = linkType
            case .directory, .directories: type = directoryType
            }
            guard let family = row.family else {
                let child = Self.inode(of: row, at: position, in: inode)
                entries.append(
                    Entry(name: row.name, inode: child, type: type, order: UInt64(position + 1) << Entry.objectBits))
                continue
            }
            func take(_ member: Member) {
                let child = Self.inode(of: row, at: position, in: inode, member: member)
                let order = UInt64(position + 1) << Entry.objectBits + UInt64(member.key.object) + 1
                entries.append(Entry(name: member.name, inode: child, type: type, order: order))
            }
            guard let visit = family.visit else {
                family.members(machine, inode.key).forEach(take)
                continue
            }
            // Half a million entries are much of a daemon's memory: there is to be one list of them, and no larger than it is.
            entries.reserveCapacity(entries.count + family.count(machine, inode.key) + table.rows.count - position)
            visit(machine, inode.key, take)
        }
        return entries
    }

    /// Whether the object of an inode is there.
    public static func exists(_ inode: Inode, in machine: Machine) -> Bool {
        switch row(inode)?.kind {
        case .links: true
        default: table(inode.directory).exists(machine, inode.key)
        }
    }

    /// Where a symbolic link points; nil for what is none.
    public static func target(of inode: Inode, in machine: Machine) -> String? {
        row(inode)?.target?(machine, inode.key)
    }

    /// The row of a file or link; nil for a directory.
    static func row(_ inode: Inode) -> Table.ErasedRow? {
        let rows = table(inode.directory).rows
        return inode.row == 0 || inode.row > rows.count ? nil : rows[Int(inode.row) - 1]
    }

    /// How a file works; nil for what is none.
    static func style(of inode: Inode) -> FileStyle? {
        guard case .file(_, let style) = row(inode)?.kind else { return nil }
        return style
    }

    /// The whole text of a file. An attribute's has at most 4095 bytes.
    ///
    /// - Throws: what the file's rule says; ENODEV where the object is gone.
    static func text(of inode: Inode, in machine: Machine) throws(Refusal) -> [UInt8] {
        guard let row = row(inode), let style = style(of: inode) else { throw Refusal(.isDirectory, "not a file") }
        guard let show = row.show else { throw Refusal(.inputOutput, "the file cannot be read") }
        let text = Array(try show(machine, inode.key).utf8)
        let isAttribute = style == .attribute || style == .typed
        return isAttribute && text.count > 4095 ? Array(text.prefix(4095)) : text
    }

    /// Modes of directories that are not 0755.
    private static let directoryModes: [DirectoryKind: UInt16] = {
        var modes: [DirectoryKind: UInt16] = [:]
        for kind in DirectoryKind.allCases {
            for row in table(kind).rows {
                if case .directory(let child, let mode) = row.kind, mode != 0o755 { modes[child] = mode }
            }
        }
        return modes
    }()

    /// The table of a directory kind.
    public static func table(_ kind: DirectoryKind) -> Table { tables[Int(kind.rawValue)] }

    private static let tables: [Table] = {
        let none = Table([Row<Whole>]())
        return (0...UInt8.max).map { DirectoryKind(rawValue: $0).map(makeTable) ?? none }
    }()

    /// Which table a kind of directory has: the tree's table of contents.
    private static func makeTable(_ kind: DirectoryKind) -> Table {
        switch kind {
        case .root: Table(Skeleton.root)
        case .sys: Table(Skeleton.sys)
        case .devices: Table(Skeleton.devices)
        case .system: Table(Skeleton.system)
        case .bus: Table(Skeleton.bus)
        case .module: Table(Skeleton.module)
        case .firmware: Table(Skeleton.firmware)
        case .kernel: Table(Skeleton.kernel)
        case .debug: Table(Skeleton.debug)
        case .proc: Table(ProcTable.rows)
        case .memory: Table(MemoryTable.root)
        case .memoryPower: Table(PowerTable.rows(of: { (_: Whole) in .memoryRoot }))
        case .block: Table(MemoryTable.block)
        case .blockPower: Table(PowerTable.rows(of: { (block: MemoryBlock) in .block(block.id) }))
        case .nodes: Table(NodeTable.root)
        case .nodesPower: Table(PowerTable.rows(of: { (_: Whole) in .nodeRoot }))
        case .node: Table(NodeTable.node)
        case .nodePower: Table(PowerTable.rows(of: { (node: Node) in .node(node.id) }))
        case .hugepages: Table(NodeTable.hugepages)
        case .hugepageSize: Table(NodeTable.hugepageSize)
        case .storage: Table(StorageTable.storage)
        case .storageBlock: Table(StorageTable.block)
        case .nodeMemoryFailure: Table(NodeTable.memoryFailure)
        case .cpus: Table(CPUTable.root)
        case .cpusPower: Table(PowerTable.rows(of: { (_: Whole) in .cpuRoot }))
        case .cpu: Table(CPUTable.cpu)
        case .cpuPower: Table(PowerTable.rows(of: { (cpu: CPU) in .cpu(cpu.number) }))
        case .cpuTopology: Table(CPUTable.topology)
        case .busKind: Table(BusTable.bus)
        case .busDevices: Table(BusTable.devices)
        case .busDrivers: Table([Row<Whole>]())
        case .memoryHotplug: Table(ModuleTable.memoryHotplug)
        case .memoryHotplugParameters: Table(ModuleTable.parameters)
        case .memmap: Table(FirmwareTable.memmap)
        case .memmapEntry: Table(FirmwareTable.entry)
        case .firmwareACPI: Table(HotplugTable.acpi)
        case .acpiHotplug: Table(HotplugTable.hotplug)
        case .hotplugProfile: Table(HotplugTable.profile)
        case .acpiSystem: Table(ACPITable.system)
        case .acpiBus: Table(ACPITable.bus)
        case .device: Table(ACPITable.device)
        case .devicePower: Table(PowerTable.rows(of: { (slot: Slot) in .device(slot: slot.number) }))
        case .notifierInject: Table(NotifierTable.inject)
        case .notifierMemory: Table(NotifierTable.memory)
        case .notifierActions: Table(NotifierTable.actions)
        case .notifierAction: Table(NotifierTable.action)
        case .hotmem: Table(ControlTable.rows)
        case .memblock: Table(MemblockTable.rows)
        case .container: Table(ContainerTable.object)
        case .containerPower: Table(PowerTable.rows(of: { (container: ContainerDevice) in .container(container.id) }))
        case .containers: Table(ContainerTable.root)
        case .containersPower: Table(PowerTable.rows(of: { (_: Whole) in .containerRoot }))
        case .containerDevice: Table(ContainerTable.device)
        case .containerDevicePower:
            Table(PowerTable.rows(of: { (container: ContainerDevice) in .containerDevice(container.id) }))
        case .captured: Table([Row<Whole>]())
        case .processor: Table(ACPITable.processor)
        case .processorPower: Table(PowerTable.rows(of: { (cpu: ProcessorObject) in .processor(cpu.number) }))
        }
    }
}
