// SPDX-License-Identifier: Apache-2.0

import FuseBridge
import Glibc
public import Journal
import MemoryModel
import StateCoding
public import SysfsTree

extension MachineServer {
    /// Reads the machine's file again, as an input has it.
    ///
    /// - Parameter isDone: whether what came of it is there already.
    public typealias Reloading = (_ input: Input, _ session: TreeSession, _ isDone: Bool) -> Void

    /// Brings the machine to where a journal ends; before ``serve()``.
    ///
    /// - Parameters:
    ///   - records: those of the journal that the machine was booted from.
    ///   - isHandedOver: whether the tree was mounted by somebody else, and may have been served by another process which
    ///     is gone. Then what has not followed from the latest inputs is done, and requests without an answer come again.
    ///   - canRepeat: whether the kernel may be asked to send requests again.
    ///   - reload: does what reading the machine's file again did.
    /// - Throws: where requests cannot be had again, or nobody knows how the mount was begun.
    public func restore(
        _ records: [JournalRecord], isHandedOver: Bool, canRepeat: Bool = true, reload: Reloading
    ) throws(ServerError) {
        let clock = log.clock
        let (onOutcome, onRefusedWrite) = (session.onOutcome, session.onRefusedWrite)
        defer { (log.clock, session.onOutcome, session.onRefusedWrite) = (clock, onOutcome, onRefusedWrite) }
        let followed = journal?.lastFollowed ?? 0
        let mount = records.last { if case .connection = $0.entry { true } else { false } }
        var takesOver = false
        let isNew = !isHandedOver || fuse.isNew()
        if !isNew, case .connection(let request)? = mount?.entry, !request.isEmpty {
            guard fuse.begin(with: request) else {
                throw ServerError(reason: "the journal's record of the mount is none of the kernel's")
            }
            takesOver = true
        }
        session.onOutcome = { [log] _, outcome in log.append(outcome.announced) }
        session.onRefusedWrite = { [log, unowned session] inode, text, refusal in
            log.appendRefused(file: session.path(of: inode), text: text, refusal)
        }
        var (isCatchingUp, polled): (Bool, [UInt64]) = (false, [])
        let readers = Self.readers(in: records)
        for record in records {
            if takesOver, !isCatchingUp, record.number > followed {
                isCatchingUp = true
                files.assumeAllKept()
                session.onOutcome = onOutcome
            }
            log.clock = { record.time }
            switch record.entry {
            case .boot: break
            case .snapshot(let bytes):
                try restore(bytes, withReaders: takesOver && record.number > mount?.number ?? 0)
            case .reloaded(let text, let name, let commandLine):
                beside.reloaded = record.entry
                reload(.reload(text: text, name: name, commandLine: commandLine), session, true)
            case .connection:
                beside.connection = record.entry
                files.forgetEarlierRequests()
                polled = []
            case .polled(let handle): polled.append(handle)
            case .reading(let file, let handle):
                if takesOver, readers[handle] == record.number { session.adopt(handle, partlyRead: file) }
            case .input(let input, let request):
                if isCatchingUp { files.noteCatchingUp(with: input) }
                replay(input, request, reload)
                if isCatchingUp { files.settle(upTo: record.number) }
            }
        }
        fuse.leavesRequests = isHandedOver
        guard takesOver else {
            // The machine may have something to do by itself.
            files.settle()
            guard !isNew else { return }
            // The first request was received, and not recorded. It has to come again: without it nobody can serve.
            let errno = canRepeat ? fuse.repeatRequests() : EINVAL
            guard errno == 0, fuse.isNew() else {
                throw ServerError(
                    reason: "the journal does not say how the tree was mounted", takesRemount: errno == EINVAL)
            }
            return
        }
        // What came of the last inputs may have been given out, too.
        files.assumeAllKept()
        files.settle()
        let errno = canRepeat ? fuse.repeatRequests() : EINVAL
        guard errno == 0 else {
            throw ServerError(
                reason: "this kernel sends no request again (Linux 6.9 does)", takesRemount: errno == EINVAL)
        }
        // Who wants to be woken again polls again, which is recorded then.
        for handle in polled { fuse.wakePollers(of: handle) }
    }

    /// The latest readers of parts of texts, by handle, and the records of their latest beginnings.
    private static func readers(in records: [JournalRecord]) -> [UInt64: UInt64] {
        var readers: [UInt64: UInt64] = [:]
        for record in records.reversed() where readers.count < TreeSession.mostReaders {
            guard case .reading(_, let handle) = record.entry, readers[handle] == nil else { continue }
            readers[handle] = record.number
        }
        return readers
    }

    /// Goes on from a snapshot.
    ///
    /// - Parameter withReaders: whether files that were open then may be so still.
    private func restore(_ bytes: [UInt8], withReaders: Bool) throws(ServerError) {
        let state: ServerState
        do throws(StateError) { state = try StateDecoder().decode(ServerState.self, from: bytes) } catch {
            throw ServerError(reason: "the snapshot in the journal cannot be read: \(error)")
        }
        session.restore(state.session)
        log.restore(state.log)
        for (request, write) in state.requests { files.note(.success(.waits(write)), of: request) }
        if withReaders { for (handle, file) in state.readers ?? [:] { session.adopt(handle, file) } }
    }

    private func replay(_ input: Input, _ request: UInt64?, _ reload: Reloading) {
        switch input {
        case .lost(let listener, let uevents): log.append(Loss(listener: listener, uevents: uevents))
        case .reload:
            beside.note(input)
            reload(input, session, false)
        default:
            if case .write(let result) = session.replay(input), let request { files.note(result, of: request) }
        }
    }
}
