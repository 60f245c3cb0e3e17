// SPDX-License-Identifier: Apache-2.0

import FuseBridge
import Glibc
import MemoryModel
import SysfsTree

/// The tree of a machine as a FUSE file system.
///
/// Nothing is cached in the kernel: every answer is asked for, so every answer is true. The session's thread is the
/// only one that touches the machine; that is the whole locking.
final class TreeFileSystem: FuseFileSystem {
    private let session: TreeSession
    private let owner: (user: UInt32, group: UInt32)
    private let bootTime: Int64
    /// Who waits for the answer to a write, and to a read.
    private var writers: [TreeSession.PendingWrite: PostponedReply] = [:]
    private var readers: [(reply: PostponedReply, handle: UInt64, offset: Int)] = []
    /// When something happens in the machine by itself; its clock runs only while something is to happen.
    private var machineDeadline: UInt64?
    /// Who waits in poll(2) for events, by handle, and the last event that they were woken for.
    private var pollers: [UInt64: PollWaiter] = [:]
    private var lastPolledEvent: UInt64 = 0
    /// What is done beside answering.
    private let chores: [any Chore]
    /// When the machine's clock was started, and what it showed.
    private var clockStarted: (nanoseconds: UInt64, clock: UInt64)?

    /// Serves a session's tree.
    ///
    /// - Parameters:
    ///   - owner: whose the files are, as the mount's user namespace counts.
    ///   - bootTime: the files' times, in seconds of the epoch.
    ///   - chores: what this thread does beside answering.
    init(
        session: TreeSession, owner: (user: UInt32, group: UInt32), bootTime: Int64, chores: [any Chore] = []
    ) {
        self.session = session
        self.owner = owner
        self.bootTime = bootTime
        self.chores = chores
        session.onAnswer = { [unowned self] in answer($0, $1) }
    }

    /// The entry of a name; nothing about it is to be remembered.
    func lookup(parent: UInt64, name: String) throws(FuseError) -> Entry {
        let parent = try inode(parent)
        let found = try answer { () throws(Refusal) in try session.lookup(name, in: parent) }
        return Entry(attributes: attributes(found))
    }

    /// What `stat` says.
    func attributes(of number: UInt64, handle: UInt64?) throws(FuseError) -> FileAttributes {
        attributes(try inode(number))
    }

    /// chmod, chown, and truncation, which does nothing.
    func setAttributes(
        of number: UInt64, changes: AttributeChanges, handle: UInt64?
    ) throws(FuseError) -> FileAttributes {
        let inode = try inode(number)
        _ = try answer { () throws(Refusal) in
            try session.change(
                inode, permissions: changes.mode, user: changes.uid, group: changes.gid, size: changes.size)
        }
        return attributes(inode)
    }

    /// Where a link points.
    func readLink(inode number: UInt64) throws(FuseError) -> String {
        let inode = try inode(number)
        return try answer { () throws(Refusal) in try session.target(of: inode) }
    }

    /// Opens for direct reading and writing: every read(2) and write(2) comes here.
    func open(inode number: UInt64, flags: Int32) throws(FuseError) -> OpenReply {
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
        inode: UInt64, handle: UInt64, offset: Int64, flags: Int32, into buffer: UnsafeMutableRawBufferPointer
    ) throws(FuseError) -> Transfer {
        // Of who waits for events only: sysfs heeds no O_NONBLOCK.
        let isNonblocking = flags & O_NONBLOCK != 0 && session.waitsForEvents(handle)
        if session.mustWait(handle, at: Int(offset)), !isNonblocking {
            return .later { self.readers.append((reply: $0, handle: handle, offset: Int(offset))) }
        }
        return .done(try answer { () throws(Refusal) in try session.read(handle, at: Int(offset), into: buffer) })
    }

    /// One write, one store; answered later, where it has to wait.
    func write(
        inode number: UInt64, handle: UInt64, offset: Int64, bytes: UnsafeRawBufferPointer, context: RequestContext
    ) throws(FuseError) -> Transfer {
        let inode = try inode(number)
        tellTime()
        defer { afterCommands() }
        switch try answer({ () throws(Refusal) in try session.write(inode, bytes) }) {
        case .taken(let count): return .done(count)
        case .waits(let write): return .later { self.writers[write] = $0 }
        }
    }

    /// A signal came to who waits.
    func interrupted(_ reply: PostponedReply) {
        if let write = writers.first(where: { $0.value === reply })?.key {
            tellTime()
            session.interrupt(write)
            afterCommands()
        } else {
            readers.removeAll { $0.reply === reply }
            reply.fail(FuseError(EINTR))
        }
    }

    /// When there is something to do without a request: in the machine, or a chore.
    var deadline: UInt64? {
        chores.reduce(machineDeadline) { earliest, chore in
            guard let due = chore.due else { return earliest }
            return min(due, earliest ?? due)
        }
    }

