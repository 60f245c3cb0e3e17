// SPDX-License-Identifier: Apache-2.0

/// Why a session could not be made or mounted, in one line.
public struct FuseSessionError: Error, Equatable, Sendable, CustomStringConvertible {
    /// What kind of thing went wrong.
    public enum Kind: Sendable {
        /// libfuse did not take the mount options.
        case options
        /// There is no /dev/fuse to be opened.
        case noDevice
        /// An unprivileged mount needs fusermount3, and it is not installed.
        case noHelper
        /// The mount point is missing, not a directory, or not accessible.
        case mountPoint
        /// The mount itself was refused.
        case refused
        /// A descriptor could not be made or prepared.
        case resources
    }

    /// What kind of thing went wrong.
    public let kind: Kind
    /// Whether it is this system that does not allow it, and might not at any place.
    public var isForbidden: Bool { [.noDevice, .noHelper, .refused].contains(kind) }
    /// The reason, one line, without a full stop at its end.
    public let description: String

    init(_ kind: Kind, _ description: String) {
        self.kind = kind
        self.description = description
    }
}
