// SPDX-License-Identifier: Apache-2.0

import FuseBridge
import Glibc
import Journal
import MemoryModel
import SysfsTree
import Transcripts

/// The tree of a machine as a FUSE file system.
///
/// The session's thread is the only one that touches the machine; that is the whole locking. What the kernel may keep
/// of the answers is noted (``Kept``), and taken back when the machine changes (``Settling``).
final class TreeFileSystem: FuseFileSystem {
    let session: TreeSession
    private let owner: (user: UInt32, group: UInt32)
    private let bootTime: Int64
    let caching: Caching
    var kept: Kept
    let settling: Settling
    /// Reads to their end the directories that others do not.
    var preloader: Preloader?
    /// Who waits for the answer to a write, and to a read.
    private var writers: [TreeSession.PendingWrite: Waiting] = [:]
    private var readers: [(reply: PostponedReply, reader: Reader)] = []
    /// How many writes of a file wait, by its number.
    private var awaited: [UInt64: Int] = [:]
    /// The machine's clock, which runs only while something is to happen in it by itself.
    private var clock: MachineClock
    private var machineDeadline: UInt64?
    /// Writes down what is asked, and what is answered.
    var recorder: TranscriptRecorder?
    /// Who waits in poll(2) for events.
    var pollers: EventPollers
    private var lastForgottenEvent: UInt64 = 0
    /// What is done beside answering.
    private let chores: [any Chore]
    /// What is written to before anything is done; none where nobody wants to have it again.
    let journal: Journal?
    /// The request whose write is being done.
    private(set) var requestUnderway: UInt64?
    var lastMarked: UInt64 = 0
    /// Requests that the kernel may send again, which another process had: what they were answered, or will be.
    var earlier = EarlierRequests()
    /// Makes the journal shorter.
    var compact: () -> Void = {}
    /// When it is to be looked at whether that can be done.
    private var compactionDue: UInt64?
    /// Whether requests of a process that is gone may come again yet.
    var awaitsRepeats: () -> Bool = { false }
    /// Writes whose writers got a signal that could not be recorded, and when that, or time, is tried again.
    private var unheard: Set<TreeSession.PendingWrite> = []
    private var retryAt: UInt64?
    private static let pause: UInt64 = 100_000_000

    /// Serves a session's tree.
    ///
    /// - Parameters:
    ///   - owner: whose the files are, as the mount's user namespace counts.
    ///   - bootTime: the files' times, in seconds of the epoch.
    ///   - caching: what the kernel keeps.
    ///   - settling: what follows from changes.
    ///   - journal: where all inputs are recorded.
    ///   - pace: how the machine's clock goes.
    ///   - chores: what this thread does beside answering.
    init(
        session: TreeSession, owner: (user: UInt32, group: UInt32), bootTime: Int64, caching: Caching,
        settling: Settling, journal: Journal? = nil, pace: ClockPace = .real, chores: [any Chore] = []
    ) {
        self.journal = journal
        pollers = EventPollers(journal)
        clock = MachineClock(pace)
        self.session = session
        self.owner = owner
        self.bootTime = bootTime
        self.caching = caching
        self.settling = settling
        self.chores = chores
        kept = Kept(of: session.machine, texts: caching == .cached)
        session.onAnswer = { [unowned self] in answer($0, $1) }
        settling.isAwaited = { [unowned self] number in
            awaited[number] != nil || readers.contains { $0.reader.inode.number == number }
        }
    }

    /// A command was done: what it changed is to be forgotten, before anybody hears of it.
    ///
    /// - Parameter announce: lets others hear.
    func changed(_ changes: [Change], announce: @escaping () -> Void) {
        let items = kept.forget(
            after: changes, of: session.machine, lookup: { try? session.lookup($0, in: $1) },
            digest: session.digest(of:))
        settling.forget(items)
        settling.afterwards(announce)
    }

