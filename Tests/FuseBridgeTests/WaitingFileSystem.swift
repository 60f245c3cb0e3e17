// SPDX-License-Identifier: Apache-2.0
import FuseBridge
import Glibc
import Synchronization
import TestSupport
import Testing

/// A root of files whose reads and writes wait for one another.
///
/// @unchecked Sendable: what is not behind the mutex is touched on the session's thread only.
final class WaitingFileSystem: FuseFileSystem, @unchecked Sendable {
    enum File: UInt64, CaseIterable {
        /// A write waits; a read does not.
        case block = 2
        /// A read waits.
        case news
        /// A write waits for the time.
        case soon
        /// A write takes its time, and then waits.
        case slow
        /// A write completes what waits for no time: "done", "wrong" or an error number.
        case release
        /// Nothing waits.
        case state
    }

    /// What tests look at.
    struct Seen {
        var postponed = 0
        var open = 0
        var interrupted = 0
        var completed = 0
        /// Replies that were completed when somebody else had answered before.
        var late = 0
        var takenBytes: [String] = []
        var times: [UInt64] = []
        var deadline: UInt64?
        var deadlineAsked = 0
        var released: [UInt64] = []
        var thread: Int32 = 0
    }

    private struct Weak {
        weak var reply: PostponedReply?

        init(_ reply: PostponedReply) { self.reply = reply }
    }

    let seen = Mutex(Seen())
    private var waiting: [(reply: PostponedReply, isRead: Bool)] = []
    private var timed: [PostponedReply] = []
    private var given: [Weak] = []
    private var time: UInt64?
    /// How long a write to `soon` waits.
    private let delay: UInt64
    /// Whether a signal ends a wait.
    private let endsAtSignal: Bool
    /// Whether the time stays where it is when it has come.
    private let keepsTime: Bool

    init(delay: UInt64 = 50_000_000, endsAtSignal: Bool = true, keepsTime: Bool = false) {
        self.delay = delay
        self.endsAtSignal = endsAtSignal
        self.keepsTime = keepsTime
    }

    private func attributes(_ inode: UInt64) -> FileAttributes {
        var result = FileAttributes(inode: inode, mode: inode == 1 ? S_IFDIR | 0o755 : S_IFREG | 0o644, size: 4096)
        result.uid = geteuid()
        result.gid = getegid()
        return result
    }

    func lookup(parent: UInt64, name: String) throws(FuseError) -> Entry {
        guard let file = File.allCases.first(where: { "\($0)" == name }) else { throw FuseError(ENOENT) }
        return Entry(attributes: attributes(file.rawValue))
    }

    func attributes(of inode: UInt64, handle: UInt64?) throws(FuseError) -> FileAttributes {
        attributes(inode)
    }

    func setAttributes(
        of inode: UInt64, changes: AttributeChanges, handle: UInt64?
    ) throws(FuseError) -> FileAttributes {
        attributes(inode)
    }

    func open(inode: UInt64, flags: Int32) throws(FuseError) -> OpenReply {
        OpenReply(handle: inode, directIO: true)
    }

    func release(inode: UInt64, handle: UInt64) {
        seen.withLock { $0.released.append(handle) }
    }

    func readDirectory(
        inode: UInt64, handle: UInt64, offset: UInt64, into buffer: inout DirectoryBuffer
    ) throws(FuseError) {}

    func read(
        inode: UInt64, handle: UInt64, offset: Int64, flags: Int32, into buffer: UnsafeMutableRawBufferPointer
    ) throws(FuseError) -> Transfer {
        let thread = hidden("gettid", GetTid.self)
        seen.withLock { $0.thread = thread() }
        guard inode == File.news.rawValue else {
            let rest = "online\n".utf8.dropFirst(Int(offset)).prefix(buffer.count)
            buffer.copyBytes(from: Array(rest))
            return .done(rest.count)
        }
        return .later { reply in
            self.given.append(Weak(reply))
            self.waiting.append((reply, true))
            self.notePostponed()
        }
    }

    func write(
        inode: UInt64, handle: UInt64, offset: Int64, bytes: UnsafeRawBufferPointer, context: RequestContext
    ) throws(FuseError) -> Transfer {
        let text = String(decoding: bytes, as: UTF8.self)
        seen.withLock { $0.takenBytes.append(text) }
        switch File(rawValue: inode) {
        case .release:
            release(text.hasSuffix("\n") ? String(text.dropLast()) : text)
            return .done(bytes.count)
        case .soon:
            return .later { reply in
                self.timed.append(reply)
                self.time = FuseSession.now + self.delay
                self.seen.withLock { $0.deadline = self.time }
                self.notePostponed()
            }
        case .slow:
            notePostponed()
            usleep(100_000)
            return .later { self.waiting.append(($0, false)) }
        case .block:
            return .later { reply in
                self.waiting.append((reply, false))
                self.notePostponed()
            }
        default: return .done(bytes.count)
        }
    }

    private func notePostponed() {
        seen.withLock {
            $0.postponed += 1
            $0.open += 1
        }
    }

    /// Completes what waits.
    private func release(_ how: String) {
        for (reply, isRead) in waiting {
            let inTime =
                if let number = Int32(how) {
                    reply.fail(FuseError(number))
                } else if isRead {
                    reply.complete(bytes: Array((how == "long" ? String(repeating: "x", count: 5000) : "news").utf8))
                } else {
                    reply.complete(count: how == "wrong" ? Int.max : reply.size)
                }
            #expect(!reply.isOpen)
            #expect(!reply.fail(FuseError(EIO)))
            note(inTime)
        }
        waiting = []
    }

    private func note(_ inTime: Bool) {
        seen.withLock {
            $0.open -= 1
            $0.completed += inTime ? 1 : 0
            $0.late += inTime ? 0 : 1
        }
    }

    /// What a test does to replies that a session has left behind; the session must have ended.
    func releaseAfterTheEnd() {
        for (reply, _) in waiting { #expect(!reply.isOpen) }
        for reply in timed { #expect(!reply.isOpen) }
        release("done")
    }

    /// The reads' replies that somebody holds; the session must have ended.
    var kept: [PostponedReply] { given.compactMap(\.reply) }

    func interrupted(_ reply: PostponedReply) {
        seen.withLock { $0.interrupted += 1 }
        #expect(reply.isOpen)
        guard endsAtSignal else { return }
        waiting.removeAll { $0.reply === reply }
        timed.removeAll { $0 === reply }
        seen.withLock { $0.open -= 1 }
        #expect(reply.fail(FuseError(EINTR)))
    }

    var deadline: UInt64? {
        seen.withLock { $0.deadlineAsked += 1 }
        return time
    }

    func timeReached() {
        seen.withLock { $0.times.append(FuseSession.now) }
        if !keepsTime { time = nil }
        for reply in timed { note(reply.complete(count: reply.size)) }
        timed = []
    }
}
