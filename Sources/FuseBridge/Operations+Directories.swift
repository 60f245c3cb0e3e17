// SPDX-License-Identifier: Apache-2.0
import CFuse3
import Glibc

extension Operations {
    static func addDirectories(to operations: inout fuse_lowlevel_ops) {
        operations.opendir = { request, inode, info in
            answer(request) { state throws(FuseError) in
                let reply = try state.fileSystem.openDirectory(inode: inode)
                if !state.reply(request, reply, info) {
                    state.fileSystem.releaseDirectory(inode: inode, handle: reply.handle)
                }
            }
        }
        operations.readdir = { request, inode, size, offset, info in
            Operations.readDirectory(request, inode, size, offset, info, plus: false)
        }
        operations.releasedir = { request, inode, info in
            answer(request) { state throws(FuseError) in
                state.fileSystem.releaseDirectory(inode: inode, handle: info?.pointee.fh ?? 0)
                fuse_reply_err(request, 0)
            }
        }
    }

    static func readDirectory(
        _ request: fuse_req_t?, _ inode: fuse_ino_t, _ size: Int, _ offset: off_t,
        _ info: UnsafeMutablePointer<fuse_file_info>?, plus: Bool
    ) {
        answer(request) { state throws(FuseError) in
            let memory = state.buffer(size)
            var buffer = DirectoryBuffer(
                request: request, memory: memory, timeouts: state.timeouts, wantsAttributes: plus)
            try state.fileSystem.readDirectory(
                inode: inode, handle: info?.pointee.fh ?? 0, offset: UInt64(bitPattern: Int64(offset)), into: &buffer)
            fuse_reply_buf(request, memory.baseAddress?.assumingMemoryBound(to: CChar.self), buffer.used)
        }
    }

    /// What makes, moves and removes names.
    static func addChanges(to operations: inout fuse_lowlevel_ops) {
        operations.create = { request, parent, name, mode, info in
            answer(request) { state throws(FuseError) in
                guard let info else { throw FuseError(EIO) }
                let (entry, open) = try state.fileSystem.create(
                    parent: parent, name: text(name), mode: mode, flags: info.pointee.flags)
                var parameters = entry.parameters(state.timeouts)
                open.fill(info)
                if fuse_reply_create(request, &parameters, info) == -ENOENT {
                    state.fileSystem.release(inode: entry.attributes.inode, handle: open.handle)
                }
            }
        }
        operations.mknod = { request, parent, name, mode, device in
            answer(request) { state throws(FuseError) in
                let entry = try state.fileSystem.makeNode(
                    parent: parent, name: text(name), mode: mode, device: UInt64(device))
                state.reply(request, entry)
            }
        }
        operations.mkdir = { request, parent, name, mode in
            answer(request) { state throws(FuseError) in
                state.reply(
                    request, try state.fileSystem.makeDirectory(parent: parent, name: text(name), mode: mode))
            }
        }
        operations.symlink = { request, target, parent, name in
            answer(request) { state throws(FuseError) in
                let entry = try state.fileSystem.makeSymbolicLink(
                    parent: parent, name: text(name), target: text(target))
                state.reply(request, entry)
            }
        }
        operations.link = { request, inode, parent, name in
            answer(request) { state throws(FuseError) in
                state.reply(
                    request, try state.fileSystem.makeLink(inode: inode, newParent: parent, newName: text(name)))
            }
        }
        operations.unlink = { request, parent, name in
            answer(request) { state throws(FuseError) in
                try state.fileSystem.unlink(parent: parent, name: text(name))
                fuse_reply_err(request, 0)
            }
        }
        operations.rmdir = { request, parent, name in
            answer(request) { state throws(FuseError) in
                try state.fileSystem.removeDirectory(parent: parent, name: text(name))
                fuse_reply_err(request, 0)
            }
        }
        operations.rename = { request, parent, name, newParent, newName, flags in
            answer(request) { state throws(FuseError) in
                try state.fileSystem.rename(
                    parent: parent, name: text(name), newParent: newParent, newName: text(newName), flags: flags)
                fuse_reply_err(request, 0)
            }
        }
    }
}
