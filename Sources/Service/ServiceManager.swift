// SPDX-License-Identifier: Apache-2.0

import CLinux
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
        /// What was left with ``ServiceManager/keep(_:as:)`` need not be kept any longer.
        case forget(String)

        var text: String {
            switch self {
            case .ready: "READY=1"
            case .reloading(let time): "RELOADING=1\nMONOTONIC_USEC=\(time)"
            case .stopping: "STOPPING=1"
            case .status(let line):
                "STATUS=" + String(String.UnicodeScalarView(line.unicodeScalars.map { $0 == "\n" ? " " : $0 }))
            case .watchdog: "WATCHDOG=1"
            case .forget(let name): "FDSTOREREMOVE=1\nFDNAME=\(name)"
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
    public func tell(_ messages: Message..., waits: Bool = true) -> Int32 { tell(messages, waits: waits) }

    /// The same.
    @discardableResult
    public func tell(_ messages: [Message], waits: Bool) -> Int32 {
        let text = Array(messages.map(\.text).joined(separator: "\n").utf8)
        let flags = Int32(MSG_NOSIGNAL) | (waits ? 0 : Int32(MSG_DONTWAIT))
        let sent = address.withUnsafeBytes { address in
            sendto(
                descriptor, text, text.count, flags, address.baseAddress?.assumingMemoryBound(to: sockaddr.self),
                socklen_t(address.count))
        }
        return sent < 0 ? errno : 0
    }

    /// Leaves an open file with the manager, for the process of the service that it starts next.
    ///
    /// - Returns: 0, or the errno it was not sent with.
    public func keep(_ file: Int32, as name: String) -> Int32 {
        let text = Array("FDSTORE=1\nFDNAME=\(name)".utf8)
        return clinux_send_descriptor(descriptor, address, address.count, text, text.count, file)
    }

    /// The open file of a name that the manager started this process with (sd_listen_fds_with_names(3)).
    ///
    /// - Parameters:
    ///   - environment: a variable's value.
    ///   - own: this process.
    ///   - isUsable: whether a descriptor is good for anything: the manager may not have noticed yet that one is not.
    public static func kept(
        as name: String, own: Int32, isUsable: (Int32) -> Bool = { _ in true }, _ environment: (String) -> String?
    ) -> Int32? {
        guard environment("LISTEN_PID").flatMap(Int32.init) == own,
            let count = environment("LISTEN_FDS").flatMap(Int32.init),
            let names = environment("LISTEN_FDNAMES")?.split(separator: ":", omittingEmptySubsequences: false)
        else { return nil }
        // Descriptors begin after the standard ones.
        return names.indices.first { $0 < count && names[$0] == name && isUsable(3 + Int32($0)) }.map { 3 + Int32($0) }
    }
}
