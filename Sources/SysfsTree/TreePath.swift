// SPDX-License-Identifier: Apache-2.0

public import MemoryModel

extension Tree {
    /// Where an inode is, for people: logs and messages.
    ///
    /// - Complexity: O(members of its directory), for a directory that is one of a family other than the blocks.
    public static func path(of inode: Inode, in machine: Machine) -> String {
        let directory = Inode(directory: inode.directory, row: 0, key: inode.key)
        let names = names(of: directory, in: machine) + (row(inode).map { [$0.name] } ?? [])
        return names.map { "/" + $0 }.joined()
    }

    /// The names on the way from the root to a directory.
    static func names(of directory: Inode, in machine: Machine) -> [String] {
        guard let parent = parents[directory.directory] else { return [] }
        let row = table(parent.kind).rows[parent.row]
        guard let family = row.family else {
            return names(of: Inode(directory: parent.kind, row: 0, key: directory.key), in: machine) + [row.name]
        }
        // Families are in directories that are there once.
        let above = names(of: Inode(directory: parent.kind, row: 0, key: Key()), in: machine)
        if let name = family.name?(directory.key) { return above + [name] }
        let member = family.members(machine, Key()).first { $0.key == directory.key }
        return above + [member?.name ?? "(removed)"]
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
