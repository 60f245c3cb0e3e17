// SPDX-License-Identifier: Apache-2.0

import FuseBridge
import Glibc
public import Logging
public import MemoryModel
import SysfsTree
public import Uevents

/// A machine behind a mounted tree: what `hotmem mount` and `hotmem run` serve.
public final class MachineServer: @unchecked Sendable {
    // Unchecked: the session and what hangs on it are touched by the thread in `serve()` alone; the FUSE session's
    // own `exit` is made for other threads.
    private let fuse: FuseSession

    /// Passes a uevent on, before the write that caused it returns; 0, or an errno.
    public typealias Announce = @Sendable (Uevent) -> Int32

    /// Makes a machine's tree ready to be mounted.
    ///
    /// - Parameters:
    ///   - owner: whose the files are, as the mount's user namespace counts.
    ///   - options: mount options, as `-o` takes them.
    ///   - chores: what the serving thread does beside answering.
    ///   - announce: where uevents go, besides the log.
    /// - Throws: options that FUSE does not know.
    public init(
        machine: Machine, owner: (user: UInt32, group: UInt32), options: [String], logger: Logger,
        chores: [any Chore] = [], announce: @escaping Announce = { _ in 0 }
    ) throws(ServerError) {
        let session = TreeSession(machine: machine)
        session.onOutcome = { _, outcome in Self.report(outcome, announce, logger) }
        session.onRefusedWrite = { [unowned session] inode, text, refusal in
            // The path is looked for only where somebody reads the line.
            logger.notice(
                "\(text.prefix(80).debugDescription) to \(Tree.path(of: inode, in: session.machine)) refused: \(refusal)"
            )
        }
        let files = TreeFileSystem(session: session, owner: owner, bootTime: Int64(time(nil)), chores: chores)
        do throws(FuseSessionError) {
            fuse = try FuseSession(fileSystem: files, options: options)
        } catch { throw ServerError(reason: error.description) }
    }

    /// Mounts the tree at a directory, or takes over an open `/dev/fuse` given as `/dev/fd/N`.
    public func mount(at path: String) throws(ServerError) {
        do throws(FuseSessionError) { try fuse.mount(at: path) } catch { throw ServerError(reason: error.description) }
    }

    /// Answers requests until the tree is unmounted or ``stop()`` is called.
    ///
    /// After an answer it looks for the next request for a tenth of a millisecond before it sleeps: most of what a
    /// request costs is waking up, and readers of a tree ask again at once.
    ///
    /// - Returns: 0, or an errno.
    public func serve() -> Int32 { fuse.run(busyPollMicroseconds: 100) }

    /// Ends ``serve()``, from any thread.
    public func stop() { fuse.exit() }

    /// Takes the tree away.
    public func unmount() { fuse.unmount() }

    /// The `/dev/fuse` descriptor.
    public var descriptor: Int32 { fuse.descriptor }

    /// Sends the uevents of a command and logs what became of it, before its writer hears.
    private static func report(_ outcome: Outcome, _ announce: Announce, _ logger: Logger) {
        for uevent in outcome.changes.lazy.compactMap(Uevent.init) {
            logger.debug("uevent \(uevent.action.rawValue)@\(uevent.path)")
            let errno = announce(uevent)
            if errno != 0 { logger.error("uevent \(uevent.action.rawValue)@\(uevent.path) not sent: errno \(errno)") }
        }
        for change in outcome.changes {
            if case .refused(let refusal) = change {
                logger.notice("done, but part of it was refused: \(refusal)")
            } else if let words = change.words {
                logger.debug("\(words)")
            }
        }
    }
}

/// Why a tree cannot be served, in one line.
public struct ServerError: Error, CustomStringConvertible, Sendable {
    /// What was wrong and what to do.
    public let reason: String
    /// The same.
    public var description: String { reason }
}
