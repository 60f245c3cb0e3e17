// SPDX-License-Identifier: Apache-2.0

public import FuseBridge
import Glibc
public import Journal
public import Logging
public import MemoryModel
import Synchronization
public import SysfsTree
public import Transcripts
public import Uevents

/// A machine behind a mounted tree: what `hotmem mount` and `hotmem run` serve.
public final class MachineServer: @unchecked Sendable {
    // Unchecked: the session and what hangs on it are touched by the thread in `serve()` alone; the FUSE session's
    // own `exit` and `wakeUp` are made for other threads, and so are the errands.
    let fuse: FuseSession
    private let errands: Errands
    private let settling: Settling
    let files: TreeFileSystem
    let session: TreeSession
    private let watch: LossWatch?
    let log: EventLog
    let journal: Journal?
    /// What of a journal is not in a snapshot.
    final class Beside {
        var connection: JournalEntry?
        var reloaded: JournalEntry?

        /// Takes note of an input that is taken.
        func note(_ input: Input) {
            guard case .reload(let text, let name, let commandLine) = input else { return }
            reloaded = .reloaded(text: text, name: name, commandLine: commandLine)
        }
    }
    let beside = Beside()

    /// Passes a uevent on, before the write that caused it returns; 0, or an errno.
    public typealias Announce = @Sendable (Uevent) -> Int32

    /// Makes a machine's tree ready to be mounted.
    ///
    /// - Parameters:
    ///   - owner: whose the files are, as the mount's user namespace counts.
    ///   - options: mount options, as `-o` takes them.
    ///   - caching: what the kernel keeps of the tree.
    ///   - journal: where all that comes is recorded before it has any effect.
    ///   - recorder: writes down what is asked, and what is answered; only where there is no journal, and nothing is cached.
    ///   - pace: how the machine's clock goes.
    ///   - messenger: who tells the kernel what to forget; one that is not given is started when it is needed first.
    ///   - chores: what the serving thread does beside answering.
    ///   - listeners: who gets the uevents, where that is known: what they lose is then told.
    ///   - announce: where uevents go, besides the log.
    /// - Throws: options that FUSE does not know.
    public init(
        machine: Machine, owner: (user: UInt32, group: UInt32), options: [String], caching: Caching = .exact,
        logger: Logger, journal: Journal? = nil, recorder: TranscriptRecorder? = nil, pace: ClockPace = .real,
        messenger: Messenger? = nil, chores: [any Chore] = [],
        listeners: ListenerTable? = nil,
        announce: @escaping Announce = { _ in 0 }
    ) throws(ServerError) {
        // Nobody opens more than one file a nanosecond, so no process before had these numbers.
        let session = TreeSession(machine: machine, firstHandle: FuseSession.now)
        let log = EventLog()
        session.events = log
        (self.log, self.journal) = (log, journal)
        watch = listeners.map { table in
            LossWatch(table) { [unowned session] loss in
                // One that cannot be recorded is told all the same.
                try? session.record?(.lost(listener: loss.listener, uevents: loss.uevents))
                log.append(loss)
                Self.say(log.latest, logger)
            }
        }
        session.onRefusedWrite = { [unowned session] inode, text, refusal in
            let file = session.path(of: inode)
            log.appendRefused(file: file, text: text, refusal)
            // Words are made only where somebody reads them.
            if logger.logLevel <= .notice { Self.say(log.latest, logger) }
        }
        errands = Errands(session: session)
        settling = Settling(messenger: messenger)
        self.session = session
        files = TreeFileSystem(
            session: session, owner: owner, bootTime: Int64(time(nil)), caching: caching, settling: settling,
            journal: journal, pace: pace,
            chores: chores + [errands] + (watch.map { [$0] } ?? []))
        files.recorder = recorder
        if let recorder {
            session.record = { input in
                if case .tick(let milliseconds) = input { recorder.passed(milliseconds: milliseconds) }
            }
        }
        if pace == .virtual, journal == nil { Self.showVirtualTime(of: session, in: log) }
        session.onOutcome = { [watch, unowned files = self.files] _, outcome in
            log.append(outcome.announced)
            recorder?.done(outcome)
            files.changed(outcome.changes) { Self.report(outcome, announce, watch, logger) }
        }
        if let journal { Self.record(to: journal, session, files, log, beside, logger) }
        let recorded = recorder.map { [files] in RecordedFileSystem(files, $0) }
        do throws(FuseSessionError) {
            fuse = try FuseSession(
                fileSystem: recorded ?? files, options: options,
                timeouts: Timeouts(entry: .infinity, attributes: .infinity))
        } catch { throw ServerError(reason: error.description) }
        settling.session = fuse
        recorded?.requester = { [unowned fuse] in fuse.requester }
        if let journal {
            files.awaitsRepeats = { [unowned self] in fuse.awaitsRepeats }
            files.compact = { [unowned self] in
                Self.compact(journal, session, log, files, beside, logger)
            }
            fuse.onConnection { [beside] request in
                beside.connection = .connection(request: request)
                do throws(Refusal) { try journal.append(.connection(request: request)) } catch {
                    logger.warning("\(error.reason); should this process end, nobody can go on for it")
                }
            }
        }
    }

