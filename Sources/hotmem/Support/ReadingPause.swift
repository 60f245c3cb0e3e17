// SPDX-License-Identifier: Apache-2.0

/// How long to wait until something is read again that its reader only looks at: who serves it has others to serve, too.
struct ReadingPause {
    /// A fifth of a second, or four times as long as it took to read, whichever is longer; five seconds at most.
    private(set) var milliseconds: Int32 = 200

    /// Reads it.
    mutating func measure<Value>(_ read: () throws(Failure) -> Value) throws(Failure) -> Value {
        let clock = ContinuousClock()
        let start = clock.now
        defer {
            let (seconds, attoseconds) = (clock.now - start).components
            let took = seconds * 1000 + attoseconds / 1_000_000_000_000_000
            milliseconds = Int32(clamping: min(max(200, took * 4), 5000))
        }
        return try read()
    }
}
