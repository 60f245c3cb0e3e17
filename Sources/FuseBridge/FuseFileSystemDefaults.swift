// SPDX-License-Identifier: Apache-2.0
import Glibc

// A sysfs has no methods that make or remove files; the VFS then answers EACCES to O_CREAT and EPERM to the rest.
// Without default_permissions these answers also come before any question of rights, as they do in a sysfs as root.
extension FuseFileSystem {
    /// Answers EPERM: nothing can be changed.
    public func setAttributes(
        of inode: UInt64, changes: AttributeChanges, handle: UInt64?
    ) throws(FuseError) -> FileAttributes {
        throw FuseError(EPERM)
    }

    /// Answers EINVAL: not a symbolic link.
    public func readLink(inode: UInt64) throws(FuseError) -> String {
        throw FuseError(EINVAL)
    }

    /// Opens with handle 0 and direct_io.
    public func open(inode: UInt64, flags: Int32) throws(FuseError) -> OpenReply {
        OpenReply(directIO: true)
    }

    /// Answers EIO, as a sysfs does for an attribute without a store method.
    public func write(
        inode: UInt64, handle: UInt64, offset: Int64, bytes: UnsafeRawBufferPointer, context: RequestContext
    ) throws(FuseError) -> Transfer {
        throw FuseError(EIO)
    }

    /// Fails the reply with EINTR.
    public func interrupted(_ reply: PostponedReply) {
        reply.fail(FuseError(EINTR))
    }

    /// Never.
    public var deadline: UInt64? { nil }

    /// Does nothing.
    public func timeReached() {}

    /// Does nothing.
    public func release(inode: UInt64, handle: UInt64) {}

    /// Opens with handle 0.
    public func openDirectory(inode: UInt64) throws(FuseError) -> OpenReply {
        OpenReply()
    }

    /// Does nothing.
    public func releaseDirectory(inode: UInt64, handle: UInt64) {}

    /// Answers ENOSYS: the kernel then says "readable and writable" by itself, and does not ask again.
    public func poll(inode: UInt64, handle: UInt64, waiter: PollWaiter?) throws(FuseError) -> UInt32 {
        throw FuseError(ENOSYS)
    }

    /// Answers ENOSYS: the kernel then says yes by itself, and does not ask again.
    public func access(inode: UInt64, mask: Int32, context: RequestContext) throws(FuseError) {
        throw FuseError(ENOSYS)
    }

    /// Answers EACCES.
    public func create(
        parent: UInt64, name: String, mode: UInt32, flags: Int32
    ) throws(FuseError) -> (entry: Entry, open: OpenReply) {
        throw FuseError(EACCES)
    }

    /// Answers EPERM.
    public func makeNode(parent: UInt64, name: String, mode: UInt32, device: UInt64) throws(FuseError) -> Entry {
        throw FuseError(EPERM)
    }

    /// Answers EPERM.
    public func makeDirectory(parent: UInt64, name: String, mode: UInt32) throws(FuseError) -> Entry {
        throw FuseError(EPERM)
    }

    /// Answers EPERM.
    public func unlink(parent: UInt64, name: String) throws(FuseError) {
        throw FuseError(EPERM)
    }

    /// Answers EPERM.
    public func removeDirectory(parent: UInt64, name: String) throws(FuseError) {
        throw FuseError(EPERM)
    }

    /// Answers EPERM.
    public func makeSymbolicLink(parent: UInt64, name: String, target: String) throws(FuseError) -> Entry {
        throw FuseError(EPERM)
    }

    /// Answers EPERM.
    public func rename(
        parent: UInt64, name: String, newParent: UInt64, newName: String, flags: UInt32
    ) throws(FuseError) {
        throw FuseError(EPERM)
    }

    /// Answers EPERM.
    public func makeLink(inode: UInt64, newParent: UInt64, newName: String) throws(FuseError) -> Entry {
        throw FuseError(EPERM)
    }
}