    /// Tells the machine how much time has passed, and does the chores whose time it is.
    func timeReached() {
        let now = FuseSession.now
        for chore in chores {
            if let due = chore.due, due <= now { chore.run() }
        }
        tellTime()
        afterCommands()
    }

    /// Answers who need not wait any more, and lets the machine's clock run or stop.
    private func afterCommands() {
        answerReaders()
        guard let due = session.machine.deadline else {
            (clockStarted, machineDeadline) = (nil, nil)
            return
        }
        let started = clockStarted ?? (FuseSession.now, session.machine.clock)
        clockStarted = started
        machineDeadline = started.nanoseconds + (due - min(due, started.clock)) * 1_000_000
    }

    /// Puts the machine's clock right, if it runs: what begins now is to be timed from now.
    private func tellTime() {
        guard let started = clockStarted else { return }
        let passed = (FuseSession.now - started.nanoseconds) / 1_000_000
        let told = session.machine.clock - started.clock
        guard passed > told else { return }
        _ = try? session.apply(.tick(milliseconds: passed - told))
    }

    private func answer(_ write: TreeSession.PendingWrite, _ result: Result<Int, Refusal>) {
        guard let reply = writers.removeValue(forKey: write) else { return }
        switch result {
        case .success(let count): reply.complete(count: count)
        case .failure(let refusal): reply.fail(FuseError(refusal.errno.rawValue))
        }
    }

    /// Answers reads that need not wait any more.
    private func answerReaders() {
        if let last = session.events?.last, last != lastPolledEvent {
            lastPolledEvent = last
            let woken = pollers.values
            pollers = [:]
            for waiter in woken { waiter.wake() }
        }
        guard !readers.isEmpty else { return }
        let waiting = readers
        readers = []
        for reader in waiting {
            guard !session.mustWait(reader.handle, at: reader.offset) else {
                readers.append(reader)
                continue
            }
            let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: reader.reply.size, alignment: 1)
            defer { buffer.deallocate() }
            do throws(Refusal) {
                let count = try session.read(reader.handle, at: reader.offset, into: buffer)
                reader.reply.complete(bytes: Array(buffer.prefix(count)))
            } catch { reader.reply.fail(FuseError(error.errno.rawValue)) }
        }
    }

    /// What poll(2) says.
    func poll(inode: UInt64, handle: UInt64, waiter: PollWaiter?) throws(FuseError) -> UInt32 {
        // Kept though there may be events to read: who wants edges does not ask again before there are more.
        if let waiter, session.followsEvents(handle) { pollers[handle] = waiter }
        return session.poll(handle)
    }

    /// Closes a file.
    func release(inode: UInt64, handle: UInt64) {
        pollers[handle] = nil
        session.close(handle)
    }

    /// Opens a directory.
    func openDirectory(inode number: UInt64) throws(FuseError) -> OpenReply {
        let inode = try inode(number)
        return OpenReply(handle: try answer { () throws(Refusal) in try session.openDirectory(inode) })
    }

    /// Entries with their types, so that readers need no stat.
    func readDirectory(
        inode number: UInt64, handle: UInt64, offset: UInt64, into buffer: inout DirectoryBuffer
    ) throws(FuseError) {
        let inode = try inode(number)
        let entries = try answer { () throws(Refusal) in
            try session.list(inode, handle, fromStart: offset == 0)
        }
        // Offsets 1 and 2 are `.` and `..`; an entry's offset says where to go on after it.
        var next = offset
        while next < 2 {
            next += 1
            let name = next == 1 ? "." : ".."
            if buffer.add(name: name, inode: number, mode: UInt32(S_IFDIR), nextOffset: next) { return }
        }
        for entry in entries.dropFirst(Int(clamping: next - 2)) {
            next += 1
            if buffer.add(name: entry.name, inode: entry.inode.number, mode: entry.type, nextOffset: next) { return }
        }
    }

    /// Closes a directory.
    func releaseDirectory(inode: UInt64, handle: UInt64) { session.closeDirectory(handle) }

    private func inode(_ number: UInt64) throws(FuseError) -> Inode {
        guard let inode = Inode(number) else { throw FuseError(ESTALE) }
        return inode
    }

    private func attributes(_ inode: Inode) -> FileAttributes {
        let status = session.status(of: inode)
        return FileAttributes(
            inode: inode.number, mode: status.attributes.mode, size: status.attributes.size,
            links: status.attributes.links, uid: status.user ?? owner.user, gid: status.group ?? owner.group,
            time: bootTime)
    }

    /// The one place where a refusal becomes an errno.
    private func answer<T>(_ body: () throws(Refusal) -> T) throws(FuseError) -> T {
        do throws(Refusal) { return try body() } catch { throw FuseError(error.errno.rawValue) }
    }
}
