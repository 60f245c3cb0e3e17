// SPDX-License-Identifier: Apache-2.0

public import MemoryModel

/// A machine and the files opened in its tree: what a mounted file system keeps. Not thread-safe; whoever owns it
/// calls it from one thread.
public final class TreeSession {
    /// The machine shown.
    public internal(set) var machine: Machine
    /// Told of every command and its outcome before the write that gave it returns: uevents go out here.
    public var onOutcome: (Command, Outcome) -> Void = { _, _ in }
    /// Told of every refused write: the file (``Tree/path(of:in:)`` says where it is), what was written, and why.
    public var onRefusedWrite: (Inode, _ text: String, Refusal) -> Void = { _, _, _ in }

    /// Told when a write that had to wait has its answer: how many bytes were taken, or why not.
    public var onAnswer: (PendingWrite, Result<Int, Refusal>) -> Void = { _, _ in }

    /// Where the lines of `events` come from; without it, nothing has happened.
    public var events: (any EventSource)?

    /// Told of everything that comes from outside before it has any effect; nil while nobody keeps it. What it throws
    /// refuses the input, of which then nothing is done.
    public var record: ((Input) throws(Refusal) -> Void)?

    /// What was captured of a real machine, over the simulated one.
    var captured: CapturedView?
    private var files: [UInt64: OpenFile] = [:]
    var listings = Listings()
    /// The last text that was read without opening, as long as nothing happens.
    private var latestText: (inode: Inode, event: UInt64, text: [UInt8])?
    /// Handles are those of this process: the kernel may still hold some of one that served the tree before.
    private var nextHandle: UInt64
    /// The number of the latest write that may have to wait; the same when inputs are replayed.
    var lastWrite: UInt64 = 0
    /// What chmod and chown changed; kept while the object exists (spec 1.1).
    var ownership: [Inode: Ownership] = [:]

    struct Ownership: Sendable, Codable {
        var permissions: UInt32?
        var user: UInt32?
        var group: UInt32?
    }

    /// What `stat` says, owner included.
    public struct Status: Sendable {
        /// Type, permissions, size and links.
        public var attributes: Tree.Attributes
        /// Owner, or nil for the tree's usual one.
        public var user: UInt32?
        /// Group, or nil for the tree's usual one.
        public var group: UInt32?
    }

    /// A write whose answer comes later.
    public struct PendingWrite: Hashable, Sendable, Codable {
        /// How many writes had come when it did.
        let number: UInt64
    }

    /// What came of a write.
    public enum WriteResult: Sendable, Equatable {
        /// So many bytes were taken.
        case taken(Int)
        /// The answer comes with ``TreeSession/onAnswer``.
        case waits(PendingWrite)
    }

    /// What is left of a write that waits.
    struct Rest: Sendable {
        let write: PendingWrite
        let inode: Inode
        let text: String
        var commands: ArraySlice<Command>
        let count: Int
    }
    var waiting: [Ticket: Rest] = [:]

    /// Starts with a machine that nobody has looked at yet.
    ///
    /// - Parameter firstHandle: what opened files are numbered from.
    public init(machine: Machine, firstHandle: UInt64 = 1) {
        self.machine = machine
        nextHandle = firstHandle
        captured = machine.description.captured.map { CapturedView($0, atBoot: machine) }
    }

    /// The entry of a name.
    public func lookup(_ name: String, in parent: Inode) throws(Refusal) -> Inode {
        guard let captured else { return try Tree.lookup(name, in: parent, of: machine) }
        return try captured.lookup(name, in: parent, of: machine)
    }

    /// Whether the tree has a path, links not followed.
    public func has(_ path: String) -> Bool { inode(at: path) != nil }

    /// Where an inode is, for people: logs and messages.
    public func path(of inode: Inode) -> String {
        captured?.path(of: inode, in: machine) ?? Tree.path(of: inode, in: machine)
    }

    private func exists(_ inode: Inode) -> Bool {
        captured?.exists(inode, in: machine) ?? Tree.exists(inode, in: machine)
    }

    private func style(of inode: Inode) -> FileStyle? {
        captured.map { $0.style(of: inode) } ?? Tree.style(of: inode)
    }

    /// What `stat` says of an inode.
    public func status(of inode: Inode) -> Status {
        var attributes =
            captured?.attributes(of: inode, in: machine) ?? Tree.attributes(of: inode, in: machine)
        guard let changed = ownership[inode] else { return Status(attributes: attributes) }
        if let permissions = changed.permissions {
            attributes.mode = attributes.mode & ~0o7777 | permissions
        }
        return Status(attributes: attributes, user: changed.user, group: changed.group)
    }

