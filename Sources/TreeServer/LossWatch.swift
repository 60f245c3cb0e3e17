// SPDX-License-Identifier: Apache-2.0

import FuseBridge
import Synchronization
import Uevents

/// Uevents that a listener did not get, because its buffer was full.
struct Loss: Sendable, Hashable {
    /// The listener's netlink port: its process's number, as the listener's pid namespace counts.
    let listener: UInt32
    /// How many.
    let uevents: UInt64
}

/// Looks whether listeners lost uevents: soon after some were sent, and now and then while many are. Nothing is looked
/// at, and nothing wakes up, where none were sent.
final class LossWatch: Chore {
    /// How long after the first of some uevents it looks, in nanoseconds; longer and longer while some are lost each time,
    /// for one line a second is enough to say so.
    private static let patience: (first: UInt64, most: UInt64) = (20_000_000, 1_280_000_000)
    /// After so many uevents it looks at once: a listener that ends takes its count along.
    private static let burst = 1024

    private let table: ListenerTable
    private let report: (Loss) -> Void
    private var known: [UInt64: UInt64] = [:]
    /// What was lost and not reported yet, by socket.
    private var losses: [UInt64: Loss] = [:]
    private var sent = 0
    private var wait = patience.first
    private(set) var due: UInt64?
    /// Whether there are losses that were not reported yet, for any thread to ask.
    let owesReport = Atomic<Bool>(false)

    /// - Parameter report: told of every loss, on the serving thread.
    init(_ table: ListenerTable, report: @escaping (Loss) -> Void) {
        self.table = table
        self.report = report
    }

    /// A uevent was sent.
    func noteSent() {
        sent += 1
        if sent >= Self.burst { look() }
        if due == nil { due = FuseSession.now + wait }
    }

    func run() {
        look()
        due = nil
        wait = losses.isEmpty ? Self.patience.first : min(wait * 4, Self.patience.most)
        for loss in losses.values.sorted(by: { $0.listener < $1.listener }) { report(loss) }
        losses = [:]
        owesReport.store(false, ordering: .releasing)
    }

    private func look() {
        sent = 0
        let listeners = table.listeners()
        for listener in listeners {
            let before = known[listener.inode] ?? 0
            guard listener.drops > before else { continue }
            let earlier = losses[listener.inode]?.uevents ?? 0
            losses[listener.inode] = Loss(listener: listener.port, uevents: earlier + listener.drops - before)
        }
        owesReport.store(!losses.isEmpty, ordering: .releasing)
        known = Dictionary(listeners.map { ($0.inode, $0.drops) }, uniquingKeysWith: max)
    }
}
