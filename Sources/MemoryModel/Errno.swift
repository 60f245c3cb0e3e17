// SPDX-License-Identifier: Apache-2.0

/// A Linux error number, positive.
///
/// The model names the ones its rules speak of; fault injection can produce any from 1 to 4095 (spec 13).
public struct Errno: RawRepresentable, Hashable, Sendable, Codable {
    /// The number, as in `errno`.
    public let rawValue: Int32
    /// Wraps a number.
    public init(rawValue: Int32) { self.rawValue = rawValue }

    /// EPERM, operation not permitted.
    public static let notPermitted = Errno(rawValue: 1)
    /// ENOENT, no such file or directory.
    public static let noEntry = Errno(rawValue: 2)
    /// EINTR, interrupted.
    public static let interrupted = Errno(rawValue: 4)
    /// EIO, input/output error.
    public static let inputOutput = Errno(rawValue: 5)
    /// ENXIO, no such device or address.
    public static let noAddress = Errno(rawValue: 6)
    /// E2BIG, too big.
    public static let tooBig = Errno(rawValue: 7)
    /// EAGAIN, try again.
    public static let tryAgain = Errno(rawValue: 11)
    /// ENOMEM, out of memory.
    public static let noMemory = Errno(rawValue: 12)
    /// EACCES, permission denied.
    public static let accessDenied = Errno(rawValue: 13)
    /// EBUSY, busy.
    public static let busy = Errno(rawValue: 16)
    /// EEXIST, exists.
    public static let exists = Errno(rawValue: 17)
    /// ENODEV, no such device.
    public static let noDevice = Errno(rawValue: 19)
    /// ENOTDIR, not a directory.
    public static let notDirectory = Errno(rawValue: 20)
    /// EISDIR, is a directory.
    public static let isDirectory = Errno(rawValue: 21)
    /// EINVAL, invalid argument.
    public static let invalid = Errno(rawValue: 22)
    /// EFBIG, file too large.
    public static let fileTooBig = Errno(rawValue: 27)
    /// ENOSPC, no room left.
    public static let noRoom = Errno(rawValue: 28)
    /// ERANGE, out of range.
    public static let outOfRange = Errno(rawValue: 34)
    /// EOPNOTSUPP, not supported.
    public static let notSupported = Errno(rawValue: 95)
    /// EHWPOISON, the page has a hardware error.
    public static let hardwarePoison = Errno(rawValue: 133)
}

/// Why the machine refused a command: the errno its writer gets, and the kernel's own words for it.
public struct Refusal: Error, Hashable, Sendable, CustomStringConvertible {
    /// What the writer's system call fails with.
    public let errno: Errno
    /// A short reason, in the words of the kernel's log where it has any.
    public let reason: String

    /// Makes a refusal.
    public init(_ errno: Errno, _ reason: String) {
        self.errno = errno
        self.reason = reason
    }

    /// The reason and the number, for logs.
    public var description: String { "\(reason) (errno \(errno.rawValue))" }
}
