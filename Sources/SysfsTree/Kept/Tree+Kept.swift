// SPDX-License-Identifier: Apache-2.0

import MemoryModel

/// What the tables say of how things change.
extension Tree {
    static let memory = Inode(directory: .memory, row: 0, key: Key())
    /// The memory bus's devices.
    static let memoryDevices = Inode(
        directory: .busDevices, row: 0,
        key: Key(object: UInt32(KernelObject.Bus.allCases.firstIndex(of: .memory) ?? 0)))

    static let events = control("events")
    /// Controls that are asked something, and changed by nothing else.
    static let questions = Set(["plan", "explain"].compactMap(control))
    /// What is not made only to see whether it changed.
    static let slow = questions.union(["events", "map"].compactMap(control))

    private static func control(_ name: String) -> Inode? {
        rowNumber(of: name, in: .hotmem).map { Inode(directory: .hotmem, row: $0, key: Key()) }
    }

    /// The number of a file's row in its table.
    static func rowNumber(of name: String, in kind: DirectoryKind) -> UInt8? {
        table(kind).positions[name].map { UInt8($0 + 1) }
    }

    /// The files in a kind of directory.
    static func files(in kind: DirectoryKind) -> [UInt8] {
        table(kind).rows.enumerated().compactMap { position, row in
            if case .file = row.kind { UInt8(position + 1) } else { nil }
        }
    }

    /// Whether a name may go while its directory stays.
    static func mayGo(_ name: String, in directory: Inode, of machine: Machine) -> Bool {
        let table = table(directory.directory)
        guard machine.description.captured == nil, let position = table.positions[name] else { return true }
        return table.rows[position].exists != nil
    }

    /// Whether a file's text stays while its object is there. Only of blocks, which may be too many to note what is kept
    /// of each.
    static func isFixed(_ inode: Inode, in machine: Machine) -> Bool {
        guard InodeSet.isOfBlock(inode.directory), let row = row(inode) else { return false }
        return row.isFixed || isUnscanned(inode, in: machine)
    }

    /// Where nobody looks at a block's pages, `removable` always says yes.
    private static func isUnscanned(_ inode: Inode, in machine: Machine) -> Bool {
        !machine.rules.scansForRemovable && inode.directory == .block
            && inode.row == rowNumber(of: "removable", in: .block)
    }
}
