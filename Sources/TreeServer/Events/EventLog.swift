// SPDX-License-Identifier: Apache-2.0

import DequeModule
import Glibc
import MemoryModel
import SysfsTree

/// What happened, in order and numbered: what `events` reads.
///
/// Kept as changes, which are small; lines are made when somebody reads them.
final class EventLog: EventSource {
    /// How many are kept: some megabytes of them, some tens where all are refusals or notes.
    static let kept = 65_536
    /// So much of a text is kept, in Unicode scalars: what is written to a file may be long, and so may a reason that
    /// repeats it.
    private static let longest = (text: 80, reason: 200, note: 200)
    /// How many a reader that follows gets at once.
    private static let atOnce = 512

    enum Entry: Sendable, Codable {
        case change(Change)
        case refusedWrite(file: String, text: String, Refusal)
        case lost(Loss)
        case note(String)
    }
    /// The time, in microseconds of the epoch.
    var clock: () -> UInt64 = { EventLog.now }
    /// What is kept, with when it happened, in microseconds of the epoch.
    struct Recorded: Sendable, Codable {
        let time: UInt64
        let entry: Entry
    }
    private var entries: Deque<Recorded> = []
    private(set) var last: UInt64 = 0

    /// Begins with nothing.
    init() {}

    /// All of it, to be written down and gone on with.
    struct State: Sendable, Codable {
        /// What is kept, oldest first.
        var entries: [Recorded]
        /// The number of the last.
        var last: UInt64
    }

    var state: State { State(entries: Array(entries), last: last) }

    /// Goes on with what was written down; of more than is kept, with the latest.
    convenience init(restoring state: State) {
        self.init()
        restore(state)
    }

    /// The same, in place of what it has.
    func restore(_ state: State) {
        entries = Deque(state.entries.suffix(Self.kept))
        last = max(state.last, UInt64(entries.count))
    }

    /// Adds what a command changed. A uevent that was not sent is not among it; the fault that keeps it is.
    func append(_ changes: some Sequence<Change>) {
        let time = clock()
        for change in changes where change.isTold { append(.change(Self.bounded(change)), time) }
    }

    /// Adds a write that was refused.
    func appendRefused(file: String, text: String, _ refusal: Refusal) {
        let short = Refusal(refusal.errno, Self.cut(refusal.reason, Self.longest.reason))
        append(.refusedWrite(file: file, text: Self.cut(text, Self.longest.text), short), clock())
    }

    /// Adds what somebody wrote down.
    func note(_ text: String) { append(.note(Self.cut(text, Self.longest.note)), clock()) }

    /// Adds uevents that a listener lost.
    func append(_ loss: Loss) { append(.lost(loss), clock()) }

    /// The change with no long text in it.
    private static func bounded(_ change: Change) -> Change {
        switch change {
        case .workloadChanged(let name): .workloadChanged(name: cut(name, longest.text))
        case .pagesStay(let block, let reason): .pagesStay(block, reason: cut(reason, longest.reason))
        case .refused(let refusal): .refused(Refusal(refusal.errno, cut(refusal.reason, longest.reason)))
        default: change
        }
    }

    /// A text of its own, which does not keep the rest alive.
    private static func cut(_ text: String, _ length: Int) -> String {
        String(String.UnicodeScalarView(text.unicodeScalars.prefix(length)))
    }

    private func append(_ entry: Entry, _ time: UInt64) {
        if entries.count == Self.kept { entries.removeFirst() }
        entries.append(Recorded(time: time, entry: entry))
        last += 1
    }

    /// What the latest event is told as.
    var latest: (kind: EventRecord.Kind, values: EventRecord.Values)? {
        entries.last.flatMap { Self.telling($0.entry) }
    }

    /// The lines of what is kept after an event, some hundreds of them at most, and the number of the last.
    func lines(after number: UInt64) -> (text: [UInt8], last: UInt64) {
        let first = last - UInt64(entries.count)
        let skipped = Int(clamping: number > first ? number - first : 0)
        var text: [UInt8] = []
        var reached = max(number, first)
        for recorded in entries.dropFirst(skipped).prefix(Self.atOnce) {
            reached += 1
            guard let (kind, values) = Self.telling(recorded.entry) else { continue }
            text += EventRecord(number: reached, time: recorded.time, kind: kind, values: values).line.utf8
            text.append(UInt8(ascii: "\n"))
        }
        return (text, reached)
    }

    private static func telling(_ entry: Entry) -> (kind: EventRecord.Kind, values: EventRecord.Values)? {
        switch entry {
        case .change(let change): EventRecord.telling(change)
        case .refusedWrite(let file, let text, let refusal):
            EventRecord.refusedWrite(file: file, text: text, refusal)
        case .lost(let loss): EventRecord.lost(loss)
        case .note(let text): (.note, [("text", .text(text))])
        }
    }

    private static var now: UInt64 {
        var now = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        return UInt64(now.tv_sec) * 1_000_000 + UInt64(now.tv_nsec) / 1000
    }
}

extension Change {
    /// Whether it gets a number of its own; the same as ``EventRecord/telling(_:)`` having something to tell, without
    /// making it.
    fileprivate var isTold: Bool {
        switch self {
        case .deviceChanged, .settingChanged: false
        case .uevent(let object, _, _): object.subsystem != nil
        // A burst is told by its fault.
        case .announced(_, let times): times == 1
        default: true
        }
    }
}
