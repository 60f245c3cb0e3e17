// SPDX-License-Identifier: Apache-2.0

import MemoryModel
import SysfsTree

/// Reads what there is to read.
enum Looking {
    /// Files of each kind, in directories of which there are few; of many directories, the first and the last.
    static func look(at session: TreeSession, below inode: Inode = .root, depth: Int = 0) {
        guard let entries = try? session.entries(of: inode) else { return }
        require(Set(entries.map(\.name)).count == entries.count, "a name twice in \(session.path(of: inode))")
        let chosen = entries.count > 64 ? entries.prefix(2) + entries.suffix(2) : entries[...]
        for entry in chosen {
            let found = try? session.lookup(entry.name, in: inode)
            require(found == entry.inode, "\(session.path(of: inode))/\(entry.name) is listed, yet not found")
            _ = session.status(of: entry.inode)
            switch entry.type {
            case Kind.directory: if depth < 12 { look(at: session, below: entry.inode, depth: depth + 1) }
            case Kind.link: _ = try? session.target(of: entry.inode)
            default: _ = try? session.text(of: entry.inode)
            }
        }
    }
}

/// The types of a tree's entries, as stat(2) has them.
enum Kind {
    static let (directory, link): (UInt32, UInt32) = (0o040000, 0o120000)
}
