// SPDX-License-Identifier: Apache-2.0

import CLinux
import Glibc

/// Sends uevents into the network namespace a socket belongs to.
///
/// A message sent to port 0 by a process with CAP_SYS_ADMIN over the namespace is broadcast by the kernel as its
/// own: from port 0, to group 1, with a SEQNUM of the host's own counter at its end. When `send` returns, it is in
/// every listener's queue.
public struct UeventSocket: Sendable {
    /// The socket.
    public let descriptor: Int32

    /// Wraps a NETLINK_KOBJECT_UEVENT socket that was opened in the wanted namespace.
    public init(descriptor: Int32) { self.descriptor = descriptor }

    /// Sends one uevent.
    ///
    /// - Returns: 0, or the errno the kernel answered with (1: no CAP_SYS_ADMIN over the namespace).
    public func send(_ uevent: Uevent) -> Int32 {
        let bytes = uevent.bytes
        return bytes.withUnsafeBytes { clinux_send_uevent(descriptor, $0.baseAddress, $0.count) }
    }
}
