// SPDX-License-Identifier: Apache-2.0

import Glibc

/// Whoever started the daemon and wants to hear how it is: sd_notify(3), as systemd and others speak it.
///
/// Messages are datagrams to the socket in `$NOTIFY_SOCKET`. Nothing depends on their arrival.
public final class ServiceManager: Sendable {
    /// What there is to tell.
    public enum Message: Sendable, Equatable {
        /// The service does its work.
        case ready
        /// It takes its configuration anew; ``ready`` follows. In microseconds of CLOCK_MONOTONIC.
        case reloading(at: UInt64)
        /// It ends.
        case stopping
        /// One line for people.
        case status(String)
        /// It is alive.
        case watchdog

        var text: String {
            switch self {
            case .ready: "READY=1"
            case .reloading(let time): "RELOADING=1\nMONOTONIC_USEC=\(time)"
            case .stopping: "STOPPING=1"
            case .status(let line):
                "STATUS=" + String(String.UnicodeScalarView(line.unicodeScalars.map { $0 == "\n" ? " " : $0 }))
            case .watchdog: "WATCHDOG=1"
            }
        }
    }

    private let descriptor: Int32
    /// A `sockaddr_un`, as long as it has to be.
    private let address: [UInt8]

    /// Who listens at a socket.
    ///
    /// - Parameter socket: what `$NOTIFY_SOCKET` says: a path, or a name in the abstract namespace after `@`.
    /// - Returns: nil for what is neither.
    public init?(socket: String) {
        let isAbstract = socket.hasPrefix("@")
        guard isAbstract || socket.hasPrefix("/"), socket.utf8.count > 1 else { return nil }
        let name = isAbstract ? [0] + Array(socket.utf8.dropFirst()) : Array(socket.utf8) + [0]
        guard name.count <= MemoryLayout.size(ofValue: sockaddr_un().sun_path) else { return nil }
        address = withUnsafeBytes(of: sa_family_t(AF_UNIX)) { Array($0) } + name
        descriptor = Glibc.socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { return nil }
    }

    deinit { close(descriptor) }

    /// Tells something, in one datagram.
    ///
    /// - Parameter waits: whether to wait for a manager that is behind with its reading. The thread that serves the tree
    ///   does not.
    /// - Returns: 0, or the errno it was not sent with.
    @discardableResult
    public func tell(_ messages: Message..., waits: Bool = true) -> Int32 {
        let text = Array(messages.map(\.text).joined(separator: "\n").utf8)
        let flags = Int32(MSG_NOSIGNAL) | (waits ? 0 : Int32(MSG_DONTWAIT))
        let sent = address.withUnsafeBytes { address in
            sendto(
                descriptor, text, text.count, flags, address.baseAddress?.assumingMemoryBound(to: sockaddr.self),
                socklen_t(address.count))
        }
        return sent < 0 ? errno : 0
    }
}
