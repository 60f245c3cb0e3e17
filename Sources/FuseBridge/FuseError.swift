// SPDX-License-Identifier: Apache-2.0
import Glibc

/// A request's answer when it is an error number.
public struct FuseError: Error, Equatable, Sendable {
    /// The error number, positive, as in `errno.h`.
    public let errno: Int32

    /// The answer `errno`.
    public init(_ errno: Int32) {
        self.errno = errno
    }

    /// The number as /dev/fuse can carry it: the kernel refuses an answer above 511, and the request would then hang.
    var carried: Int32 {
        switch errno {
        case 1...511: errno
        // A "failure" of 0 or less would be an answer without its body.
        case ...0: EIO
        default: ERANGE
        }
    }
}