    /// chmod and chown. Sizes never change: truncation succeeds and does nothing (spec 1.2.5).
    ///
    /// - Throws: EFBIG for a size above 2^31-1.
    public func change(
        _ inode: Inode, permissions: UInt32?, user: UInt32?, group: UInt32?, size: Int64?
    ) throws(Refusal) -> Status {
        if let size, size > Int64(Int32.max) { throw Refusal(.fileTooBig, "size above 2^31-1") }
        if permissions != nil || user != nil || group != nil {
            guard exists(inode) else { throw Refusal(.noEntry, "the object was removed") }
            try record?(.change(file: path(of: inode), permissions: permissions, user: user, group: group))
            var changed = ownership[inode] ?? Ownership()
            changed.permissions = permissions.map { $0 & 0o7777 } ?? changed.permissions
            changed.user = user ?? changed.user
            changed.group = group ?? changed.group
            ownership[inode] = changed
        }
        return status(of: inode)
    }

    /// Where a symbolic link points.
    public func target(of inode: Inode) throws(Refusal) -> String {
        let target = captured.map { $0.target(of: inode, in: machine) } ?? Tree.target(of: inode, in: machine)
        guard let target else { throw Refusal(.invalid, "not a link") }
        return target
    }

    /// Opens a file. Even root needs some read bit to read and some write bit to write (spec 1.2).
    ///
    /// - Returns: a handle.
    /// - Throws: EACCES, or ENODEV where the object is gone.
    public func open(_ inode: Inode, reading: Bool, writing: Bool) throws(Refusal) -> UInt64 {
        let style = try check(inode, reading: reading, writing: writing)
        return keep(OpenFile(inode, follows: style == .events && reading && writing))
    }

    /// Marks the handles of files that follow events, so that another process knows them.
    private static let following: UInt64 = 1 << 62

    /// Takes over a file that was opened in a process which served the tree before, if the handle is not known.
    ///
    /// - Parameter offset: how much of it has been read, if it follows events: from the oldest that are kept.
    public func adopt(_ handle: UInt64, of inode: Inode, at offset: Int) {
        guard handle != 0, files[handle] == nil else { return }
        var file = OpenFile(inode, follows: handle & Self.following != 0)
        if file.follows, let events { file.skip(offset, from: events) }
        files[handle] = file
    }

    /// Whether a file may be opened.
    ///
    /// - Throws: as ``open(_:reading:writing:)``.
    @discardableResult
    public func check(_ inode: Inode, reading: Bool, writing: Bool) throws(Refusal) -> FileStyle {
        guard let style = style(of: inode) else { throw Refusal(.isDirectory, "not a file") }
        guard exists(inode) else { throw Refusal(.noDevice, "the object was removed") }
        let permissions = status(of: inode).attributes.mode
        switch style {
        case .attribute, .typed:
            let row = Tree.row(inode)
            let lacksStore = style == .typed && row?.store == nil
            let lacksShow = style == .typed && row?.show == nil
            if writing, permissions & 0o222 == 0 || lacksStore { throw Refusal(.accessDenied, "nobody may write") }
            if reading, permissions & 0o444 == 0 || lacksShow { throw Refusal(.accessDenied, "nobody may read") }
        case .proc, .control, .events: break
        }
        return style
    }

    /// Whether somebody has read a part of an open file's text, and the rest is to be as it was then.
    public func isPartlyRead(_ handle: UInt64) -> Bool {
        guard let file = files[handle], file.isPartlyRead else { return false }
        return style(of: file.inode) != .events
    }

    /// Takes over an open file of which somebody has read a part, when the tree is as it was then.
    public func adopt(_ handle: UInt64, partlyRead file: String) {
        guard let inode = inode(at: file), let text = try? text(of: inode) else { return }
        files[handle] = OpenFile(inode, partlyRead: text)
    }

    /// An open file of which somebody has read a part, with all of its text.
    public struct PartlyRead: Sendable, Codable {
        let inode: Inode
        let text: [UInt8]
    }

    /// How many readers of parts of texts are remembered: most have read the rest long ago.
    public static let mostReaders = 256

    /// The files opened last of which somebody has read a part, by handle.
    public var partlyRead: [UInt64: PartlyRead] {
        var owed: [UInt64: PartlyRead] = [:]
        for (handle, file) in files.sorted(by: { $0.key > $1.key }) where owed.count < Self.mostReaders {
            guard style(of: file.inode) != .events, let text = file.owedText else { continue }
            owed[handle] = PartlyRead(inode: file.inode, text: text)
        }
        return owed
    }

    /// Takes over an open file of which somebody has read a part.
    public func adopt(_ handle: UInt64, _ file: PartlyRead) {
        files[handle] = OpenFile(file.inode, partlyRead: file.text)
    }

    private func keep(_ file: OpenFile) -> UInt64 {
        defer { nextHandle += 1 }
        let handle = file.follows ? nextHandle | Self.following : nextHandle
        files[handle] = file
        return handle
    }

