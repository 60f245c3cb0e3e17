// SPDX-License-Identifier: Apache-2.0

import CLinux
import FuseBridge
import Glibc
import Journal
import Logging
import MemoryModel
import Sandbox
import Service
import TreeServer
import Uevents

/// A machine that is mounted and served: what `hotmem mount` and mount(8)'s helper do.
struct Mounting {
    let options: MachineOptions
    /// How its clock goes.
    var pace = ClockPace.real
    /// Where its journal is.
    let journalOptions: JournalOptions
    let mountOptions: MountOptions
    let place: MountPoint
    let verbose: Bool
    /// Where uevents go, beside the log; and the namespace they go into.
    var uevents: Uevents?
    var ueventArguments: [String] = []
    /// Where to mount, if not in this process's own mount namespace.
    var namespace: MountNamespace?

    /// A network namespace that uevents are sent into.
    typealias Uevents = (socket: UeventSocket, listeners: ListenerTable)

    /// Serves from this process, until the tree is unmounted or a signal comes.
    ///
    /// - Parameter isKept: whether this process was started by a keeper, and is a daemon from the moment it serves.
    /// - Returns: the process's exit status.
    func serve(isKept: Bool = false) throws(Failure) -> Int32 {
        Background.holdSignals()
        let logger = LineLog.logger(verbose: verbose)
        let socket = Environment["NOTIFY_SOCKET"]
        let manager = socket.flatMap(ServiceManager.init(socket:))
        if let socket, manager == nil { logger.debug("NOTIFY_SOCKET=\(socket): not a socket's address; ignored") }
        var watchdog: Watchdog?
        if let manager, let time = Environment["WATCHDOG_USEC"] {
            let interval = Watchdog.interval(microseconds: time, process: Environment["WATCHDOG_PID"], own: getpid())
            if interval == nil { logger.debug("WATCHDOG_USEC=\(time): not for this process; ignored") }
            watchdog = interval.map { Watchdog(manager: manager, every: $0) }
        }
        // Before there is much that it would have a copy of.
        let messenger = Messenger()
        let steward = try startSteward(of: manager)
        let (server, attendant): (MachineServer, Attendant)
        do throws(Failure) {
            (server, attendant) = try mount(
                manager, with: steward, messenger, reloads: socket != nil || isKept, chores: watchdog.map { [$0] } ?? []
            )
        } catch {
            // Whoever unmounts the tree is faster than this process: its connection ends a moment before.
            for _ in 0..<20 where isKept && MountPoint.owner(at: place.path) != nil { usleep(5000) }
            guard isKept, MountPoint.owner(at: place.path) == nil else { throw error }
            MachineJournal.forget(journalOptions, at: place)
            return 0
        }
        do throws(Failure) { try giveUpPrivileges() } catch {
            attendant.end(0)
            throw error
        }
        if isKept { Background.leaveCaller() }
        // A service that is restarted goes on with its machine, and with what its file says now.
        if manager != nil { attendant.reloadIfChanged() }
        return Background.serveUntilSignal(server, attendant)
    }

    /// Serves from a daemon; returns when the tree answers.
    func serveInBackground() throws(Failure) {
        // A keeper mounts and unmounts where it is.
        guard journalOptions.noJournal || namespace != nil else { return try serveKept() }
        Background.holdSignals()
        // Here, for it would keep the namespace in which the tree is.
        let messenger = Messenger()
        let steward = try startSteward(of: nil)
        let (server, attendant) = try there { () throws(Failure) in
            try mount(nil, with: steward, messenger, reloads: true, chores: [])
        }
        let daemon: Int32
        do throws(Failure) {
            daemon = try Background.daemonise(server, attendant, prepared: giveUpPrivileges)
        } catch {
            try there { server.unmount() }
            throw error
        }
        guard answers(of: daemon, journal: nil) else {
            kill(daemon, SIGTERM)
            throw Failure.failed("\(place.path): the tree does not answer; try again with --foreground --verbose")
        }
    }

    /// Waits until the tree answers. A signal that asks to end before it does takes it away, and ends this process.
    ///
    /// - Parameters:
    ///   - daemon: the child process that ends with the tree.
    ///   - journal: what takes away a journal that the daemon does not live to take away.
    private func answers(of daemon: Int32, journal: MachineJournal.Ending?) -> Bool {
        let status = Background.inChild { (try? there { place.answers() }) ?? false }
        guard case .signalled = status else { return status == .exited(0) }
        do throws(Failure) {
            // Who serves it may have heard the signal, too, and be faster.
            let errno = try there { clinux_unmount(place.path) }
            if errno != 0, try there({ MountPoint.owner(at: place.path) }) != nil {
                throw .failed("\(place.path): cannot be unmounted: \(String(cString: strerror(errno)))")
            }
        } catch { Terminal.complain(error.line) }
        // It may have much to do first.
        for _ in 0..<200 {
            if waitpid(daemon, nil, WNOHANG) != 0 { break }
            usleep(10_000)
        }
        journal?.remove()
        status.end()
    }

