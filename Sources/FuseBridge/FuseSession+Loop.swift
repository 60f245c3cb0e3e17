// SPDX-License-Identifier: Apache-2.0
import CFuse3
import CLinux
import Glibc
import Synchronization

extension FuseSession {
    /// Answers requests until the file system is unmounted or ``exit()`` is called; then 0, otherwise an errno:
    /// EBADF if nothing is mounted, or another thread is in here. Replies that are still open then fail with ENODEV.
    ///
    /// A request's cost is mostly the two wake-ups. With `busyPollMicroseconds` the thread looks for the next request
    /// for that long before it sleeps, which costs CPU and saves most of the time of callers that ask in a row.
    public func run(busyPollMicroseconds: Int = 0) -> Int32 {
        guard enter() else { return stopping.load(ordering: .acquiring) ? 0 : EBADF }
        defer { leave() }
        // libfuse allocates the memory, as large as a request can be.
        var buffer = fuse_buf()
        defer { free(buffer.mem) }
        var busyUntil: UInt64 = 0
        if let first = held {
            (buffer, held) = (first, nil)
            state.note(UnsafeRawBufferPointer(start: buffer.mem, count: buffer.size))
            fuse_session_process_buf(session, &buffer)
        }
        while !stopping.load(ordering: .acquiring) {
            // Here and not only after a sleep: a stream of requests is not to hold it up.
            if let deadline = state.fileSystem.deadline, FuseSession.now >= deadline { state.fileSystem.timeReached() }
            let received = fuse_session_receive_buf(session, &buffer)
            switch received {
            case 1...:
                state.note(UnsafeRawBufferPointer(start: buffer.mem, count: Int(received)))
                fuse_session_process_buf(session, &buffer)
                state.passOnSignals()
                // libfuse ends a session by itself only when the kernel speaks another protocol.
                if fuse_session_exited(session) != 0 { return EPROTO }
                if busyPollMicroseconds > 0 { busyUntil = FuseSession.now + UInt64(busyPollMicroseconds) * 1000 }
            case 0:
                // ENODEV: unmounted.
                return 0
            case -EAGAIN:
                if busyPollMicroseconds > 0, FuseSession.now < busyUntil { continue }
                let failure = wait()
                if failure != 0 { return failure }
            case -EINTR:
                continue
            default:
                return -received
            }
        }
        return 0
    }

    /// The time that ``FuseFileSystem/deadline`` is given in: nanoseconds of CLOCK_MONOTONIC.
    public static var now: UInt64 {
        var now = timespec()
        clock_gettime(CLOCK_MONOTONIC, &now)
        return UInt64(now.tv_sec) * 1_000_000_000 + UInt64(now.tv_nsec)
    }

    /// Sleeps until there is a request, an unmount, an ``exit()``, a ``wakeUp()`` or a signal, or the file system's time
    /// has come.
    private func wait() -> Int32 {
        var descriptors = (
            pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0),
            pollfd(fd: wake, events: Int16(POLLIN), revents: 0)
        )
        let left = state.fileSystem.deadline.map { deadline in
            let now = FuseSession.now
            return Int64(clamping: deadline > now ? deadline - now : 0)
        }
        let ready = withUnsafeMutableBytes(of: &descriptors) { bytes in
            clinux_poll(bytes.assumingMemoryBound(to: pollfd.self).baseAddress, 2, left ?? -1)
        }
        if ready < 0 { return errno == EINTR ? 0 : errno }
        if descriptors.1.revents != 0 {
            // It has done its work; left readable, it would end every sleep.
            var count: UInt64 = 0
            _ = read(wake, &count, MemoryLayout<UInt64>.size)
        }
        return descriptors.0.revents & Int16(POLLNVAL) != 0 ? EBADF : 0
    }
}
