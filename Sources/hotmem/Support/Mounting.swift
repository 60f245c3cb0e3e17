// SPDX-License-Identifier: Apache-2.0

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
    /// Mount options, as FUSE takes them.
    let fuse: [String]
    let place: MountPoint
    let verbose: Bool
    /// Where uevents go, beside the log.
    var uevents: Uevents?

    /// A network namespace that uevents are sent into.
    typealias Uevents = (socket: UeventSocket, listeners: ListenerTable)

    /// Serves from this process, until the tree is unmounted or a signal comes.
    ///
    /// - Returns: the process's exit status.
    func serve() throws(Failure) -> Int32 {
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
        let (server, attendant) = try mount(manager, reloads: socket != nil, chores: watchdog.map { [$0] } ?? [])
        return Background.serveUntilSignal(server, attendant)
    }

    /// Serves from a daemon; returns when the tree answers.
    func serveInBackground() throws(Failure) {
        let (server, attendant) = try mount(nil, reloads: true, chores: [])
        let daemon: Int32
        do throws(Failure) { daemon = try Background.daemonise(server, attendant) } catch {
            server.unmount()
            throw error
        }
        guard place.answers() else {
            kill(daemon, SIGTERM)
            throw Failure.failed("\(place.path): the tree does not answer; try again with --foreground --verbose")
        }
    }

    /// Mounts, and leaves the mount to the service manager, for a daemon that may not mount.
    func handOver() throws(Failure) {
        guard let manager = Environment["NOTIFY_SOCKET"].flatMap(ServiceManager.init(socket:)) else {
            throw .usage("--hand-over: there is no service manager to leave the mount to ($NOTIFY_SOCKET)")
        }
        let (server, _) = try mount(manager, reloads: false, chores: [])
        let errno = manager.keep(server.descriptor, as: Self.handedOver)
        guard errno == 0 else {
            server.unmount()
            throw .failed("cannot leave the mount to the service manager: \(String(cString: strerror(errno)))")
        }
        // It is not to be unmounted when the server is deallocated.
        _ = Unmanaged.passRetained(server)
    }

    /// What the service manager knows the mount by.
    private static let handedOver = "hotmem-mount"

    /// The mount that was handed over to this process.
    static var handedOverDescriptor: Int32? {
        ServiceManager.kept(as: handedOver, own: getpid()) { Environment[$0] }
    }

    private func mount(
        _ manager: ServiceManager?, reloads: Bool, chores: [any Chore]
    ) throws(Failure) -> (MachineServer, Attendant) {
        let machine = options.boot(description, verbose: verbose)
        let logger = LineLog.logger(verbose: verbose)
        let descriptor = Self.handedOverDescriptor
        // Whoever handed it over was root.
        let owner = descriptor == nil ? (getuid(), getgid()) : (0, 0)
        do throws(ServerError) {
            let server = try MachineServer(
                machine: machine, owner: owner, options: fuse, logger: logger, chores: chores,
                listeners: uevents?.listeners, announce: { [uevents] in uevents?.socket.send($0) ?? 0 })
            try server.mount(at: descriptor.map { "/dev/fd/\($0)" } ?? place.path)
            // When this process ends, the mount is to end: nobody else may hold it.
            if descriptor != nil { manager?.tell(.forget(Self.handedOver)) }
            let attendant = Attendant(
                server, at: place, canLook: descriptor == nil, of: options.absolute, description, manager: manager,
                reloads: reloads, logger: logger)
            return (server, attendant)
        } catch { throw Failure.failed(error.reason) }
    }
}
