// SPDX-License-Identifier: Apache-2.0
import CFuse3
import Glibc

/// What callbacks find behind a session's userdata. Only the thread that runs the session touches it.
final class SessionState {
    let fileSystem: any FuseFileSystem
    let timeouts: Timeouts
    let postponed = PostponedReplies()
    /// The request that is being processed.
    var raw = RawRequest.none
    /// Whether requests of another process may come yet.
    var awaitsRepeats = false
    /// Told of the kernel's first request, before it is answered.
    var onConnection: ([UInt8]) -> Void = { _ in }
    /// One answer's bytes; libfuse has written them to the kernel when a reply function returns.
    private var scratch = UnsafeMutableRawBufferPointer(start: nil, count: 0)

    init(fileSystem: any FuseFileSystem, timeouts: Timeouts) {
        self.fileSystem = fileSystem
        self.timeouts = timeouts
    }

    deinit {
        scratch.deallocate()
    }

    /// `count` bytes that hold anything.
    func buffer(_ count: Int) -> UnsafeMutableRawBufferPointer {
        if scratch.count < count {
            scratch.deallocate()
            scratch = .allocate(byteCount: count, alignment: 16)
        }
        return UnsafeMutableRawBufferPointer(rebasing: scratch[..<count])
    }
}

/// Gives a request's session to `body`, which replies, or throws what is then the reply.
func answer(_ request: fuse_req_t?, _ body: (SessionState) throws(FuseError) -> Void) {
    let state = Unmanaged<SessionState>.fromOpaque(fuse_req_userdata(request)).takeUnretainedValue()
    do throws(FuseError) {
        try body(state)
    } catch {
        fuse_reply_err(request, error.carried)
    }
}

/// The C string of a name. The kernel checks only its length and slashes; what is not UTF-8 is repaired.
func text(_ name: UnsafePointer<CChar>?) -> String {
    name.map { String(cString: $0) } ?? ""
}

extension RequestContext {
    init(_ request: fuse_req_t?, _ raw: RawRequest) {
        let context = fuse_req_ctx(request).pointee
        self.init(
            pid: context.pid, uid: context.uid, gid: context.gid, request: raw.number, isRepeated: raw.isRepeated)
    }
}

extension Entry {
    func parameters(_ timeouts: Timeouts) -> fuse_entry_param {
        var result = fuse_entry_param()
        result.ino = attributes.inode
        result.generation = generation
        result.attr = attributes.stat
        result.attr_timeout = attributes.isMomentary ? 0 : timeouts.attributes
        result.entry_timeout = timeouts.entry
        return result
    }
}

extension OpenReply {
    func fill(_ info: UnsafeMutablePointer<fuse_file_info>) {
        info.pointee.fh = handle
        info.pointee.direct_io = directIO ? 1 : 0
        info.pointee.keep_cache = keepCache ? 1 : 0
        info.pointee.nonseekable = nonSeekable ? 1 : 0
        info.pointee.cache_readdir = cacheDirectory ? 1 : 0
        // There is no flush to ask for, and some kernels take the inode's lock to flush, which a postponed write holds:
        // close(2) of any descriptor of the file would wait for it, and hear no signal.
        info.pointee.noflush = 1
    }
}

extension SessionState {
    func reply(_ request: fuse_req_t?, _ entry: Entry) {
        var parameters = entry.parameters(timeouts)
        fuse_reply_entry(request, &parameters)
    }

    func reply(_ request: fuse_req_t?, _ attributes: FileAttributes) {
        var stat = attributes.stat
        fuse_reply_attr(request, &stat, attributes.isMomentary ? 0 : timeouts.attributes)
    }

    /// True when somebody got the open file; false when the opener was interrupted, and no release will follow.
    func reply(_ request: fuse_req_t?, _ open: OpenReply, _ info: UnsafeMutablePointer<fuse_file_info>?) -> Bool {
        guard let info else {
            fuse_reply_err(request, EIO)
            return false
        }
        open.fill(info)
        return fuse_reply_open(request, info) != -ENOENT
    }
}
