// SPDX-License-Identifier: Apache-2.0

public import MemoryModel

extension Tree {
    /// Where an inode is, for people: logs and messages.
    ///
    /// - Complexity: O(members of its directory), for a directory that is one of a family.
    public static func path(of inode: Inode, in machine: Machine) -> String {
        if let row = row(inode) {
            return path(of: Inode(directory: inode.directory, row: 0, key: inode.key), in: machine) + "/" + row.name
        }
        guard let parent = parents[inode.directory] else { return "" }
        let row = table(parent.kind).rows[parent.row]
        guard let family = row.family else {
            return path(of: Inode(directory: parent.kind, row: 0, key: inode.key), in: machine) + "/" + row.name
        }
        // Families are in directories that are there once.
        let member = family.members(machine, Key()).first { $0.key == inode.key }
        let above = path(of: Inode(directory: parent.kind, row: 0, key: Key()), in: machine)
        return above + "/" + (member?.name ?? "(removed)")
    }

    /// Whether a machine's tree has a path, links not followed.
    public static func has(_ path: String, in machine: Machine) -> Bool {
        var inode = Inode.root
        for name in path.split(separator: "/") {
            guard let next = try? lookup(String(name), in: inode, of: machine) else { return false }
            inode = next
        }
        return true
    }

    /// The directory each kind of directory is in, and its row there.
    private static let parents: [DirectoryKind: (kind: DirectoryKind, row: Int)] = {
        var parents: [DirectoryKind: (kind: DirectoryKind, row: Int)] = [:]
        for kind in DirectoryKind.allCases {
            for (position, row) in table(kind).rows.enumerated() {
                switch row.kind {
                case .directory(let child, _), .directories(let child): parents[child] = (kind, position)
                case .file, .link, .links: break
                }
            }
        }
        return parents
    }()
}
