// SPDX-License-Identifier: Apache-2.0
import CFuse3

/// Somebody who waits in poll(2) until a file is ready, and is woken to ask again. Only on the session's thread.
public final class PollWaiter {
    private let handle: OpaquePointer
    /// What the kernel knows the open file by; good for ``FuseSession/wakePollers(of:)``.
    public let number: UInt64

    init(_ handle: OpaquePointer, number: UInt64) { (self.handle, self.number) = (handle, number) }

    deinit { fuse_pollhandle_destroy(handle) }

    /// Wakes who waits, all of them where several processes do.
    public func wake() { fuse_lowlevel_notify_poll(handle) }
}
