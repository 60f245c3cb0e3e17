// SPDX-License-Identifier: Apache-2.0

/// Files of a real machine where they differ from what the simulator would show: what a capture adds to a machine's
/// description.
///
/// The simulated machine stands behind them. A text is shown as it was captured for as long as the simulated one is as
/// it was at boot; counters go on from the captured values; what has no simulated counterpart stays as it is.
public struct CapturedFiles: Sendable, Equatable, Codable {
    /// The directories and files that were captured whole: what is not in them on the real machine is not in the tree,
    /// and they are what an export writes. Paths from the root, beginning with a slash.
    public var areas: [String]
    /// What differs, in the order of the machine file; where two speak of one file, the first counts.
    public var records: [Record]

    /// A file, link or directory that differs, or one for each of many objects.
    public struct Record: Sendable, Equatable, Codable {
        /// Which.
        public var path: PathPattern
        /// What it is.
        public var content: Content
        /// Its permission bits, where the simulator has none of its own; nil for the usual ones.
        public var mode: UInt16?

        /// Makes a record from its parts.
        public init(_ path: PathPattern, _ content: Content, mode: UInt16? = nil) {
            (self.path, self.content, self.mode) = (path, content, mode)
        }
    }

    /// What is at a path.
    public enum Content: Sendable, Hashable, Codable {
        /// Nothing: the machine's kernel does not have it.
        case absent
        /// A file with these bytes.
        case bytes([UInt8])
        /// A file that cannot be read: the errno.
        case unreadable(Errno)
        /// A symbolic link to this.
        case link(String)
        /// A directory; what is in it has records of its own.
        case directory
    }

    /// The most records that a machine may have: inode numbers have 16 bits for them.
    public static let mostRecords = 65_535

    /// The most files that records may list by number, all together.
    public static let mostListed: UInt64 = 1 << 17

    /// Makes a capture from its parts.
    public init(areas: [String] = [], records: [Record] = []) { (self.areas, self.records) = (areas, records) }
}
