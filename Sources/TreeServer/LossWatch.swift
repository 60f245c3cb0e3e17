// SPDX-License-Identifier: Apache-2.0

import FuseBridge
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
    /// How long after the first of some uevents it looks.
    private static let patience: UInt64 = 20_000_000
    /// After so many uevents it looks at once: a listener that ends takes its count along.
    private static let burst = 1024

    private let table: ListenerTable
    private let report: (Loss) -> Void
    private var known: [UInt64: UInt64] = [:]
    private var sent = 0
    private(set) var due: UInt64?

    /// - Parameter report: told of every loss, on the serving thread.
    init(_ table: ListenerTable, report: @escaping (Loss) -> Void) {
        self.table = table
        self.report = report
    }

    /// A uevent was sent.
    func noteSent() {
        sent += 1
        if sent >= Self.burst {
            run()
        } else if due == nil {
            due = FuseSession.now + Self.patience
        }
    }

    func run() {
        (due, sent) = (nil, 0)
        let listeners = table.listeners()
        for listener in listeners {
            let before = known[listener.inode] ?? 0
            if listener.drops > before { report(Loss(listener: listener.port, uevents: listener.drops - before)) }
        }
        known = Dictionary(listeners.map { ($0.inode, $0.drops) }, uniquingKeysWith: max)
    }
}
