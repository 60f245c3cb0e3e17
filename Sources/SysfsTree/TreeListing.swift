// SPDX-License-Identifier: Apache-2.0

public import MemoryModel

/// A kind of directory as it is described: where it is, and what can be in it. Made of the tables that the tree is made
/// of, for no machine in particular.
public struct TreeListing: Sendable {
    /// A row of the directory's table.
    public struct Entry: Sendable {
        /// What it is.
        public enum Kind: Sendable {
            /// A file with permission bits.
            case file(mode: UInt16)
            /// A directory of a kind.
            case directory(DirectoryKind)
            /// A symbolic link.
            case link
        }
        /// Its name, or what stands for the names of several: `memoryN`.
        public let name: String
        /// What it is.
        public let kind: Kind
        let isOn: @Sendable (Machine) -> Bool

        /// Whether a machine has it, or can have it.
        public func exists(on machine: Machine) -> Bool { isOn(machine) }
    }

    /// The kind of directory.
    public let kind: DirectoryKind
    /// Its path, with names that stand for several.
    public let path: String
    /// What can be in it, in the order of its table.
    public let entries: [Entry]

    /// Every kind of directory, each after the one it is in.
    public static var all: [TreeListing] { listings(of: .root, at: "", on: { _ in true }) }

    private static func listings(
        of kind: DirectoryKind, at path: String, on isOn: @escaping @Sendable (Machine) -> Bool
    ) -> [TreeListing] {
        let entries = Tree.table(kind).rows.map { row in
            let entryKind: Entry.Kind =
                switch row.kind {
                case .file(let mode, _): .file(mode: mode)
                case .directory(let child, _), .directories(let child): .directory(child)
                case .link, .links: .link
                }
            return Entry(name: row.name, kind: entryKind) { isOn($0) && row.isOn?($0) ?? true }
        }
        let below = entries.flatMap { entry -> [TreeListing] in
            guard case .directory(let child) = entry.kind else { return [] }
            return listings(of: child, at: path + "/" + segment(entry.name), on: entry.isOn)
        }
        return [TreeListing(kind: kind, path: path.isEmpty ? "/" : path, entries: entries)] + below
    }

    /// Several names as shells write them: `{memory,node}`.
    private static func segment(_ name: String) -> String {
        name.contains(", ") ? "{" + name.split(separator: ", ").joined(separator: ",") + "}" : name
    }
}
