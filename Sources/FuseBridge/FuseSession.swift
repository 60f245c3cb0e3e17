// SPDX-License-Identifier: Apache-2.0
import CFuse3
import CLinux
import Glibc
import Synchronization

/// One mount of a file system.
///
/// The file system is called only on the thread inside ``run(busyPollMicroseconds:)``; whoever shares it with other
/// threads guards it. ``exit()``, ``unmount()``, ``wakeUp()`` and the invalidations may be called on any thread while
/// the session exists; ``mount(at:)`` before ``run(busyPollMicroseconds:)``. A session is mounted once.
///
/// @unchecked Sendable: the session pointer never changes and libfuse's side of it is used by one thread, apart from
/// invalidations, which are one writev(2) each; `state` is touched by the running thread only; the rest is locked or
/// atomic.
public final class FuseSession: @unchecked Sendable {
    private enum Phase {
        case made
        case mounted
        case running
        /// Running, to be unmounted when that ends.
        case closing
        /// Unmounted. libfuse's session is good for one mount.
        case ended
        /// Somebody else unmounts it.
        case abandoned
    }

    let session: OpaquePointer
    let stopping = Atomic<Bool>(false)
    /// Readable once ``exit()`` or ``wakeUp()`` was called, to end a poll(2).
    let wake: Int32
    // The callbacks hold an unretained pointer to it.
    let state: SessionState
    private let phase = Mutex(Phase.made)
    /// A request that was received and is to be processed first. Used by the running thread, and before there is one.
    nonisolated(unsafe) var held: fuse_buf?
    /// Whether requests without an answer are left to another process when ``run(busyPollMicroseconds:)`` ends; set
    /// before.
    nonisolated(unsafe) public var leavesRequests = false

    /// Makes a session that is not mounted yet. Each of `options` is what mount(8) would take after -o.
    public init(
        fileSystem: any FuseFileSystem, options: [String] = [], timeouts: Timeouts = Timeouts(),
        readDirectoryPlus: Bool = false
    ) throws(FuseSessionError) {
        let state = SessionState(fileSystem: fileSystem, timeouts: timeouts)
        let (session, messages) = FuseLog.capturing {
            var arguments = fuse_args()
            defer { fuse_opt_free_args(&arguments) }
            fuse_opt_add_arg(&arguments, "hotmem")
            for option in options {
                fuse_opt_add_arg(&arguments, "-o")
                fuse_opt_add_arg(&arguments, option)
            }
            var operations = Operations.table(readDirectoryPlus: readDirectoryPlus)
            return cfuse3_session_new(&arguments, &operations, Unmanaged.passUnretained(state).toOpaque())
        }
        guard let session else {
            throw FuseSessionError(.options, messages.isEmpty ? "libfuse made no session" : oneLine(messages))
        }
        let wake = clinux_eventfd()
        guard wake >= 0 else {
            let reason = FuseSession.reason(errno)
            fuse_session_destroy(session)
            throw FuseSessionError(.resources, "eventfd: \(reason)")
        }
        self.session = session
        self.state = state
        self.wake = wake
    }

    deinit {
        if phase.withLock({ $0 != .abandoned }) { fuse_session_unmount(session) }
        fuse_session_destroy(session)
        close(wake)
    }

    /// The /dev/fuse descriptor; -1 while nothing is mounted.
    public var descriptor: Int32 {
        fuse_session_fd(session)
    }

    /// The process whose request is being answered, as the mount's pid namespace counts; 0 for one that has no number
    /// there, and for the kernel. For the file system, while it is called.
    public var requester: Int32 { state.raw.process }

    /// Mounts at a directory, or takes a /dev/fuse descriptor that already is mounted, as "/dev/fd/N".
    public func mount(at path: String) throws(FuseSessionError) {
        guard phase.withLock({ $0 == .made }) else {
            throw FuseSessionError(.refused, "the session was mounted before")
        }
        let place = try MountChecks.place(path)
        let (status, messages) = FuseLog.capturing { fuse_session_mount(session, place) }
        guard status == 0 else {
            throw FuseSessionError(.refused, MountChecks.refusal(path, messages))
        }
        // The loop must not block in read(2) when a request is gone between poll(2) and it.
        let flags = fcntl(descriptor, F_GETFL)
        guard flags >= 0, fcntl(descriptor, F_SETFL, flags | O_NONBLOCK) >= 0 else {
            let reason = FuseSession.reason(errno)
            fuse_session_unmount(session)
            throw FuseSessionError(.resources, "/dev/fuse: \(reason)")
        }
        phase.withLock { $0 = .mounted }
    }

    /// Makes ``run(busyPollMicroseconds:)`` return 0, now or as soon as it is called. The mount stays.
    public func exit() {
        stopping.store(true, ordering: .releasing)
        wakeUp()
    }

    /// Makes the thread in ``run(busyPollMicroseconds:)`` ask for the file system's ``FuseFileSystem/deadline`` again:
    /// another thread has brought it forward.
    public func wakeUp() {
        var one: UInt64 = 1
        _ = write(wake, &one, MemoryLayout<UInt64>.size)
    }

    /// Unmounts, and ends ``run(busyPollMicroseconds:)`` if need be: its own thread then unmounts as the last thing.
    public func unmount() {
        let now = phase.withLock { phase in
            switch phase {
            case .made, .ended, .abandoned: return false
            case .mounted:
                phase = .ended
                return true
            case .running, .closing:
                phase = .closing
                return false
            }
        }
        exit()
        if now { fuse_session_unmount(session) }
    }

    /// Lets go of the mount without unmounting it, which is dead then: for whoever may not unmount, and has somebody who
    /// may. Not while ``run(busyPollMicroseconds:)`` runs.
    ///
    /// - Returns: whether there is a mount to be unmounted; it may have been, and another be in its place.
    public func abandon() -> Bool {
        let isOurs = phase.withLock { phase in
            guard phase == .mounted else { return false }
            phase = .abandoned
            return true
        }
        guard isOurs else { return false }
        var device = pollfd(fd: descriptor, events: 0, revents: 0)
        let isGone = poll(&device, 1, 0) == 1 && device.revents & Int16(POLLERR) != 0
        // Closed without giving its number away, which libfuse goes on knowing.
        let nothing = open("/dev/null", O_RDWR | O_CLOEXEC)
        if nothing >= 0 {
            dup2(nothing, descriptor)
            close(nothing)
        }
        return !isGone
    }

    /// Brackets a run; false when nothing is mounted, or a run is under way.
    func enter() -> Bool {
        phase.withLock { phase in
            guard phase == .mounted else { return false }
            phase = .running
            return true
        }
    }

    /// Ends what ``enter()`` began.
    func leave() {
        // Nobody could complete them any more; and before the descriptor is closed, so that their callers hear.
        if !leavesRequests { state.postponed.fail(FuseError(ENODEV)) }
        let wanted = phase.withLock { phase in
            defer { phase = phase == .closing ? .ended : .mounted }
            return phase == .closing
        }
        if wanted { fuse_session_unmount(session) }
    }

    /// Whether there is a descriptor for notices.
    var isMounted: Bool {
        phase.withLock { $0 != .made && $0 != .ended && $0 != .abandoned }
    }

    /// strerror(3) as a String.
    static func reason(_ number: Int32) -> String {
        String(cString: strerror(number))
    }
}

/// Log messages as one line.
func oneLine(_ messages: [String]) -> String {
    messages.map { $0.hasPrefix("fuse: ") ? String($0.dropFirst(6)) : $0 }.joined(separator: "; ")
}
