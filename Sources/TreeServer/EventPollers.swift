// SPDX-License-Identifier: Apache-2.0

import FuseBridge
import Journal

/// Who waits in poll(2) for events.
struct EventPollers {
    /// Open files that somebody polls, as far as the journal knows, by the kernel's number for them.
    private(set) var recorded: Set<UInt64> = []
    private var waiters: [UInt64: PollWaiter] = [:]
    /// The kernel's number for an open file, by its handle.
    private var numbers: [UInt64: UInt64] = [:]
    private var lastEvent: UInt64 = 0
    private let journal: Journal?

    init(_ journal: Journal?) { self.journal = journal }

    /// Somebody waits. Whoever takes over has to wake him; where it cannot be recorded, he sleeps on.
    mutating func add(_ waiter: PollWaiter, of handle: UInt64) {
        waiters[handle] = waiter
        numbers[handle] = waiter.number
        if let journal, recorded.insert(waiter.number).inserted { try? journal.append(.polled(waiter.number)) }
    }

    /// An open file is closed.
    mutating func forget(_ handle: UInt64) {
        waiters[handle] = nil
        if let number = numbers.removeValue(forKey: handle) { recorded.remove(number) }
    }

    /// Wakes all of them, once for each event that is the last.
    mutating func wake(for event: UInt64) {
        guard event != lastEvent else { return }
        lastEvent = event
        let woken = waiters.values
        waiters = [:]
        for waiter in woken { waiter.wake() }
    }
}
