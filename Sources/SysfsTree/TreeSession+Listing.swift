// SPDX-License-Identifier: Apache-2.0

public import MemoryModel

/// What directories list.
extension TreeSession {
    /// A directory's next entries.
    public struct Part: Sendable {
        private let listing: Listings.Listing
        /// The entries from the place on.
        public let entries: ArraySlice<Tree.Entry>

        fileprivate init(_ listing: Listings.Listing, from index: Int) {
            self.listing = listing
            entries = listing.entries.dropFirst(index)
        }

        /// Where to go on after an entry, by its index.
        public func place(after index: Int) -> UInt64 { listing.place(after: index) }
    }

    /// Lists a directory, `.` and `..` first, from a place on: 0, or one that an earlier part gave. What is there all the
    /// time is listed once.
    ///
    /// - Throws: ENOTDIR, or ENOENT for a directory whose object is gone.
    public func list(_ inode: Inode, from place: UInt64) throws(Refusal) -> Part {
        guard inode.row == 0 else { throw Refusal(.notDirectory, "not a directory") }
        let listing = try listings.listing(of: inode, at: place) { () throws(Refusal) in
            let itself = [".", ".."].enumerated().map {
                Tree.Entry(name: $1, inode: inode, type: Tree.directoryType, order: UInt64($0 + 1))
            }
            return try self.entries(of: inode, after: itself)
        }
        let part = Part(listing, from: listing.index(after: place))
        if part.entries.isEmpty { listings.finish(listing) }
        return part
    }

    /// The entries of a directory, without `.` and `..`.
    ///
    /// - Throws: ENOENT for a directory whose object is gone.
    public func entries(of inode: Inode) throws(Refusal) -> [Tree.Entry] { try entries(of: inode, after: []) }

    private func entries(of inode: Inode, after first: [Tree.Entry]) throws(Refusal) -> [Tree.Entry] {
        guard let captured else { return try Tree.entries(of: inode, in: machine, after: first) }
        return first + (try captured.entries(of: inode, in: machine))
    }
}
