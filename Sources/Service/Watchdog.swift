// SPDX-License-Identifier: Apache-2.0

import FuseBridge
public import TreeServer

/// Tells the service manager that the thread which serves the tree is alive, twice in the time it is given
/// (sd_watchdog_enabled(3)). Without a watchdog there is none, and nobody wakes up for it.
public final class Watchdog: Chore {
    private let manager: ServiceManager
    private let interval: UInt64
    /// When it is to tell again.
    public private(set) var due: UInt64?

    /// - Parameters:
    ///   - manager: who wants to hear.
    ///   - nanoseconds: half the time it waits.
    public init(manager: ServiceManager, every nanoseconds: UInt64) {
        (self.manager, interval, due) = (manager, nanoseconds, 0)
    }

    /// How often a process has to tell, in nanoseconds.
    ///
    /// - Parameters:
    ///   - microseconds: `$WATCHDOG_USEC`.
    ///   - process: `$WATCHDOG_PID`: whom it is meant for.
    ///   - own: who this is.
    /// - Returns: nil where nobody waits for it; and for what makes no sense.
    public static func interval(microseconds: String?, process: String?, own: Int32) -> UInt64? {
        guard let time = microseconds.flatMap(UInt64.init), time > 0, time < UInt64.max / 1000 else { return nil }
        if let process { guard Int32(process) == own else { return nil } }
        return max(1, time * 500)
    }

    /// Tells.
    public func run() {
        // One that is lost because the manager is behind is made up for by the next.
        manager.tell(.watchdog, waits: false)
        due = FuseSession.now + interval
    }
}
