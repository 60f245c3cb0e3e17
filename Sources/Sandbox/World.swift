// SPDX-License-Identifier: Apache-2.0

internal import CSandbox
import Glibc

/// A private world in which one command sees the simulated tree at the real paths.
///
/// The order of calls is `blockSignals()`, `start(_:)`, then serving the tree from `fuseDescriptor` on another thread,
/// `finish()`, `wait()`. It fails closed: whatever step fails, the command does not run. The world's processes and
/// mounts live in namespaces of their own and are gone with the command, or with the calling process however it dies.
public final class World {
    /// The `/dev/fuse` descriptor of the mounted tree: the caller serves it and closes it. -1 for a tree without FUSE.
    public let fuseDescriptor: Int32
    /// A netlink socket in the world's network namespace, on which uevents are sent; the caller closes it.
    public let ueventSocket: Int32
    /// The namespace's table of netlink sockets, `/proc/PID/net/netlink`; the caller closes it.
    public let netlinkTable: Int32

    private let initProcess: InitProcess
    private let signals: Int32
    private let terminal: Terminal?

    private init(initProcess: InitProcess, signals: Int32, descriptors: [Int32]) {
        self.initProcess = initProcess
        self.signals = signals
        (ueventSocket, netlinkTable) = (descriptors[descriptors.count - 2], descriptors[descriptors.count - 1])
        fuseDescriptor = descriptors.count > 2 ? descriptors[0] : -1
        terminal = Terminal()
    }

    deinit {
        close(signals)
    }

    /// Whether this process makes worlds by right of its capabilities, and not as root of a user namespace of its own.
    public static var isPrivileged: Bool { csandbox_is_privileged() }

    /// Blocks the signals that `wait()` passes on to the command. To be called first thing in `main`: threads created
    /// later inherit it, and the signal mask found here is the one that the command gets.
    public static func blockSignals() {
        CallerSignals.block()
    }

    /// Makes the world as far as a mounted tree that nobody serves yet.
    ///
    /// The thread that calls this must live as long as the world: when it ends, the kernel kills the world. Call it on
    /// the main thread.
    public static func start(_ configuration: WorldConfiguration) throws(WorldError) -> World {
        guard !configuration.command.isEmpty else {
            throw WorldError(step: .command, errno: EINVAL, detail: "no command")
        }
        guard configuration.services.count <= CSANDBOX_SERVICES else {
            throw WorldError(step: .services, errno: E2BIG, detail: "at most \(CSANDBOX_SERVICES)")
        }
        blockSignals()
        let initProcess = try InitProcess(configuration)
        let descriptors = try initProcess.expect(CSANDBOX_HANDOVER)
        let signals = csandbox_signal_descriptor(csandbox_forwarded_signals())
        guard signals >= 0, descriptors.count >= 2 else {
            descriptors.forEach { _ = close($0) }
            throw WorldError(step: .handover, errno: signals < 0 ? -signals : EMFILE, detail: "descriptors")
        }
        return World(initProcess: initProcess, signals: signals, descriptors: descriptors)
    }

    /// Completes the world and starts the command, once the tree is being served.
    ///
    /// - Returns: what this host lacks or does not allow, none of which keeps the command from running.
    public func finish() throws(WorldError) -> [String] {
        initProcess.send(CSANDBOX_GO)
        try initProcess.expect(CSANDBOX_STARTED)
        // There was no command yet when these came, so even those typed at the terminal have not reached it.
        forwardSignals(includingTyped: true)
        return initProcess.notes
    }

    /// Passes signals on until the command has ended; every process of the world is then gone.
    ///
    /// The tree must be served until this returns.
    ///
    /// - Parameter serviceEnded: told of a service that ended before the command. The world goes on.
    public func wait(serviceEnded: (_ name: String, _ status: ExitStatus) -> Void = { _, _ in }) -> ExitStatus {
        var status: ExitStatus?
        while status == nil {
            var sources = [
                pollfd(fd: signals, events: Int16(POLLIN), revents: 0),
                pollfd(fd: initProcess.channel, events: Int16(POLLIN), revents: 0),
            ]
            guard poll(&sources, 2, -1) > 0 else { continue }
            if sources[0].revents != 0 {
                forwardSignals(includingTyped: false)
            }
            if sources[1].revents != 0 {
                switch initProcess.readNews() {
                case .ended(let ended): status = ended
                case .serviceEnded(let name, let status): serviceEnded(name, status)
                case .other: break
                }
            }
        }
        initProcess.reap()
        terminal?.restore()
        return status ?? .signalled(SIGKILL)
    }

    /// A signal typed at the terminal reaches the command by itself, being sent to the whole process group.
    private func forwardSignals(includingTyped: Bool) {
        var typed = false
        while case let signal = csandbox_next_signal(signals, &typed), signal != 0 {
            if includingTyped || !typed {
                initProcess.send(CSANDBOX_SIGNAL, signal)
            }
        }
    }
}
