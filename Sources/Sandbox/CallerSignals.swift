// SPDX-License-Identifier: Apache-2.0

internal import CSandbox

/// The signal state with which the program was started, which is the one that the command gets.
struct CallerSignals: Sendable {
    /// What the first thread blocked.
    let mask: csandbox_signals
    /// What was ignored, as under nohup.
    let ignored: csandbox_signals

    /// Captured once, before anything is blocked.
    static let atStart = CallerSignals(mask: csandbox_blocked_signals(), ignored: csandbox_ignored_signals())

    /// Blocks the forwarded signals in the calling thread and in those that it creates.
    static func block() {
        _ = atStart
        csandbox_block(csandbox_forwarded_signals())
    }
}