    /// Serves from a daemon that is replaced when it is killed: mounts, and leaves the mount to a keeper, which starts it.
    private func serveKept() throws(Failure) {
        Background.holdSignals()
        // What is wrong with it is said by this process; the daemon opens it again.
        var journal = try MachineJournal.open(journalOptions, of: options, at: place, isHandedOver: false)
        let ending = journal?.ending
        try journal?.noteMounting()
        journal = nil
        let session: FuseSession
        do throws(FuseSessionError) {
            session = try FuseSession(fileSystem: Nothing(), options: mountOptions.fuse)
            try session.mount(at: place.path)
        } catch {
            ending?.remove()
            throw Failure(error)
        }
        let program = try Self.program()
        var arguments = daemonArguments(["--kept"]).map { strdup($0) } + [nil]
        // With all options, for it mounts.
        let again = ["--again"] + mountOptions.fuse.flatMap { ["-o", $0] } + ["-o", "nonempty"]
        var remount = daemonArguments(again).map { strdup($0) } + [nil]
        let keeper = clinux_fork()
        if keeper == 0 { clinux_keep(session.descriptor, program, &arguments, &remount, place.path) }
        let errno = Glibc.errno
        guard keeper > 0 else {
            session.unmount()
            throw Failure.failed("cannot start a daemon: \(String(cString: strerror(errno)))")
        }
        // The mount is the keeper's now: it must end with it, and not when the session here is deallocated.
        close(session.descriptor)
        _ = Unmanaged.passRetained(session)
        guard answers(of: keeper, journal: ending) else {
            ending?.remove()
            throw Failure.failed("\(place.path): the tree does not answer; try again with --foreground --verbose")
        }
    }

    /// How the daemon is started, whatever became of the file that this process was started from.
    private func daemonArguments(_ own: [String]) -> [String] {
        let machine = options.absolute
        return ["hotmem", "mount"] + own + ["--state", MachineJournal.directory(journalOptions, at: place)]
            + (journalOptions.isForgotten ? ["--forget-state"] : [])
            + (journalOptions.noRepeats ? ["--no-repeats"] : [])
            + (machine.chosen.map { ["--machine", $0] } ?? [])
            + (pace == .virtual ? ["--virtual-time"] : [])
            + (machine.cmdline.isEmpty ? [] : ["--cmdline", machine.cmdline])
            + ["-o", mountOptions.caching.rawValue] + ueventArguments + (verbose ? ["--verbose"] : [])
            + ["--", place.path]
    }

