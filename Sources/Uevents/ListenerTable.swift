// SPDX-License-Identifier: Apache-2.0

import Glibc

/// Who listens to the uevents of a network namespace, as the kernel's table of netlink sockets says.
///
/// A sender is not told of listeners whose buffers were full, acknowledgement or not: only the column Drops tells.
public struct ListenerTable: Sendable {
    /// A listener, and how many messages found its buffer full so far.
    public struct Listener: Sendable, Hashable {
        /// The socket's port: the process's number in its pid namespace, unless it has several sockets.
        public let port: UInt32
        /// The socket's inode, which tells it from others that had the port.
        public let inode: UInt64
        /// Messages that it did not get.
        public let drops: UInt64
    }

    /// NETLINK_KOBJECT_UEVENT, which Swift's Glibc does not show.
    private static let protocolNumber = "15"

    /// The group of the kernel's own; udevd passes uevents on to another.
    private static let kernelGroup: UInt32 = 1

    private let descriptor: Int32

    /// - Parameter descriptor: `/proc/PID/net/netlink`, opened for a process in the namespace; it stays the namespace's
    ///   table, whoever reads it.
    public init(descriptor: Int32) { self.descriptor = descriptor }

    /// The listeners there are now; nil where the table cannot be read.
    public func listeners() -> [Listener]? {
        var text: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 1 << 14)
        while true {
            let count = buffer.withUnsafeMutableBytes { pread(descriptor, $0.baseAddress, $0.count, off_t(text.count)) }
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { return nil }
            guard count > 0 else { break }
            text += buffer.prefix(count)
        }
        return Self.listeners(in: String(decoding: text, as: UTF8.self))
    }

    /// Reads the table's text: `sk Eth Pid Groups Rmem Wmem Dump Locks Drops Inode`.
    static func listeners(in text: String) -> [Listener] {
        text.split(separator: "\n").compactMap { line in
            let columns = line.split(separator: " ")
            guard columns.count >= 10, columns[1] == protocolNumber,
                let groups = UInt32(columns[3], radix: 16), groups & kernelGroup != 0, let port = UInt32(columns[2]),
                let drops = UInt64(columns[8]), let inode = UInt64(columns[9])
            else { return nil }
            return Listener(port: port, inode: inode, drops: drops)
        }
    }
}
