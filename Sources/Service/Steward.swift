// SPDX-License-Identifier: Apache-2.0

import CLinux
import Glibc
import Synchronization

/// A process beside a server that keeps what the server gives up (``Privileges``), for three errands that are fixed before the
/// server hears its first request: to unmount the tree, to copy its mount, and to open the machine's file.
///
/// It is C alone, serves nobody else, and ends with the server, however that ends.
public final class Steward: Sendable {
    /// The socket on which it is asked, for a thread that closes everything else.
    public let channel: Int32
    private let turn = Mutex<Void>(())

    /// Starts one. Only called while the process has one thread, and early: it keeps a copy of the memory that there is.
    ///
    /// - Parameters:
    ///   - place: where the tree will be mounted, from the root.
    ///   - file: the machine's file, from the root.
    ///   - namespace: the mount namespace of the place, if it is another than this process's, as a path, and its numbers.
    /// - Throws: an errno, of socketpair(2) or fork(2).
    public init(
        for place: String, file: String?, namespace: (path: String, device: UInt64, inode: UInt64)? = nil
    ) throws(StewardError) {
        // They stay as they are in the other process.
        let strings = [place, file, namespace?.path].map { $0.flatMap { strdup($0) } }
        defer { strings.forEach { free($0) } }
        var errands = clinux_steward_errands(
            place: strings[0], file: strings[1], namespace: strings[2], namespace_device: namespace?.device ?? 0,
            namespace_inode: namespace?.inode ?? 0)
        channel = clinux_start_steward(&errands)
        guard channel >= 0 else { throw StewardError(errno: errno) }
    }

    deinit { close(channel) }

    /// Unmounts the tree, even if it is in use. The steward then ends.
    public func unmount() throws(StewardError) { _ = try ask(CLINUX_STEWARD_UNMOUNT) }

    /// A copy of the tree's mount that is nowhere to be seen; the descriptor is the caller's. Only root's steward has it.
    public func copyOfMount() throws(StewardError) -> Int32 { try ask(CLINUX_STEWARD_COPY_MOUNT) }

    /// The machine's file, open for reading without waiting; the descriptor is the caller's.
    public func openFile() throws(StewardError) -> Int32 { try ask(CLINUX_STEWARD_OPEN_FILE) }

    private func ask(_ errand: clinux_steward_errand) throws(StewardError) -> Int32 {
        let answer = turn.withLock { _ in clinux_ask_steward(channel, errand) }
        guard answer >= 0 else { throw StewardError(errno: -answer) }
        return answer
    }
}

/// Why a steward did not do what it was asked for.
public struct StewardError: Error, Sendable, CustomStringConvertible {
    /// The error of the call that failed in it; ESRCH where it is gone.
    public let errno: Int32
    /// The same in words.
    public var description: String { String(cString: strerror(errno)) }
}
