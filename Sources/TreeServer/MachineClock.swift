// SPDX-License-Identifier: Apache-2.0

import FuseBridge
import MemoryModel

/// How a machine's clock goes. It goes only while something in the machine is to happen at a time.
public enum ClockPace: Sendable {
    /// As real time does.
    case real
    /// From one time at which something happens to the next, at once.
    case virtual
}

/// A machine's clock as its server keeps it.
struct MachineClock {
    let pace: ClockPace
    /// When it began to go, in nanoseconds, and what it showed.
    private var started: (nanoseconds: UInt64, clock: UInt64)?
    /// When something happens in the machine by itself, as ``FuseSession/now`` counts; nil while it does not go.
    private(set) var deadline: UInt64?

    /// How long virtual time stands still after something happened, in nanoseconds: what one process was told may make
    /// another ask something first.
    private static let pause: UInt64 = 100_000

    init(_ pace: ClockPace) { self.pace = pace }

    /// Starts it or stops it, as something is to happen in the machine or not.
    mutating func adjust(to machine: Machine) {
        guard let due = machine.deadline else {
            (started, deadline) = (nil, nil)
            return
        }
        switch pace {
        case .real:
            let started = started ?? (FuseSession.now, machine.clock)
            self.started = started
            deadline = started.nanoseconds + (due - min(due, started.clock)) * 1_000_000
        case .virtual: deadline = FuseSession.now + Self.pause
        }
    }

    /// How far the machine's clock is behind, in milliseconds.
    ///
    /// - Parameter isDue: whether its ``deadline`` has come.
    func behind(_ machine: Machine, isDue: Bool) -> UInt64 {
        switch pace {
        case .real:
            guard let started else { return 0 }
            let passed = (FuseSession.now - started.nanoseconds) / 1_000_000
            let told = machine.clock - started.clock
            return passed > told ? passed - told : 0
        case .virtual:
            guard isDue, let due = machine.deadline else { return 0 }
            return due > machine.clock ? due - machine.clock : 0
        }
    }
}
