// SPDX-License-Identifier: Apache-2.0

/// A failed system call.
public struct CallError: Error {
    /// With which errno.
    public let errno: Int32
    /// Whether it was open(2).
    public var atOpen: Bool

    /// Makes one.
    public init(errno: Int32, atOpen: Bool = false) { (self.errno, self.atOpen) = (errno, atOpen) }
}

/// The caller of a read waits.
struct ReadWaits: Error {}

/// What a write is answered.
public enum Written: Equatable, Sendable {
    /// So many bytes were taken.
    case taken(Int)
    /// Nothing yet: it waits, as the write with this number among those that did.
    case waits(Int)
}

/// Where a transcript is replayed: the same operations, in process or through a mount.
public protocol Place {
    /// Opens a file, truncates it, and writes to it once.
    func write(_ path: String, _ data: [UInt8]) throws -> Written
    /// Reads a file from its start to its end.
    func read(_ path: String) throws -> [UInt8]
    /// Opens a file for reading and writing, and closes it.
    func open(_ path: String) throws
    /// Where a symbolic link points.
    func readLink(_ path: String) throws -> String
    /// The names in a directory.
    func list(_ path: String) throws -> [String]
    /// What lstat(2) says.
    func status(_ path: String) throws -> (mode: UInt32, size: Int64, links: UInt32)
    /// chmod and chown.
    func change(_ path: String, permissions: UInt32?, user: UInt32?, group: UInt32?) throws
    /// The uevents since the last call, in order, each as its variables with the first word before them.
    func takeUevents() -> [[String]]
    /// Time passes.
    func pass(milliseconds: Int)
    /// The answer to a write that waited; nil while it waits.
    ///
    /// - Throws: what it failed with.
    func answer(toWrite number: Int) throws -> Int?
    /// A signal comes to who made a write that waits.
    func interrupt(write number: Int)
}