    /// Lets events happen at the times that the machine's clock shows, from when it was booted.
    private static func showVirtualTime(of session: TreeSession, in log: EventLog) {
        let real = log.clock
        log.clock = { [unowned session] in real() + session.machine.clock * 1000 }
    }

    /// Has all that comes recorded. What cannot be is refused, which is said once.
    private static func record(
        to journal: Journal, _ session: TreeSession, _ files: TreeFileSystem, _ log: EventLog, _ beside: Beside,
        _ logger: Logger
    ) {
        // What comes of an input has its time, so that it is the same when it is replayed.
        log.clock = { journal.lastTime }
        session.record = { [unowned files] (input) throws(Refusal) in
            let wasFailing = journal.isFailing
            do throws(Refusal) { try journal.append(.input(input, request: files.requestUnderway)) } catch {
                if !wasFailing { logger.error("\(error.reason); what is written is refused until it can be") }
                throw error
            }
            beside.note(input)
            if wasFailing { logger.notice("the journal can be written again") }
        }
    }

    /// Mounts the tree at a directory, or takes over an open `/dev/fuse` given as `/dev/fd/N`.
    public func mount(at path: String) throws(ServerError) {
        do throws(FuseSessionError) { try fuse.mount(at: path) } catch {
            throw ServerError(reason: error.description, isForbidden: error.isForbidden)
        }
    }

    /// Reads directories to their end that others began; before ``serve()``.
    ///
    /// - Parameters:
    ///   - copy: makes a copy of the tree's mount, as a descriptor, on a thread that has no descriptors but its channel.
    ///   - channel: the descriptor that this takes.
    public func preload(through copy: @escaping @Sendable () -> Int32?, over channel: Int32) {
        files.preloader = Preloader(through: copy, over: channel) { [unowned session] number in
            Inode(number).map { session.path(of: $0) } ?? "/"
        }
    }

    /// Answers requests until the tree is unmounted or ``stop()`` is called.
    ///
    /// After an answer it looks for the next request for a tenth of a millisecond before it sleeps: most of what a
    /// request costs is waking up, and readers of a tree ask again at once.
    ///
    /// - Returns: 0, or an errno.
    public func serve() -> Int32 {
        defer {
            settling.end()
            files.preloader?.end()
            watch?.finish()
        }
        return fuse.run(busyPollMicroseconds: 100)
    }

    /// Whether listeners lost uevents and ``serve()`` has not said so yet; it does when it ends.
    public var owesReport: Bool { watch?.owesReport.load(ordering: .acquiring) ?? false }

    /// Ends ``serve()``, from any thread.
    public func stop() { fuse.exit() }

    /// Lets the thread in ``serve()`` do something with the machine, between two requests. From any thread; returns at
    /// once.
    public func onServingThread(_ errand: @escaping @Sendable (TreeSession) -> Void) {
        errands.leave(errand)
        fuse.wakeUp()
    }

    /// Takes the tree away.
    public func unmount() { fuse.unmount() }

    /// Lets go of the tree, for somebody else to unmount, after ``serve()``.
    ///
    /// - Returns: whether it still is mounted.
    public func abandon() -> Bool { fuse.abandon() }

    /// The `/dev/fuse` descriptor.
    public var descriptor: Int32 { fuse.descriptor }

    /// Sends the uevents of a command and logs what became of it, before its writer hears.
    private static func report(_ outcome: Outcome, _ announce: Announce, _ watch: LossWatch?, _ logger: Logger) {
        for (uevent, times) in outcome.uevents {
            for _ in 0..<times { send(uevent, announce, watch, logger) }
        }
        guard logger.logLevel <= .notice else { return }
        for change in outcome.announced { say(EventRecord.telling(change), logger) }
    }

    private static func send(_ uevent: Uevent, _ announce: Announce, _ watch: LossWatch?, _ logger: Logger) {
        let errno = announce(uevent)
        if errno != 0 { logger.error("uevent \(uevent.action.rawValue)@\(uevent.path) not sent: errno \(errno)") }
        watch?.noteSent()
    }

    private static func say(_ event: (kind: EventRecord.Kind, values: EventRecord.Values)?, _ logger: Logger) {
        guard let event else { return }
        let level: Logger.Level =
            switch event.kind {
            case .lost: .warning
            case .refused, .fault: .notice
            default: .debug
            }
        logger.log(level: level, "\(EventRecord(number: 0, time: 0, kind: event.kind, values: event.values).words)")
    }
}

/// Why a tree cannot be served, in one line.
public struct ServerError: Error, CustomStringConvertible, Sendable {
    /// What was wrong and what to do.
    public let reason: String
    /// Whether the tree could be served at a new mount.
    public var takesRemount = false
    /// Whether it is this system that does not allow it, and might not at any place.
    public var isForbidden = false
    /// The same.
    public var description: String { reason }
}