    /// The path of this program, which may be another file by the time it is started again.
    private static func program() throws(Failure) -> String {
        var path = [CChar](repeating: 0, count: Int(PATH_MAX))
        let count = readlink("/proc/self/exe", &path, path.count - 1)
        guard count > 0 else { throw .failed("/proc/self/exe: \(String(cString: strerror(errno)))") }
        return String(decoding: path[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// Mounts, and leaves the mount to the service manager, for a daemon that may not mount.
    func handOver() throws(Failure) {
        guard let manager = Environment["NOTIFY_SOCKET"].flatMap(ServiceManager.init(socket:)) else {
            throw .usage("--hand-over: there is no service manager to leave the mount to ($NOTIFY_SOCKET)")
        }
        try checkReadability()
        // The manager has it, for the daemon that goes on.
        if place.isServed() { return }
        let session: FuseSession
        do throws(FuseSessionError) {
            session = try FuseSession(fileSystem: Nothing(), options: mountOptions.fuse)
            try session.mount(at: place.path)
        } catch { throw Failure(error) }
        let errno = manager.keep(session.descriptor, as: Self.handedOver)
        guard errno == 0 else {
            session.unmount()
            throw .failed("cannot leave the mount to the service manager: \(String(cString: strerror(errno)))")
        }
        // It is not to be unmounted when the session is deallocated.
        _ = Unmanaged.passRetained(session)
    }

    /// The daemon reads the machine file as another user, who would fail where nobody looks for the reason.
    private func checkReadability() throws(Failure) {
        var status = stat()
        guard options.machine.contains("/"), stat(options.machine, &status) == 0 else { return }
        guard status.st_mode & S_IROTH != 0 else {
            throw .failed(
                "\(options.machine): the service runs as a user of its own, who cannot read it; first: chmod a+r")
        }
    }

    /// Does something where the tree is mounted.
    private func there<Value>(_ body: () throws(Failure) -> Value) throws(Failure) -> Value {
        guard let namespace else { return try body() }
        return try namespace.visit(body)
    }

    /// What the service manager knows the mount by.
    static let handedOver = "hotmem-mount"

    /// The mount that was handed over to this process. Looked for once: should it be unmounted meanwhile, nothing is to be
    /// mounted in its place.
    static let handedOverDescriptor: Int32? = ServiceManager.kept(
        as: handedOver, own: getpid(), isUsable: isConnected
    ) { Environment[$0] }

    /// Whether a descriptor is of a mount that is still there.
    private static func isConnected(_ descriptor: Int32) -> Bool {
        var state = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        return poll(&state, 1, 0) >= 0 && state.revents & Int16(POLLERR | POLLNVAL) == 0
    }

    /// Starts who does later what takes privileges: before the machine boots, whose memory it would keep.
    ///
    /// A keeper's server has one of its own each time, though the keeper unmounts.
    ///
    /// - Returns: nil for a service, which has no privileges to begin with.
    private func startSteward(of manager: ServiceManager?) throws(Failure) -> Steward? {
        guard Self.handedOverDescriptor == nil || manager == nil else { return nil }
        let machine = options.absolute.machine
        do throws(StewardError) {
            return try Steward(
                for: place.path, file: machine.hasPrefix("/") ? machine : nil, namespace: namespace?.forSteward)
        } catch { throw .failed("cannot start a process that unmounts the tree: \(error)") }
    }

    /// From here on this process only serves. The order is: the steward, the mount and the sockets, which take privileges; this;
    /// then threads, which are to have none, and the first request.
    private func giveUpPrivileges() throws(Failure) {
        do throws(PrivilegesError) {
            let note = try Privileges(toSendOn: uevents?.socket.descriptor).keepOnlyThese()
            if let note, verbose { Terminal.complain(note, .warning) }
        } catch { throw .failed(error.description) }
    }

    private func mount(
        _ manager: ServiceManager?, with steward: Steward?, _ messenger: Messenger?, reloads: Bool, chores: [any Chore]
    ) throws(Failure) -> (MachineServer, Attendant) {
        let descriptor = Self.handedOverDescriptor
        let journal = try MachineJournal.open(
            journalOptions, of: options, at: place, isHandedOver: descriptor != nil)
        let description =
            if let journal {
                journal.description
            } else if descriptor != nil {
                try options.describe()
            } else {
                try Background.hearingSignals { () throws(Failure) in try options.describe() }
            }
        let machine = options.boot(description, verbose: verbose)
        let logger = LineLog.logger(verbose: verbose)
        // A service's daemon is not who mounted: that was root.
        let owner = descriptor != nil && manager != nil ? (0, 0) : (getuid(), getgid())
        var isMounted = descriptor != nil || journalOptions.again
        do throws(ServerError) {
            let server = try MachineServer(
                machine: machine, owner: owner, options: mountOptions.fuse, caching: mountOptions.caching,
                logger: logger, journal: journal?.journal, pace: pace, messenger: messenger,
                chores: chores,
                listeners: uevents?.listeners, announce: { [uevents] in uevents?.socket.send($0) ?? 0 })
            try server.mount(at: descriptor.map { "/dev/fd/\($0)" } ?? place.path)
            isMounted = true
            if let steward, namespace == nil, geteuid() == 0 {
                server.preload(through: { try? steward.copyOfMount() }, over: steward.channel)
            }
            let attendant = Attendant(
                server, at: place, with: steward, isHandedOver: descriptor != nil, of: options.absolute, description,
                journal: journal, manager: manager, reloads: reloads, logger: logger)
            if let journal { try attendant.restore(journal.records, canRepeat: !journalOptions.noRepeats) }
            return (server, attendant)
        } catch {
            // Nothing has happened to a machine that was never there.
            if !isMounted { journal?.end() }
            guard error.takesRemount else { throw Failure(error) }
            throw Failure(line: error.reason + "; mounted anew", status: Int32(CLINUX_SERVER_REMOUNT))
        }
    }
}

extension Failure {
    /// Why nothing was mounted.
    fileprivate init(_ error: FuseSessionError) {
        self = .failed(error.description + (error.isForbidden ? Self.withoutMount : ""))
    }

    /// The same, of a server that mounts.
    fileprivate init(_ error: ServerError) {
        self = .failed(error.reason + (error.isForbidden ? Self.withoutMount : ""))
    }
}

/// What a mount shows while nobody serves it.
private final class Nothing: FuseFileSystem {
    func lookup(parent: UInt64, name: String) throws(FuseError) -> Entry { throw FuseError(ENOENT) }
    func attributes(of inode: UInt64, handle: UInt64?) throws(FuseError) -> FileAttributes { throw FuseError(ENOENT) }
    func read(
        inode: UInt64, handle: UInt64, offset: Int64, flags: Int32, into buffer: UnsafeMutableRawBufferPointer
    ) throws(FuseError) -> Transfer { throw FuseError(ENOENT) }
    func readDirectory(
        inode: UInt64, handle: UInt64, offset: UInt64, into buffer: inout DirectoryBuffer
    ) throws(FuseError) { throw FuseError(ENOENT) }
}
