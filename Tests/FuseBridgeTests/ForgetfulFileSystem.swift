// SPDX-License-Identifier: Apache-2.0
import FuseBridge
import Glibc
import Synchronization

/// A root with a file `state`, whose writes all wait and are forgotten.
final class ForgetfulFileSystem: FuseFileSystem, Sendable {
    let writes = Mutex(0)

    func lookup(parent: UInt64, name: String) throws(FuseError) -> Entry {
        guard name == "state" else { throw FuseError(ENOENT) }
        return Entry(attributes: try attributes(of: 2, handle: nil))
    }

    func attributes(of inode: UInt64, handle: UInt64?) throws(FuseError) -> FileAttributes {
        FileAttributes(
            inode: inode, mode: inode == 1 ? S_IFDIR | 0o755 : S_IFREG | 0o644, size: 4096, uid: geteuid(),
            gid: getegid())
    }

    func readDirectory(
        inode: UInt64, handle: UInt64, offset: UInt64, into buffer: inout DirectoryBuffer
    ) throws(FuseError) {}

    func read(
        inode: UInt64, handle: UInt64, offset: Int64, flags: Int32, into buffer: UnsafeMutableRawBufferPointer
    ) throws(FuseError) -> Transfer {
        .done(0)
    }

    func write(
        inode: UInt64, handle: UInt64, offset: Int64, bytes: UnsafeRawBufferPointer, context: RequestContext
    ) throws(FuseError) -> Transfer {
        .later { _ in self.writes.withLock { $0 += 1 } }
    }
}
