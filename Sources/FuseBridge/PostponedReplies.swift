// SPDX-License-Identifier: Apache-2.0
import CFuse3
import Glibc

/// A session's open replies, in the order of their requests.
final class PostponedReplies {
    private var open: [PostponedReply] = []
    /// Those whose callers got a signal that the file system has not heard of yet.
    private var signalled: [PostponedReply] = []

    func add(_ reply: PostponedReply) {
        open.append(reply)
    }

    func remove(_ reply: PostponedReply) {
        open.removeAll { $0 === reply }
        signalled.removeAll { $0 === reply }
    }

    func note(signalTo reply: PostponedReply) {
        signalled.append(reply)
    }

    /// The next open reply whose caller got a signal, once.
    func takeSignalled() -> PostponedReply? {
        signalled.isEmpty ? nil : signalled.removeFirst()
    }

    /// Fails what is open.
    func fail(_ error: FuseError) {
        while let reply = open.first { reply.fail(error) }
    }
}

extension SessionState {
    /// Puts a request aside and gives its reply to `take`.
    func postpone(
        _ request: fuse_req_t?, _ kind: PostponedReply.Kind, size: Int, _ take: (PostponedReply) -> Void
    ) {
        let reply = PostponedReply(request, kind, size: size, in: postponed)
        postponed.add(reply)
        reply.watchForSignals()
        take(reply)
    }

    /// Tells the file system whose callers got signals. This is for the loop: libfuse's callback is no place for answers.
    func passOnSignals() {
        while let reply = postponed.takeSignalled() { fileSystem.interrupted(reply) }
    }
}
