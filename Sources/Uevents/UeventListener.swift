// SPDX-License-Identifier: Apache-2.0

import CLinux
import Glibc

/// Hears the uevents of the network namespace it is made in, as any program may.
public final class UeventListener {
    /// What comes next.
    public enum Next: Sendable, Equatable {
        /// A uevent's variables, `NAME=value`, with SEQNUM at the end.
        case uevent([String])
        /// The buffer was full, and some did not come.
        case lost
        /// There will be none any more; why, as an errno.
        case failed(Int32)
    }

    private let descriptor: Int32

    /// Begins to listen; nil with errno set where that is impossible.
    public init?() {
        descriptor = clinux_listen_uevents()
        if descriptor < 0 { return nil }
    }

    deinit { close(descriptor) }

    /// Waits for the next uevent.
    public func next() -> Next {
        var buffer = [UInt8](repeating: 0, count: 1 << 13)
        while true {
            let count = buffer.withUnsafeMutableBytes { clinux_receive_uevent(descriptor, $0.baseAddress, $0.count) }
            if count >= 0 {
                let words = buffer.prefix(count).split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
                // The first is ACTION@PATH; what has none is not the kernel's.
                if words.first?.contains("@") == true { return .uevent(Array(words.dropFirst())) }
            } else if errno == ENOBUFS {
                return .lost
            } else if errno != EINTR {
                return .failed(errno)
            }
        }
    }
}
