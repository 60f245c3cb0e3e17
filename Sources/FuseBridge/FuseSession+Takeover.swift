// SPDX-License-Identifier: Apache-2.0
import CFuse3
import Glibc

/// Taking over a mount from a process that is gone, through a descriptor of /dev/fuse that somebody has kept.
///
/// In this order: ``mount(at:)`` with the descriptor, ``isNew()``, ``begin(with:)``, ``repeatRequests()``, and
/// ``run(busyPollMicroseconds:)``.
extension FuseSession {
    /// Has a function told of the kernel's first request, before it is answered: who takes the mount over needs it.
    public func onConnection(_ tell: @escaping ([UInt8]) -> Void) { state.onConnection = tell }

    /// Whether nobody has served the mount yet: its first request is there to be received.
    public func isNew() -> Bool {
        var buffer = fuse_buf()
        let received = fuse_session_receive_buf(session, &buffer)
        guard received > 0 else {
            free(buffer.mem)
            return false
        }
        buffer.size = Int(received)
        held = buffer
        return RawRequest.isInit(UnsafeRawBufferPointer(start: buffer.mem, count: buffer.size))
    }

    /// Learns what was negotiated from the kernel's first request, which another process was sent.
    ///
    /// Its answer is the same again; the kernel passes over it, unless it has had none.
    ///
    /// - Returns: whether it is one; what is not is not looked at further.
    public func begin(with request: [UInt8]) -> Bool {
        // linux/fuse.h: struct fuse_in_header, and a fuse_init_in of protocol 7.12 or later.
        let isWhole = request.withUnsafeBytes { bytes in
            bytes.count >= 56 && RawRequest.isInit(bytes)
                && bytes.loadUnaligned(as: UInt32.self) == UInt32(truncatingIfNeeded: bytes.count)
        }
        guard isWhole else { return false }
        var bytes = request
        bytes.withUnsafeMutableBytes { bytes in
            var buffer = fuse_buf()
            buffer.mem = bytes.baseAddress
            buffer.size = bytes.count
            fuse_session_process_buf(session, &buffer)
        }
        return true
    }

    /// Has the kernel send again what was sent to somebody who did not answer (Linux 6.9).
    ///
    /// - Returns: 0, or an errno: EINVAL where the kernel cannot.
    public func repeatRequests() -> Int32 {
        // FUSE_NOTIFY_RESEND
        let errno = tell(Invalidation.notice(7, []))
        guard errno == 0 else { return errno }
        state.awaitsRepeats = true
        if let request = held {
            // It was received and not answered, so it comes again.
            free(request.mem)
            held = nil
        }
        return 0
    }

    /// Whether requests may come yet that another process had: the kernel sends them before any that it had not
    /// (fuse_resend() puts them at the head of its queue). Asked on the thread that runs the session.
    public var awaitsRepeats: Bool { state.awaitsRepeats }

    /// Wakes who polls an open file that another process served.
    public func wakePollers(of number: UInt64) {
        // FUSE_NOTIFY_POLL
        _ = tell(Invalidation.notice(1, withUnsafeBytes(of: number) { Array($0) }))
    }
}

extension SessionState {
    /// Looks at a request before libfuse does.
    func note(_ bytes: UnsafeRawBufferPointer) {
        raw = RawRequest(bytes)
        if raw.isNew { awaitsRepeats = false }
        if RawRequest.isInit(bytes) { onConnection(Array(bytes)) }
    }
}
