// SPDX-License-Identifier: Apache-2.0

public import Journal
public import MemoryModel
import StateCoding
public import SysfsTree

/// A machine that a journal's inputs are given to again, with its events; nobody serves it. Not thread-safe.
public final class ReplayedMachine {
    /// The machine and its tree.
    public let session: TreeSession
    private let log = EventLog()
    private let reload: MachineServer.Reloading
    /// What writes that had to wait were answered, by the record they came with.
    private var waiting: [TreeSession.PendingWrite: UInt64] = [:]
    /// Told of the answer to a write that had to wait, and of the record that it came with.
    public var onAnswer: (UInt64, Result<Int, Refusal>) -> Void = { _, _ in }

    /// - Parameters:
    ///   - machine: as booted.
    ///   - reload: does what reading the machine's file again did.
    public init(_ machine: Machine, reload: @escaping MachineServer.Reloading) {
        session = TreeSession(machine: machine)
        self.reload = reload
        session.events = log
        session.onOutcome = { [log] _, outcome in log.append(outcome.announced) }
        session.onRefusedWrite = { [log, unowned session] inode, text, refusal in
            log.appendRefused(file: session.path(of: inode), text: text, refusal)
        }
        session.onAnswer = { [unowned self] write, result in
            if let number = waiting.removeValue(forKey: write) { onAnswer(number, result) }
        }
    }

    /// Takes a record again.
    ///
    /// - Returns: what came of it; nil for one that holds no input.
    /// - Throws: where a snapshot cannot be read.
    public func take(_ record: JournalRecord) throws(ServerError) -> TreeSession.Replayed? {
        switch record.entry {
        case .input(let input, _): return take(input, record)
        case .snapshot(let bytes):
            do throws(StateError) {
                let state = try StateDecoder().decode(ServerState.self, from: bytes)
                session.restore(state.session)
                log.restore(state.log)
            } catch { throw ServerError(reason: "the snapshot in the journal cannot be read: \(error)") }
        case .reloaded(let text, let name, let commandLine):
            reload(.reload(text: text, name: name, commandLine: commandLine), session, true)
        case .boot, .connection, .polled, .reading: break
        }
        return nil
    }

    private func take(_ input: Input, _ record: JournalRecord) -> TreeSession.Replayed {
        log.clock = { record.time }
        let result = session.replay(input)
        switch (result, input) {
        case (.notOurs, .lost(let listener, let uevents)): log.append(Loss(listener: listener, uevents: uevents))
        case (.notOurs, _): reload(input, session, false)
        case (.write(.success(.waits(let write))), _): waiting[write] = record.number
        default: break
        }
        return result
    }

    /// The lines of all its events that are kept.
    public var events: String {
        var (text, last): ([UInt8], UInt64) = ([], 0)
        while last < log.last {
            let (more, reached) = log.lines(after: last)
            text += more
            last = reached
        }
        return String(decoding: text, as: UTF8.self)
    }
}
