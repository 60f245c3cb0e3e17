// SPDX-License-Identifier: Apache-2.0

import Glibc

/// A stream socket with a name, for one caller.
final class UnixSocket {
    private let descriptor: Int32
    let path: String

    init(path: String) throws(KernelFailure) {
        self.path = path
        descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let isNamed = withUnsafeMutableBytes(of: &address.sun_path) { room in
            guard path.utf8.count < room.count else { return false }
            room.copyBytes(from: path.utf8)
            return true
        }
        let isBound = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size)) == 0
            }
        }
        guard isNamed, isBound, listen(descriptor, 1) == 0 else {
            throw KernelFailure(description: "\(path): \(String(cString: strerror(errno)))", isWorthAnotherTry: false)
        }
    }

    deinit { close(descriptor) }

    /// The caller; nil if nobody calls within so many seconds, or `isHopeless` says that nobody will.
    func accept(within seconds: Double, isHopeless: () -> Bool) -> LineStream? {
        for _ in 0..<Int(seconds * 10) {
            var waiting = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            if poll(&waiting, 1, 100) > 0 {
                let caller = Glibc.accept(descriptor, nil, nil)
                return caller < 0 ? nil : LineStream(caller)
            }
            if isHopeless() { return nil }
        }
        return nil
    }
}

/// Lines to and from the other end of a socket.
final class LineStream {
    private let descriptor: Int32
    private var ahead: [UInt8] = []
    /// How far no line ends in what was read ahead.
    private var searched = 0

    init(_ descriptor: Int32) { self.descriptor = descriptor }
    deinit { close(descriptor) }

    /// Sends a line; false if the other end is gone.
    func send(_ line: String) -> Bool {
        var rest = Array((line + "\n").utf8)[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            if count < 0, errno != EINTR { return false }
            rest = rest.dropFirst(max(0, count))
        }
        return true
    }

    /// The next line, without its end.
    ///
    /// - Returns: nil if none comes before the deadline, or the other end is gone.
    func line(by deadline: ContinuousClock.Instant) -> String? {
        while true {
            if let end = ahead[searched...].firstIndex(of: UInt8(ascii: "\n")) {
                defer { (ahead, searched) = (Array(ahead[(end + 1)...]), 0) }
                return String(decoding: ahead[..<end], as: UTF8.self)
            }
            searched = ahead.count
            let left = ContinuousClock.now.duration(to: deadline)
            var waiting = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            guard left > .zero else { return nil }
            let ready = poll(&waiting, 1, Int32(clamping: Int64(left / .milliseconds(1)) + 1))
            if ready < 0, errno == EINTR { continue }
            guard ready > 0 else { return nil }
            var bytes = [UInt8](repeating: 0, count: 1 << 16)
            let count = recv(descriptor, &bytes, bytes.count, 0)
            guard count > 0 else { return nil }
            ahead += bytes.prefix(count)
        }
    }
}
