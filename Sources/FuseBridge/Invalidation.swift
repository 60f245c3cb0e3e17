// SPDX-License-Identifier: Apache-2.0
import CFuse3
import Glibc

/// Something that the kernel holds and is to forget.
public enum Invalidation: Hashable, Sendable {
    /// A file's attributes.
    case attributes(UInt64)
    /// What a file says, and its attributes.
    case contents(UInt64)
    /// What a directory lists, and its attributes.
    case listing(UInt64)
    /// What a name in a directory stands for.
    case entry(parent: UInt64, name: String)
}

/// What the kernel is told to forget something with (linux/fuse.h: struct fuse_notify_inval_inode_out and
/// fuse_notify_inval_entry_out).
///
/// The kernel waits for locks: for a name or a listing that of the directory, which a lookup or a reader that waits for
/// an answer holds; for contents those of their pages, which a cached read or write holds. So only attributes, which
/// wait for nobody, may be told by who would give those answers; the rest goes by a ``Messenger``.
extension Invalidation {
    /// Whether the kernel may make wait who tells it.
    public var mayWait: Bool { if case .attributes = self { false } else { true } }

    /// The notices, in order.
    var notices: [[UInt8]] {
        switch self {
        case .attributes(let inode): [Self.inode(inode, from: -1)]
        case .contents(let inode): [Self.inode(inode, from: 0)]
        case .entry(let parent, let name): [Self.entry(parent, name)]
        // A reader that has entries from before, and has not put them into the kernel's listing yet, holds the
        // directory's lock. Asking for a name waits for it, whether there is such a name or not; what is thrown away
        // then is all.
        case .listing(let inode): [Self.entry(inode, "-"), Self.inode(inode, from: 0)]
        }
    }

    private static func inode(_ inode: UInt64, from offset: Int64) -> [UInt8] {
        notice(2, bytes(inode) + bytes(offset) + bytes(Int64(0)))
    }

    private static func entry(_ parent: UInt64, _ name: String) -> [UInt8] {
        let name = Array(name.utf8)
        return notice(3, bytes(parent) + bytes(UInt32(name.count)) + bytes(UInt32(0)) + name + [0])
    }

    /// A notice of any kind: struct fuse_out_header, and its body.
    static func notice(_ code: Int32, _ body: [UInt8]) -> [UInt8] {
        bytes(UInt32(16 + body.count)) + bytes(code) + bytes(UInt64(0)) + body
    }

    private static func bytes<Number>(_ number: Number) -> [UInt8] { withUnsafeBytes(of: number) { Array($0) } }
}

extension FuseSession {
    /// Has the kernel forget something, and returns 0 or an errno; that the kernel held nothing is 0. On any thread.
    ///
    /// ENODEV: not mounted; but not to be relied upon while another thread unmounts.
    @discardableResult
    public func perform(_ invalidation: Invalidation) -> Int32 {
        guard isMounted else { return ENODEV }
        return invalidation.notices.reduce(0) { first, notice in
            let errno = tell(notice)
            return first != 0 || errno == ENOENT ? first : errno
        }
    }

    /// Writes a notice to the kernel; 0, or an errno.
    func tell(_ notice: [UInt8]) -> Int32 { write(descriptor, notice, notice.count) < 0 ? errno : 0 }
}
