// SPDX-License-Identifier: Apache-2.0
import CFuse3
import Glibc

/// The answer to a read or a write that comes later. Its caller sleeps until then.
///
/// It is completed once, on the session's thread, from within any call that the session makes to the file system; what
/// comes after that is ignored, because the file system need not know who was first: a reply may have failed when its
/// caller got a signal (``FuseFileSystem/interrupted(_:)``), and all that are open fail with ENODEV when
/// ``FuseSession/run(busyPollMicroseconds:)`` ends. The session keeps an open reply, so one that the file system drops is
/// open until then.
public final class PostponedReply {
    enum Kind {
        case read, write
    }

    /// How many bytes the request was for; an answer of more is cut.
    public let size: Int
    private let kind: Kind
    /// Whose answer it is; nil when it has been given, for libfuse frees a request with its answer.
    private var request: fuse_req_t?
    private var replies: PostponedReplies?

    init(_ request: fuse_req_t?, _ kind: Kind, size: Int, in replies: PostponedReplies) {
        self.request = request
        self.kind = kind
        self.size = size
        self.replies = replies
    }

    /// Whether the caller still waits for this reply.
    public var isOpen: Bool { request != nil }

    /// Answers a write, and only that: so many bytes were taken.
    ///
    /// Returns false when nobody got the answer: another was given before, or the mount is gone.
    @discardableResult
    public func complete(count: Int) -> Bool {
        precondition(kind == .write, "a read is completed with its bytes")
        return answer { fuse_reply_write($0, min(max(count, 0), size)) }
    }

    /// Answers a read, and only that, with its bytes, of which there may be none.
    ///
    /// Returns false when nobody got the answer: another was given before, or the mount is gone.
    @discardableResult
    public func complete(bytes: [UInt8]) -> Bool {
        precondition(kind == .read, "a write is completed with a count")
        return answer { request in
            bytes.withUnsafeBytes { bytes in
                let start = bytes.baseAddress?.assumingMemoryBound(to: CChar.self)
                return fuse_reply_buf(request, start, min(bytes.count, size))
            }
        }
    }

    /// Answers with an error number.
    ///
    /// Returns false when nobody got the answer: another was given before, or the mount is gone.
    @discardableResult
    public func fail(_ error: FuseError) -> Bool {
        answer { fuse_reply_err($0, error.carried) }
    }

    private func answer(_ send: (fuse_req_t) -> Int32) -> Bool {
        guard let request else { return false }
        self.request = nil
        replies?.remove(self)
        // The two hold each other only while the reply is open.
        replies = nil
        return send(request) == 0
    }

    /// Asks libfuse to say when the caller gets a signal; it does so at once if that has happened.
    func watchForSignals() {
        // libfuse forgets the pointer with the request, and until then the session keeps this object.
        let reply = Unmanaged.passUnretained(self).toOpaque()
        fuse_req_interrupt_func(
            request,
            { _, reply in
                guard let reply else { return }
                Unmanaged<PostponedReply>.fromOpaque(reply).takeUnretainedValue().noteSignal()
            }, reply)
    }

    /// libfuse holds the request's lock around this and uses the request afterwards, so it must not be answered here.
    private func noteSignal() {
        replies?.note(signalTo: self)
    }
}
