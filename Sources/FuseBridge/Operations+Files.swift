// SPDX-License-Identifier: Apache-2.0
import CFuse3
import Glibc

extension Operations {
    static func addFiles(to operations: inout fuse_lowlevel_ops) {
        operations.open = { request, inode, info in
            answer(request) { state throws(FuseError) in
                let reply = try state.fileSystem.open(inode: inode, flags: info?.pointee.flags ?? 0)
                if !state.reply(request, reply, info) {
                    state.fileSystem.release(inode: inode, handle: reply.handle)
                }
            }
        }
        operations.read = { request, inode, size, offset, info in
            answer(request) { state throws(FuseError) in
                let buffer = state.buffer(size)
                let transfer = try state.fileSystem.read(
                    inode: inode, handle: info?.pointee.fh ?? 0, offset: Int64(offset),
                    flags: info?.pointee.flags ?? 0, into: buffer)
                switch transfer {
                case .done(let count):
                    let start = buffer.baseAddress?.assumingMemoryBound(to: CChar.self)
                    fuse_reply_buf(request, start, min(max(count, 0), size))
                case .later(let take): state.postpone(request, .read, size: size, take)
                }
            }
        }
        operations.write = { request, inode, bytes, size, offset, info in
            answer(request) { state throws(FuseError) in
                let transfer = try state.fileSystem.write(
                    inode: inode, handle: info?.pointee.fh ?? 0, offset: Int64(offset),
                    bytes: UnsafeRawBufferPointer(start: bytes, count: size),
                    context: RequestContext(request, state.raw))
                switch transfer {
                case .done(let count): fuse_reply_write(request, min(max(count, 0), size))
                case .later(let take): state.postpone(request, .write, size: size, take)
                }
            }
        }
        operations.release = { request, inode, info in
            answer(request) { state throws(FuseError) in
                state.fileSystem.release(inode: inode, handle: info?.pointee.fh ?? 0)
                fuse_reply_err(request, 0)
            }
        }
        operations.poll = { request, inode, info, waiter in
            answer(request) { state throws(FuseError) in
                let waiter = waiter.map { PollWaiter($0, number: state.raw.pollHandle) }
                let events = try state.fileSystem.poll(
                    inode: inode, handle: info?.pointee.fh ?? 0, waiter: waiter)
                fuse_reply_poll(request, events)
            }
        }
        operations.ioctl = { request, _, _, _, _, _, _, _, _ in
            fuse_reply_err(request, ENOTTY)
        }
    }
}