    /// The entry of a name.
    func lookup(parent: UInt64, name: String) throws(FuseError) -> Entry {
        let parent = try inode(parent)
        let found = try answer { () throws(Refusal) in try session.lookup(name, in: parent) }
        kept.note(name: name, in: parent, is: found, of: session.machine, digest: session.digest(of:))
        var attributes = attributes(found)
        attributes.isMomentary = kept.mayChange(found, of: session.machine)
        return Entry(attributes: attributes)
    }

    /// What `stat` says.
    func attributes(of number: UInt64, handle: UInt64?) throws(FuseError) -> FileAttributes {
        let inode = try inode(number)
        kept.note(attributesOf: inode, of: session.machine, digest: session.digest(of:))
        return attributes(inode)
    }

    /// chmod, chown, and truncation, which does nothing.
    func setAttributes(
        of number: UInt64, changes: AttributeChanges, handle: UInt64?
    ) throws(FuseError) -> FileAttributes {
        let inode = try inode(number)
        _ = try answer { () throws(Refusal) in
            // Nobody asks to open it: O_TRUNC shows that somebody does, as shells do for writing.
            if changes.size != nil, caching == .cached { try session.check(inode, reading: false, writing: true) }
            _ = try session.change(
                inode, permissions: changes.mode, user: changes.uid, group: changes.gid, size: changes.size)
        }
        kept.note(attributesOf: inode, of: session.machine, digest: session.digest(of:))
        var attributes = attributes(inode)
        if let size = changes.size, caching == .cached {
            // The kernel throws its pages away only if it is told another size; it is to ask for the right one.
            attributes.size = size
            attributes.isMomentary = true
            if size == 0 { kept.note(truncated: inode) }
        }
        return attributes
    }

    /// Where a link points.
    func readLink(inode number: UInt64) throws(FuseError) -> String {
        let inode = try inode(number)
        return try answer { () throws(Refusal) in try session.target(of: inode) }
    }

    /// Opens for direct reading and writing: every read(2) and write(2) comes here. Where the kernel keeps contents,
    /// it is not to ask.
    func open(inode number: UInt64, flags: Int32) throws(FuseError) -> OpenReply {
        guard caching == .exact else { throw FuseError(ENOSYS) }
        let inode = try inode(number)
        let access = flags & O_ACCMODE
        let handle = try answer { () throws(Refusal) in
            try session.open(
                inode, reading: access != O_WRONLY, writing: access != O_RDONLY)
        }
        return OpenReply(handle: handle, directIO: true)
    }

    /// The text, made when it is first read; later, where the reader has to wait for a lock.
    func read(
        inode number: UInt64, handle: UInt64, offset: Int64, flags: Int32, into buffer: UnsafeMutableRawBufferPointer
    ) throws(FuseError) -> Transfer {
        let reader = Reader(inode: try inode(number), handle: handle, offset: Int(offset))
        session.adopt(handle, of: reader.inode, at: reader.offset)
        // Of who waits for events only: sysfs heeds no O_NONBLOCK.
        let isNonblocking = flags & O_NONBLOCK != 0 && session.waitsForEvents(handle)
        if mustWait(reader), !isNonblocking { return .later { self.readers.append(($0, reader)) } }
        return .done(try answer { () throws(Refusal) in try read(reader, into: buffer) })
    }

    /// Who reads, and where. Without a handle it is the kernel, for all who read what it keeps.
    private struct Reader {
        let inode: Inode
        let handle: UInt64
        let offset: Int
    }

    private func mustWait(_ reader: Reader) -> Bool {
        reader.handle == 0
            ? reader.offset == 0 && session.mustWait(reader.inode)
            : session.mustWait(reader.handle, at: reader.offset)
    }

