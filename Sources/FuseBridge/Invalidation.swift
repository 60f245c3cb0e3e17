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

/// What tells the kernel to forget what it holds. It may be called on any thread.
///
/// The kernel waits for locks: for a name or a listing that of the directory, which a lookup or a reader that waits for
/// an answer holds; for contents those of their pages, which a cached read or write holds. So none of these may be done
/// on the thread that would give those answers. Attributes wait for nobody.
extension FuseSession {
    /// Does it, and returns 0 or an errno; that the kernel held nothing is 0.
    ///
    /// ENOSYS: the kernel has asked nothing yet. ENODEV: not mounted; but not to be relied upon while another thread
    /// unmounts.
    @discardableResult
    public func perform(_ invalidation: Invalidation) -> Int32 {
        guard isMounted else { return ENODEV }
        let status: Int32 =
            switch invalidation {
            case .attributes(let inode): fuse_lowlevel_notify_inval_inode(session, inode, -1, 0)
            case .contents(let inode): fuse_lowlevel_notify_inval_inode(session, inode, 0, 0)
            case .entry(let parent, let name): forget(name, in: parent)
            case .listing(let inode): forgetListing(of: inode)
            }
        return status == -ENOENT ? 0 : -status
    }

    private func forget(_ name: String, in parent: UInt64) -> Int32 {
        fuse_lowlevel_notify_inval_entry(session, parent, name, name.utf8.count)
    }

    /// A reader that has entries from before, and has not put them into the kernel's listing yet, holds the directory's
    /// lock. Asking for a name waits for it, whether there is such a name or not; what is thrown away then is all.
    private func forgetListing(of inode: UInt64) -> Int32 {
        _ = forget("-", in: inode)
        return fuse_lowlevel_notify_inval_inode(session, inode, 0, 0)
    }
}
