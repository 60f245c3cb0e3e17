// SPDX-License-Identifier: Apache-2.0
import CFuse3
import Glibc

/// What tells the kernel to forget what it holds.
///
/// Each returns 0 or an errno; that the kernel held nothing is 0. None may be called from within a request on the same
/// inode, or directory for names: the kernel may wait for that request's end. ENOSYS: the kernel has asked nothing yet.
/// ENODEV: not mounted; but not to be relied upon while another thread unmounts.
extension FuseSession {
    /// Drops a file's pages and attributes.
    @discardableResult
    public func invalidate(inode: UInt64) -> Int32 {
        notify { fuse_lowlevel_notify_inval_inode(session, inode, 0, 0) }
    }

    /// Drops a file's attributes, and leaves its pages.
    @discardableResult
    public func invalidateAttributes(of inode: UInt64) -> Int32 {
        notify { fuse_lowlevel_notify_inval_inode(session, inode, -1, 0) }
    }

    /// Drops what a name stands for, or that it stands for nothing.
    @discardableResult
    public func invalidateEntry(parent: UInt64, name: String) -> Int32 {
        notify { fuse_lowlevel_notify_inval_entry(session, parent, name, name.utf8.count) }
    }

    /// Drops a name whose file is gone, also for who watches it or sits in it. ENOTEMPTY and EBUSY are possible.
    @discardableResult
    public func notifyDeleted(parent: UInt64, child: UInt64, name: String) -> Int32 {
        notify { fuse_lowlevel_notify_delete(session, parent, child, name, name.utf8.count) }
    }

    private func notify(_ send: () -> Int32) -> Int32 {
        guard isMounted else { return ENODEV }
        let status = send()
        return status == -ENOENT ? 0 : -status
    }
}