    /// Reads from an open file.
    ///
    /// - Throws: what the file's rule says; ENODEV where the object is gone.
    public func read(
        _ handle: UInt64, at offset: Int, into buffer: UnsafeMutableRawBufferPointer
    ) throws(Refusal) -> Int {
        guard var file = files[handle] else { throw Refusal(.inputOutput, "unknown handle") }
        defer { files[handle] = file }
        guard style(of: file.inode) == .events else {
            let inode = file.inode
            return try file.read(at: offset, into: buffer) { () throws(Refusal) in try text(of: inode) }
        }
        guard let events else { return 0 }
        guard file.follows else { return file.readEvents(at: offset, into: buffer, from: events) }
        if file.hasReadAll(from: events) { throw Refusal(.tryAgain, "no more events yet") }
        return file.readMoreEvents(into: buffer, from: events)
    }

    /// Reads a file that nobody opened.
    ///
    /// - Throws: as opening and reading it.
    public func read(
        _ inode: Inode, at offset: Int, into buffer: UnsafeMutableRawBufferPointer
    ) throws(Refusal) -> Int {
        try check(inode, reading: true, writing: false)
        return copy(try latest(inode).dropFirst(offset), into: buffer)
    }

    /// How long a file's text is; as long as any where it cannot be read, so that who reads it hears why.
    public func length(of inode: Inode) -> Int64 {
        guard (try? check(inode, reading: true, writing: false)) != nil, let text = try? latest(inode) else {
            return 4096
        }
        return Int64(text.count)
    }

    /// A number that tells what a file says, or why it cannot be read, from what else it could say; the same in this
    /// process only.
    public func digest(of inode: Inode) -> Int {
        var hasher = Hasher()
        do throws(Refusal) {
            try check(inode, reading: true, writing: false)
            hasher.combine(try latest(inode))
        } catch { hasher.combine(error.errno) }
        return hasher.finalize()
    }

    /// What a file says now; long texts are read in parts.
    private func latest(_ inode: Inode) throws(Refusal) -> [UInt8] {
        let event = events?.last ?? 0
        if let latestText, latestText.inode == inode, latestText.event == event { return latestText.text }
        let isEvents = style(of: inode) == .events
        let text = isEvents ? events.map { OpenFile.allEvents(from: $0) } ?? [] : try self.text(of: inode)
        latestText = (inode, event, text)
        return text
    }

    private func copy(_ bytes: ArraySlice<UInt8>, into buffer: UnsafeMutableRawBufferPointer) -> Int {
        let part = bytes.prefix(buffer.count)
        part.withUnsafeBytes { buffer.copyMemory(from: $0) }
        return part.count
    }

    /// Whether reading a file that nobody opened has to wait, as ``mustWait(_:at:)``.
    public func mustWait(_ inode: Inode) -> Bool { Tree.row(inode)?.isLocked?(machine, inode.key) ?? false }

    /// The whole text of a file.
    ///
    /// - Throws: what the file's rule says; ENODEV where the object is gone, EIO for a file that cannot be read.
    public func text(of inode: Inode) throws(Refusal) -> [UInt8] {
        guard let captured else { return try Tree.text(of: inode, in: machine) }
        return try captured.text(of: inode, in: machine)
    }

    /// Whether a read has to wait: for a block that is going offline, as the kernel's device lock has it (spec 1.6),
    /// or for events.
    public func mustWait(_ handle: UInt64, at offset: Int) -> Bool {
        guard let file = files[handle] else { return false }
        return file.follows ? waitsForEvents(handle) : file.mustWait(at: offset, for: machine)
    }

    /// Whether an inode is the file that tells what happened.
    public func isEvents(_ inode: Inode) -> Bool { style(of: inode) == .events }

    /// Whether an open file follows events.
    public func followsEvents(_ handle: UInt64) -> Bool { files[handle]?.follows ?? false }

    /// Whether who follows events has read all there are.
    public func waitsForEvents(_ handle: UInt64) -> Bool {
        guard let file = files[handle], file.follows, let events else { return false }
        return file.hasReadAll(from: events)
    }

