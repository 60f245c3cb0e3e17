// SPDX-License-Identifier: Apache-2.0

import FuseBridge
import Synchronization
import Uevents

/// Uevents that a listener did not get, because its buffer was full.
struct Loss: Sendable, Hashable, Codable {
    /// The listener's netlink port: its process's number as the listener's pid namespace counts, if it is the process's
    /// first socket.
    let listener: UInt32
    /// How many.
    let uevents: UInt64
}

/// Looks whether listeners lost uevents: while some are sent, and once soon after. Nothing is looked at, and nothing wakes
/// up, where none are sent.
final class LossWatch: Chore {
    /// At most so often it looks while uevents are sent, in nanoseconds: a listener that ends takes its count along, and
    /// a look costs as much as some uevents.
    private static let pause: UInt64 = 1_000_000
    /// How long after the first of some uevents it looks a last time.
    private static let patience: UInt64 = 20_000_000
    /// How long it is silent after a report, at first and at most: a line a second is enough to say that losses go on.
    private static let silence: (first: UInt64, most: UInt64) = (50_000_000, 1_000_000_000)

    private let table: ListenerTable
    private let clock: () -> UInt64
    private let report: (Loss) -> Void
    /// What each socket had lost when it was looked at last, by its inode.
    private var known: [UInt64: UInt64]
    /// What was lost and not reported yet, by inode.
    private var losses: [UInt64: Loss] = [:]
    /// How many uevents were sent since the last look; nobody lost more of them.
    private var sent: UInt64 = 0
    private var lastLook: UInt64 = 0
    private var lastReport: UInt64 = 0
    private var wait: UInt64 = 0
    private(set) var due: UInt64?
    /// Whether there are losses that were not reported yet, for any thread to ask.
    let owesReport = Atomic<Bool>(false)

    /// - Parameters:
    ///   - clock: nanoseconds, as ``due`` counts them.
    ///   - report: told of every loss, on the serving thread.
    init(
        _ table: ListenerTable, clock: @escaping () -> UInt64 = { FuseSession.now }, report: @escaping (Loss) -> Void
    ) {
        (self.table, self.clock, self.report) = (table, clock, report)
        // What others' uevents filled is none of ours.
        known = Self.drops(table.listeners() ?? [])
    }

    /// A uevent was sent.
    func noteSent() {
        sent += 1
        let now = clock()
        if now - lastLook >= Self.pause { look(now) }
        if due == nil { due = now + Self.patience }
    }

    func run() {
        let now = clock()
        due = nil
        look(now)
        guard !losses.isEmpty else {
            wait = 0
            return
        }
        if now < lastReport + wait {
            due = lastReport + wait
        } else {
            tell(now)
        }
    }

    /// Reports what was not yet reported, though it is soon after the last time.
    func finish() {
        let now = clock()
        look(now)
        tell(now)
    }

    private func tell(_ now: UInt64) {
        for loss in losses.values.sorted(by: { $0.listener < $1.listener }) { report(loss) }
        losses = [:]
        lastReport = now
        wait = min(max(wait * 2, Self.silence.first), Self.silence.most)
        owesReport.store(false, ordering: .releasing)
    }

    private func look(_ now: UInt64) {
        guard let listeners = table.listeners() else { return }
        for listener in listeners {
            let before = known[listener.inode] ?? 0
            guard listener.drops > before, sent > 0 else { continue }
            let earlier = losses[listener.inode]?.uevents ?? 0
            losses[listener.inode] = Loss(
                listener: listener.port, uevents: earlier + min(listener.drops - before, sent))
        }
        owesReport.store(!losses.isEmpty, ordering: .releasing)
        known = Self.drops(listeners)
        (sent, lastLook) = (0, now)
    }

    private static func drops(_ listeners: [ListenerTable.Listener]) -> [UInt64: UInt64] {
        Dictionary(listeners.map { ($0.inode, $0.drops) }, uniquingKeysWith: max)
    }
}
