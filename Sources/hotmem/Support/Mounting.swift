// SPDX-License-Identifier: Apache-2.0

import FuseBridge
import Glibc
import Logging
import MemoryModel
import Service
import TreeServer
import Uevents

/// A machine that is mounted and served: what `hotmem mount` and mount(8)'s helper do.
struct Mounting {
    let options: MachineOptions
    /// What the options describe.
    let description: MachineDescription
    let mountOptions: MountOptions
    let place: MountPoint
    let verbose: Bool
    /// Where uevents go, beside the log.
    var uevents: Uevents?
    /// Where to mount, if not in this process's own mount namespace.
    var namespace: MountNamespace?

    /// A network namespace that uevents are sent into.
    typealias Uevents = (socket: UeventSocket, listeners: ListenerTable)

    /// Serves from this process, until the tree is unmounted or a signal comes.
    ///
    /// - Returns: the process's exit status.
    func serve() throws(Failure) -> Int32 {
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
        let (server, attendant) = try mount(
            manager, with: try startSteward(), reloads: socket != nil, chores: watchdog.map { [$0] } ?? [])
        do throws(Failure) { try giveUpPrivileges() } catch {
            attendant.end(0)
            throw error
        }
        return Background.serveUntilSignal(server, attendant)
    }

    /// Serves from a daemon; returns when the tree answers.
    func serveInBackground() throws(Failure) {
        var signals = Background.holdSignals()
        let steward = try startSteward()
        let (server, attendant) = try there { () throws(Failure) in
            try mount(nil, with: steward, reloads: true, chores: [])
        }
        let daemon: Int32
        do throws(Failure) {
            daemon = try Background.daemonise(server, attendant, prepared: giveUpPrivileges)
        } catch {
            try there { server.unmount() }
            throw error
        }
        pthread_sigmask(SIG_SETMASK, &signals, nil)
        guard try there({ place.answers() }) else {
            kill(daemon, SIGTERM)
            throw Failure.failed("\(place.path): the tree does not answer; try again with --foreground --verbose")
        }
    }

    /// Mounts, and leaves the mount to the service manager, for a daemon that may not mount.
    func handOver() throws(Failure) {
        guard let manager = Environment["NOTIFY_SOCKET"].flatMap(ServiceManager.init(socket:)) else {
            throw .usage("--hand-over: there is no service manager to leave the mount to ($NOTIFY_SOCKET)")
        }
        try checkReadability()
        let session: FuseSession
        do throws(FuseSessionError) {
            session = try FuseSession(fileSystem: Nothing(), options: mountOptions.fuse)
            try session.mount(at: place.path)
        } catch { throw Failure.failed(error.description) }
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

    /// The mount that was handed over to this process.
    static var handedOverDescriptor: Int32? {
        ServiceManager.kept(as: handedOver, own: getpid()) { Environment[$0] }
    }

    /// Starts who does later what takes privileges: before the machine boots, whose memory it would keep.
    ///
    /// - Returns: nil for a mount that somebody else made, and unmounts.
    private func startSteward() throws(Failure) -> Steward? {
        guard Self.handedOverDescriptor == nil else { return nil }
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
        _ manager: ServiceManager?, with steward: Steward?, reloads: Bool, chores: [any Chore]
    ) throws(Failure) -> (MachineServer, Attendant) {
        let machine = options.boot(description, verbose: verbose)
        let logger = LineLog.logger(verbose: verbose)
        let descriptor = Self.handedOverDescriptor
        // Whoever handed it over was root.
        let owner = descriptor == nil ? (getuid(), getgid()) : (0, 0)
        do throws(ServerError) {
            let server = try MachineServer(
                machine: machine, owner: owner, options: mountOptions.fuse, caching: mountOptions.caching,
                logger: logger, chores: chores,
                listeners: uevents?.listeners, announce: { [uevents] in uevents?.socket.send($0) ?? 0 })
            try server.mount(at: descriptor.map { "/dev/fd/\($0)" } ?? place.path)
            if let steward, namespace == nil, geteuid() == 0 {
                server.preload(through: { try? steward.copyOfMount() }, over: steward.channel)
            }
            let attendant = Attendant(
                server, at: place, with: steward, canLook: descriptor == nil, of: options.absolute, description,
                manager: manager,
                reloads: reloads, logger: logger)
            return (server, attendant)
        } catch { throw Failure.failed(error.reason) }
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