    /// One write: one store of at most 4096 bytes, wherever the descriptor stands (spec 1.4).
    ///
    /// - Throws: the machine's refusal, or EIO for a file that cannot be written.
    public func write(_ inode: Inode, _ bytes: UnsafeRawBufferPointer) throws(Refusal) -> WriteResult {
        guard let style = style(of: inode) else { throw Refusal(.isDirectory, "not a file") }
        guard exists(inode) else { throw Refusal(.noDevice, "the object was removed") }
        guard !bytes.isEmpty else { return .taken(0) }
        let store = Tree.row(inode)?.store
        guard store != nil || style == .events else {
            throw Refusal(.inputOutput, "the file cannot be written")
        }
        let taken = style == .control || style == .events ? bytes : UnsafeRawBufferPointer(rebasing: bytes.prefix(4096))
        let text = String(decoding: taken, as: UTF8.self)
        if Tree.questions.contains(inode), try ask(inode, text) {
            // Older journals have questions, which were counted; newer ones have none.
            if record == nil { lastWrite += 1 }
            return .taken(taken.count)
        }
        try record?(.write(file: path(of: inode), text: text))
        lastWrite += 1
        do throws(Refusal) {
            guard let store else {
                for note in try EventsControl.notes(in: text) { events?.note(note) }
                return .taken(taken.count)
            }
            let commands = try store(machine, inode.key, text)
            let rest = Rest(
                write: PendingWrite(number: lastWrite), inode: inode, text: text, commands: commands[...],
                count: taken.count)
            return try goOn(rest) ? .taken(taken.count) : .waits(rest.write)
        } catch {
            onRefusedWrite(inode, text, error)
            throw error
        }
    }

    /// Gives the machine the commands of a write, as far as they have answers at once.
    ///
    /// - Returns: whether all of them are done.
    private func goOn(_ rest: Rest) throws(Refusal) -> Bool {
        var rest = rest
        while let command = rest.commands.popFirst() {
            if let ticket = try apply(command) {
                waiting[ticket] = rest
                return false
            }
        }
        return true
    }

    /// Gives the machine a command, and answers to writes that waited for it.
    ///
    /// - Returns: what the machine calls it, if it has to wait itself.
    /// - Throws: the machine's refusal, after ``onOutcome`` was told.
    @discardableResult
    public func apply(_ command: Command) throws(Refusal) -> Ticket? {
        listings.expire()
        latestText = nil
        let outcome = machine.apply(command)
        captured?.note(outcome.changes)
        forgetOwnership(after: outcome.changes)
        onOutcome(command, outcome)
        for answer in outcome.finished { take(answer) }
        if let refusal = outcome.refusal { throw refusal }
        return outcome.waiting
    }

    private func take(_ answer: Answer) {
        guard let rest = waiting.removeValue(forKey: answer.ticket) else { return }
        do throws(Refusal) {
            if let refusal = answer.refusal { throw refusal }
            if try goOn(rest) { onAnswer(rest.write, .success(rest.count)) }
        } catch {
            onRefusedWrite(rest.inode, rest.text, error)
            onAnswer(rest.write, .failure(error))
        }
    }

    /// A signal came to who made a write that waits.
    ///
    /// - Throws: where that cannot be recorded.
    public func interrupt(_ write: PendingWrite) throws(Refusal) {
        guard let ticket = waiting.first(where: { $0.value.write == write })?.key else { return }
        try record?(.interrupt(write: write.number))
        _ = try? apply(.interrupt(ticket))
    }

    /// Time passed.
    ///
    /// - Throws: where that cannot be recorded.
    public func tick(milliseconds: UInt64) throws(Refusal) {
        try record?(.tick(milliseconds: milliseconds))
        _ = try? apply(.tick(milliseconds: milliseconds))
    }

    /// Writes a line down among the events.
    ///
    /// - Throws: where that cannot be recorded.
    public func note(_ text: String) throws(Refusal) {
        try record?(.note(text))
        events?.note(text)
    }

    /// Takes something as one input whatever it does: what comes of it is not recorded a second time.
    ///
    /// - Throws: where it cannot be recorded; nothing is done then.
    public func take<Result>(_ input: Input, _ body: () -> Result) throws(Refusal) -> Result {
        try record?(input)
        let recorder = record
        record = nil
        defer { record = recorder }
        return body()
    }

    private func forgetOwnership(after changes: [Change]) {
        guard !ownership.isEmpty else { return }
        let removed = changes.contains {
            switch $0 {
            case .blockRemoved, .nodeRemoved, .cpuRemoved, .containerRemoved: true
            default: false
            }
        }
        if removed { ownership = ownership.filter { exists($0.key) } }
    }

    /// What poll(2) says of an open file: readable and writable at once, and an event until it was read once
    /// (spec 1.5).
    public func poll(_ handle: UInt64) -> UInt32 {
        let ready: UInt32 = 0x145  // POLLIN | POLLOUT | POLLRDNORM | POLLWRNORM
        let event: UInt32 = 0x00A  // POLLERR | POLLPRI
        if waitsForEvents(handle) { return ready & ~0x041 }
        guard let file = files[handle], let style = style(of: file.inode) else { return ready }
        guard style == .attribute || style == .typed else { return ready }
        return file.hasBeenRead && exists(file.inode) ? ready : ready | event
    }

    /// Closes a file.
    public func close(_ handle: UInt64) { files[handle] = nil }

    /// What was listed and read may be no more.
    func forgetListings() {
        listings = Listings()
        latestText = nil
    }
}
