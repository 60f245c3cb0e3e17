// SPDX-License-Identifier: Apache-2.0
import CFuse3
import Glibc

/// The table of callbacks. C function pointers capture nothing: each finds its session behind its request.
///
/// What is left out is answered ENOSYS by libfuse, from which the kernel learns not to ask again: it then answers
/// EOPNOTSUPP for extended attributes and fallocate, 0 for flush and fsync, and seeks and locks by itself.
enum Operations {
    static func table(readDirectoryPlus: Bool) -> fuse_lowlevel_ops {
        var operations = fuse_lowlevel_ops()
        // Two functions, because they too can capture nothing.
        if readDirectoryPlus {
            cfuse3_set_init(&operations) { _, connection in Operations.negotiate(connection, readDirectoryPlus: true) }
            operations.readdirplus = { request, inode, size, offset, info in
                Operations.readDirectory(request, inode, size, offset, info, plus: true)
            }
        } else {
            cfuse3_set_init(&operations) { _, connection in Operations.negotiate(connection, readDirectoryPlus: false) }
        }
        addAttributes(to: &operations)
        addFiles(to: &operations)
        addDirectories(to: &operations)
        addChanges(to: &operations)
        return operations
    }

    /// What the kernel and libfuse could do and should not. max_write stays at what libfuse offers, which is 1 MiB.
    private static func negotiate(_ connection: UnsafeMutablePointer<fuse_conn_info>?, readDirectoryPlus: Bool) {
        guard let connection else { return }
        // O_TRUNC is to arrive as a setattr. Copying beats splicing at a sysfs's sizes.
        let unwanted =
            FUSE_CAP_ATOMIC_O_TRUNC | FUSE_CAP_WRITEBACK_CACHE | FUSE_CAP_EXPORT_SUPPORT | FUSE_CAP_SPLICE_READ
            | FUSE_CAP_SPLICE_WRITE | FUSE_CAP_SPLICE_MOVE | FUSE_CAP_READDIRPLUS_AUTO
            | (readDirectoryPlus ? 0 : FUSE_CAP_READDIRPLUS)
            // Files' times never change: what has changed is said.
            | FUSE_CAP_AUTO_INVAL_DATA
        connection.pointee.want &= ~UInt32(unwanted)
        // What a link says does not change while it is there.
        connection.pointee.want |= connection.pointee.capable & UInt32(FUSE_CAP_CACHE_SYMLINKS)
        if readDirectoryPlus { connection.pointee.want |= connection.pointee.capable & UInt32(FUSE_CAP_READDIRPLUS) }
    }

    private static func addAttributes(to operations: inout fuse_lowlevel_ops) {
        operations.lookup = { request, parent, name in
            answer(request) { state throws(FuseError) in
                do throws(FuseError) {
                    state.reply(request, try state.fileSystem.lookup(parent: parent, name: text(name)))
                } catch {
                    guard error.errno == ENOENT, state.timeouts.negative > 0 else { throw error }
                    // Node 0: there is no such file, and for a while there will be none.
                    var nothing = fuse_entry_param()
                    nothing.entry_timeout = state.timeouts.negative
                    fuse_reply_entry(request, &nothing)
                }
            }
        }
        operations.getattr = { request, inode, info in
            answer(request) { state throws(FuseError) in
                state.reply(request, try state.fileSystem.attributes(of: inode, handle: info?.pointee.fh))
            }
        }
        operations.setattr = { request, inode, new, valid, info in
            answer(request) { state throws(FuseError) in
                guard let new = new?.pointee else { throw FuseError(EIO) }
                let changes = AttributeChanges(
                    mode: valid & FUSE_SET_ATTR_MODE != 0 ? new.st_mode : nil,
                    uid: valid & FUSE_SET_ATTR_UID != 0 ? new.st_uid : nil,
                    gid: valid & FUSE_SET_ATTR_GID != 0 ? new.st_gid : nil,
                    size: valid & FUSE_SET_ATTR_SIZE != 0 ? Int64(new.st_size) : nil)
                let handle = info?.pointee.fh
                state.reply(
                    request, try state.fileSystem.setAttributes(of: inode, changes: changes, handle: handle))
            }
        }
        operations.readlink = { request, inode in
            answer(request) { state throws(FuseError) in
                fuse_reply_readlink(request, try state.fileSystem.readLink(inode: inode))
            }
        }
        operations.access = { request, inode, mask in
            answer(request) { state throws(FuseError) in
                try state.fileSystem.access(inode: inode, mask: mask, context: RequestContext(request, state.raw))
                fuse_reply_err(request, 0)
            }
        }
        // Getting and setting extended attributes is not supported; listing them finds none, as on a sysfs.
        operations.listxattr = { request, _, size in
            if size == 0 { fuse_reply_xattr(request, 0) } else { fuse_reply_buf(request, nil, 0) }
        }
        operations.statfs = { request, _ in
            var statistics = statvfs()
            statistics.f_bsize = 4096
            statistics.f_frsize = 4096
            statistics.f_namemax = 255
            fuse_reply_statfs(request, &statistics)
        }
    }
}