    private func read(_ reader: Reader, into buffer: UnsafeMutableRawBufferPointer) throws(Refusal) -> Int {
        guard reader.handle == 0 else {
            let count: Int
            do throws(Refusal) { count = try session.read(reader.handle, at: reader.offset, into: buffer) } catch {
                if let path = recordedPath(reader.inode) { recorder?.readFailed(reader.handle, path, error.errno) }
                throw error
            }
            record(reader, buffer.prefix(count))
            if let journal, reader.offset == 0, session.isPartlyRead(reader.handle) {
                // Where it cannot be recorded, whoever takes over makes the rest of the text anew.
                try? journal.append(.reading(file: session.path(of: reader.inode), handle: reader.handle))
            }
            return count
        }
        let count = try session.read(reader.inode, at: reader.offset, into: buffer)
        kept.note(textOf: reader.inode, of: session.machine, digest: session.digest(of:))
        return count
    }

    private func record(_ reader: Reader, _ bytes: Slice<UnsafeMutableRawBufferPointer>) {
        // The times of what happened are others each time.
        guard recorder != nil, !session.isEvents(reader.inode), let path = recordedPath(reader.inode) else { return }
        recorder?.read(
            reader.handle, path, at: reader.offset, bytes, isPart: session.isPartlyRead(reader.handle))
    }

    /// By what a file can be asked for again, if all is to be written down. What was opened before its object went cannot.
    private func recordedPath(_ inode: Inode) -> String? {
        guard recorder != nil else { return nil }
        let path = session.path(of: inode)
        return session.inode(at: path) == inode ? path : nil
    }

    /// One write, one store; answered later, where it has to wait, or the kernel has something to forget first.
    func write(
        inode number: UInt64, handle: UInt64, offset: Int64, bytes: UnsafeRawBufferPointer, context: RequestContext
    ) throws(FuseError) -> Transfer {
        let inode = try inode(number)
        if context.isRepeated, let was = earlier.take(context.request) { return again(was, number, context.request) }
        tellTime()
        defer { afterCommands() }
        requestUnderway = context.request
        defer { requestUnderway = nil }
        settling.forget(kept.forget(written: inode, count: bytes.count))
        recorder?.willWrite()
        let path = recordedPath(inode)
        let result: Result<TreeSession.WriteResult, Refusal>
        do throws(Refusal) {
            if caching == .cached { try session.check(inode, reading: false, writing: true) }
            result = .success(try session.write(inode, bytes))
        } catch { result = .failure(error) }
        if let path { recorder?.wrote(path, bytes, TranscriptRecorder.Written(result)) }
        forgetEvents()
        mark()
        settling.settle()
        if case .failure(let refusal) = result, settling.isIdle { throw FuseError(refusal.errno.rawValue) }
        return transfer(result, number, context.request)
    }

    /// The answer to a write that was done before its writer could hear: by a process that is gone.
    private func again(_ was: EarlierRequests.Answer, _ number: UInt64, _ request: UInt64) -> Transfer {
        switch was {
        case .waits(let write): later(number, request) { self.writers[write] = $0 }
        case .answered(let result): later(number, request) { self.answer($0, result) }
        }
    }

    /// Has the journal told when all that follows from what is in it has been done.
    private func mark() {
        guard let journal, journal.last != lastMarked else { return }
        lastMarked = journal.last
        settling.afterwards { [lastMarked] in journal.followed(lastMarked) }
    }

    /// The answer to a write, when the kernel has forgotten what it has to.
    private func transfer(
        _ result: Result<TreeSession.WriteResult, Refusal>, _ number: UInt64, _ request: UInt64
    ) -> Transfer {
        switch result {
        case .success(.taken(let count)) where settling.isIdle: return .done(count)
        case .success(.waits(let write)): return later(number, request) { self.writers[write] = $0 }
        case .success(.taken(let count)): return later(number, request) { self.answer($0, .success(count)) }
        case .failure(let refusal): return later(number, request) { self.answer($0, .failure(refusal)) }
        }
    }

    /// A write that is answered later.
    private func later(
        _ number: UInt64, _ request: UInt64, _ take: @escaping (Waiting) -> Void
    ) -> Transfer {
        awaited[number, default: 0] += 1
        return .later { take(Waiting(reply: $0, number: number, request: request)) }
    }

    /// Who waits for the answer to a write, and to which file.
    private struct Waiting {
        let reply: PostponedReply
        let number: UInt64
        let request: UInt64
    }

