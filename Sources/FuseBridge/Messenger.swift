// SPDX-License-Identifier: Apache-2.0
import CLinux
import Glibc

/// A process that tells the kernel what to forget, in place of one that has requests to answer: whoever tells it may have
/// to wait for those answers, and cannot even be killed meanwhile.
///
/// It ends with this process, or as soon as the kernel lets it.
public final class Messenger: Sendable {
    private let control: Int32

    /// Starts it. Early, for it keeps a copy of the memory that there is.
    ///
    /// - Returns: nil where no process or socket is to be had; errno says why.
    public init?() {
        control = clinux_start_messenger()
        if control < 0 { return nil }
    }

    deinit { close(control) }

    /// A way to the kernel, on which one thing is told after the other. Used on one thread.
    public final class Line {
        private let socket: Int32
        /// What the socket had no room for.
        private var unsent: [UInt8] = []
        /// How many notices of what has been told are not acknowledged yet, by invalidation.
        private var left: [Int] = []

        /// Who is at its other end: the first that comes from there.
        private var greeting: [UInt8] = []

        /// Whether the kernel keeps who is at its other end waiting, for all that is known; nil for nothing.
        public var isKeptWaiting: Bool? {
            guard greeting.count == MemoryLayout<pid_t>.size else { return nil }
            let answer = clinux_sleeps_in_kernel(greeting.withUnsafeBytes { $0.loadUnaligned(as: pid_t.self) })
            return answer < 0 ? nil : answer == 1
        }

        /// Whether there is nobody at its other end any more.
        public private(set) var isBroken = false

        fileprivate init?(_ control: Int32, _ session: FuseSession) {
            socket = clinux_new_messenger_line(control, session.descriptor, session.wake)
            if socket < 0 { return nil }
        }

        deinit { close(socket) }

        /// How many invalidations it was given and the kernel has not taken yet.
        public var underway: Int { left.count }

        /// Has some things told, without waiting; the session is woken when all of them are.
        public func tell(_ invalidations: some Collection<Invalidation>) {
            for invalidation in invalidations {
                let notices = invalidation.notices
                left.append(notices.count)
                for notice in notices { unsent += notice }
            }
            unsent += [0, 0, 0, 0]
            send()
        }

        /// How many invalidations the kernel has taken since the last call.
        public func taken() -> Int {
            if !unsent.isEmpty { send() }
            var buffer = [UInt8](repeating: 0, count: 256)
            var count = 0
            while true {
                let received = recv(socket, &buffer, buffer.count, Int32(MSG_DONTWAIT))
                guard received > 0 else {
                    isBroken = received == 0 || ![EAGAIN, EINTR].contains(errno)
                    break
                }
                let hello = buffer.prefix(received).prefix(MemoryLayout<pid_t>.size - greeting.count)
                greeting += hello
                for _ in hello.count..<received where !left.isEmpty {
                    left[0] -= 1
                    if left[0] == 0 {
                        left.removeFirst()
                        count += 1
                    }
                }
                if received < buffer.count { break }
            }
            return count
        }

        private func send() {
            while !unsent.isEmpty {
                let count = Glibc.send(
                    socket, unsent, unsent.count, Int32(MSG_DONTWAIT) | Int32(MSG_NOSIGNAL))
                guard count > 0 else { return }
                unsent.removeFirst(count)
            }
        }
    }

    /// A line for a session that is mounted; nil where no socket is to be had.
    public func line(for session: FuseSession) -> Line? { Line(control, session) }
}
