// SPDX-License-Identifier: Apache-2.0

import CLinux
import Glibc

/// A network namespace that uevents can be sent into, besides that of a world of its own.
public struct NetworkNamespace: Sendable {
    /// The file that stands for it.
    public let path: String

    /// Names one.
    ///
    /// - Parameter name: a path (`/proc/PID/ns/net`), or a name as `ip netns` gives it.
    public init(_ name: String) {
        path = name.contains("/") ? name : "/run/netns/\(name)"
    }

    /// The one that this process is in.
    public static let own = NetworkNamespace("/proc/self/ns/net")

    /// PROC_NET_INIT_INO: the number of the machine's first network namespace on newer kernels; older ones give none so
    /// low.
    private static let firstNumber: ino_t = 0xEFFF_FFF9

    /// Whether it is the one that this process is in, or the machine's first: every program there would take the uevents
    /// for its own machine's.
    public var isHost: Bool {
        guard let this = Self.number(path) else { return false }
        return this == Self.firstNumber || this == Self.number(Self.own.path) || this == Self.number("/proc/1/ns/net")
    }

    private static func number(_ path: String) -> ino_t? {
        var status = stat()
        return stat(path, &status) == 0 ? status.st_ino : nil
    }

    /// Opens a socket to send on, and the table of those who listen. Only while the process has one thread.
    ///
    /// - Throws: an errno: ENOENT where there is no such namespace, EINVAL where the file is none, EACCES or EPERM for who
    ///   may not enter it.
    public func open() throws(NamespaceError) -> (socket: UeventSocket, listeners: ListenerTable) {
        var (socket, table): (Int32, Int32) = (-1, -1)
        let error = clinux_open_uevents_in(path, &socket, &table)
        guard error == 0 else { throw NamespaceError(errno: error) }
        return (UeventSocket(descriptor: socket), ListenerTable(descriptor: table))
    }
}

/// Why a namespace could not be entered.
public struct NamespaceError: Error, Sendable {
    /// The error of the system call that failed.
    public let errno: Int32
}