    /// The writes that wait, by the kernel's numbers for them.
    var waitingRequests: [UInt64: TreeSession.PendingWrite] {
        Dictionary(writers.map { ($0.value.request, $0.key) }) { first, _ in first }
    }

    private func isAnswered(_ waiting: Waiting) {
        let left = (awaited[waiting.number] ?? 1) - 1
        awaited[waiting.number] = left == 0 ? nil : left
    }

    /// Events are told without commands, too: refusals, losses, notes.
    func forgetEvents() {
        guard let last = session.events?.last, last != lastForgottenEvent else { return }
        lastForgottenEvent = last
        settling.forget(kept.forgetEvents())
    }

    /// A signal came to who waits.
    func interrupted(_ reply: PostponedReply) {
        if let write = writers.first(where: { $0.value.reply === reply })?.key {
            tellTime()
            interrupt(write)
            afterCommands()
        } else if let index = readers.firstIndex(where: { $0.reply === reply }) {
            readers.remove(at: index)
            reply.fail(FuseError(EINTR))
        }
        // What has been done is only being told, and will be answered in a moment.
    }

    /// Passes a signal on. One that cannot be recorded is kept: the kernel says it once.
    private func interrupt(_ write: TreeSession.PendingWrite) {
        recorder?.interrupted(write)
        do throws(Refusal) { try session.interrupt(write) } catch {
            unheard.insert(write)
            retryAt = FuseSession.now + Self.pause
        }
    }

    /// Tries again what could not be recorded.
    private func retry() {
        guard let due = retryAt, due <= FuseSession.now else { return }
        retryAt = nil
        let writes = unheard
        unheard = []
        for write in writes where writers[write] != nil { interrupt(write) }
    }

    /// When there is something to do without a request: in the machine, or a chore.
    var deadline: UInt64? {
        chores.reduce(
            earliest(
                earliest(machineDeadline, compactionDue), earliest(earliest(retryAt, settling.due), preloader?.due))
        ) {
            earliest, chore in
            guard let due = chore.due else { return earliest }
            return min(due, earliest ?? due)
        }
    }

    private func earliest(_ one: UInt64?, _ other: UInt64?) -> UInt64? {
        guard let one, let other else { return one ?? other }
        return min(one, other)
    }

    /// Tells the machine how much time has passed, and does the chores whose time it is.
    func timeReached() {
        let now = FuseSession.now
        for chore in chores {
            if let due = chore.due, due <= now { chore.run() }
        }
        if let due = preloader?.due, due <= now { preloader?.run() }
        retry()
        tellTime()
        afterCommands()
        settling.run()
        compactIfLong()
    }

    /// Only while all that follows from the journal is done, and no request of another process may come again.
    private func compactIfLong() {
        guard compactionDue != nil else { return }
        compactionDue = nil
        // What comes first that is no repeat has this looked at again, if it makes the journal longer.
        guard let journal, journal.isLong, !awaitsRepeats() else { return }
        guard settling.isIdle else {
            compactionDue = FuseSession.now + 10_000_000
            return
        }
        // All of them have come by now, so that no snapshot needs to hold what they were answered.
        earlier = EarlierRequests()
        compact()
    }

    /// Answers who need not wait any more, and lets the machine's clock run or stop.
    func afterCommands() {
        forgetEvents()
        mark()
        settling.settle()
        answerReaders()
        // Between requests, when no write is without its answer or its place among those that wait.
        if let journal, journal.isLong { compactionDue = compactionDue ?? 0 }
        clock.adjust(to: session.machine)
        machineDeadline = clock.deadline.map { max($0, retryAt ?? 0) }
    }

    /// Puts the machine's clock right, if it runs: what begins now is to be timed from now.
    private func tellTime() {
        let behind = clock.behind(session.machine, isDue: machineDeadline.map { $0 <= FuseSession.now } ?? false)
        guard behind > 0 else { return }
        // Where it cannot be recorded, time stands still.
        do throws(Refusal) { try session.tick(milliseconds: behind) } catch {
            retryAt = retryAt ?? FuseSession.now + Self.pause
        }
    }

