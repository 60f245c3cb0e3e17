// SPDX-License-Identifier: Apache-2.0

import Glibc

/// A line on standard error that says how far something is: on a terminal only, and once it has taken a second.
struct ProgressLine {
    private let isTerminal = isatty(STDERR_FILENO) == 1
    private let start = Self.milliseconds
    private var last: Int64 = 0
    private var isShown = false

    /// Says it, at most ten times a second.
    mutating func show(_ text: @autoclosure () -> String) {
        guard isTerminal else { return }
        let now = Self.milliseconds
        guard now - start > 1000, now - last > 100 else { return }
        (last, isShown) = (now, true)
        Terminal.note("\r\u{1B}[Khotmem: \(text())")
    }

    /// Takes the line away.
    mutating func clear() {
        if isShown { Terminal.note("\r\u{1B}[K") }
        isShown = false
    }

    private static var milliseconds: Int64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
    }
}