    private func answer(_ write: TreeSession.PendingWrite, _ result: Result<Int, Refusal>) {
        recorder?.answered(write, result)
        guard let waiting = writers.removeValue(forKey: write) else { return earlier.answer(write, result) }
        answer(waiting, result)
    }

    /// Answers a write, when all has followed from it that is to.
    private func answer(_ waiting: Waiting, _ result: Result<Int, Refusal>) {
        settling.afterwards { [self] in
            isAnswered(waiting)
            switch result {
            case .success(let count): waiting.reply.complete(count: count)
            case .failure(let refusal): waiting.reply.fail(FuseError(refusal.errno.rawValue))
            }
        }
        settling.settle()
    }

    /// Answers reads that need not wait any more.
    private func answerReaders() {
        if let last = session.events?.last { pollers.wake(for: last) }
        guard !readers.isEmpty else { return }
        let waiting = readers
        readers = []
        for reader in waiting {
            guard !mustWait(reader.reader) else {
                readers.append(reader)
                continue
            }
            let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: reader.reply.size, alignment: 1)
            defer { buffer.deallocate() }
            do throws(Refusal) {
                let count = try read(reader.reader, into: buffer)
                reader.reply.complete(bytes: Array(buffer.prefix(count)))
            } catch { reader.reply.fail(FuseError(error.errno.rawValue)) }
        }
    }

    /// What poll(2) says.
    func poll(inode: UInt64, handle: UInt64, waiter: PollWaiter?) throws(FuseError) -> UInt32 {
        // Kept though there may be events to read: who wants edges does not ask again before there are more.
        if let waiter, session.followsEvents(handle) { pollers.add(waiter, of: handle) }
        return session.poll(handle)
    }

    /// Closes a file.
    func release(inode: UInt64, handle: UInt64) {
        pollers.forget(handle)
        session.close(handle)
    }

    /// The kernel is not to ask: it keeps what directories list.
    func openDirectory(inode number: UInt64) throws(FuseError) -> OpenReply { throw FuseError(ENOSYS) }

    /// Entries with their types, so that readers need no stat.
    func readDirectory(
        inode number: UInt64, handle: UInt64, offset: UInt64, into buffer: inout DirectoryBuffer
    ) throws(FuseError) {
        let inode = try inode(number)
        let part = try answer { () throws(Refusal) in try session.list(inode, from: offset) }
        kept.note(listing: inode)
        preloader?.note(listing: number, isEnd: part.entries.isEmpty)
        var end = part.entries.startIndex
        defer {
            recorder?.listed(
                handle, session.path(of: inode), part.entries[..<end].map(\.name), isFirst: offset == 0,
                isEnd: part.entries.isEmpty)
        }
        for index in part.entries.indices {
            let entry = part.entries[index]
            let next = part.place(after: index)
            if buffer.add(name: entry.name, inode: entry.inode.number, mode: entry.type, nextOffset: next) { return }
            end = index + 1
        }
    }

    private func inode(_ number: UInt64) throws(FuseError) -> Inode {
        guard let inode = Inode(number) else { throw FuseError(ESTALE) }
        return inode
    }

    private func attributes(_ inode: Inode) -> FileAttributes {
        let status = session.status(of: inode)
        let isText = caching == .cached && status.attributes.mode & UInt32(S_IFMT) == UInt32(S_IFREG)
        return FileAttributes(
            inode: inode.number, mode: status.attributes.mode,
            size: isText ? session.length(of: inode) : status.attributes.size,
            links: status.attributes.links, uid: status.user ?? owner.user, gid: status.group ?? owner.group,
            time: bootTime)
    }

    /// The one place where a refusal becomes an errno.
    private func answer<T>(_ body: () throws(Refusal) -> T) throws(FuseError) -> T {
        do throws(Refusal) { return try body() } catch { throw FuseError(error.errno.rawValue) }
    }
}
