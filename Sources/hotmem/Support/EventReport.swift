// SPDX-License-Identifier: Apache-2.0

import Glibc
import TreeServer

/// An event as `hotmem events` prints it.
enum EventReport {
    /// `NUMBER HH:MM:SS.MICROSECONDS WORDS`, in local time.
    static func text(_ event: EventRecord) -> String {
        var seconds = time_t(clamping: event.time / 1_000_000)
        var local = tm()
        localtime_r(&seconds, &local)
        let clock = [local.tm_hour, local.tm_min, local.tm_sec].map { padded(UInt64(max(0, $0)), 2) }
        return "\(event.number) \(clock.joined(separator: ":")).\(padded(event.time % 1_000_000, 6)) "
            + event.words.replacing(/[\p{Cc}]/) { _ in "?" }
    }

    /// One JSON object on one line.
    static func json(_ event: EventRecord) -> String {
        let time = "\(event.time / 1_000_000).\(padded(event.time % 1_000_000, 6))"
        let head = ["\"number\": \(event.number)", "\"time\": \(time)", "\"kind\": \(JSON.text(event.kind.rawValue))"]
        return "{" + (head + event.values.map(member)).joined(separator: ", ") + "}"
    }

    private static func member(_ key: String, _ value: EventRecord.Value) -> String {
        switch value {
        case .number(let number): "\(JSON.text(key)): \(number)"
        case .text(let text): "\(JSON.text(key)): \(JSON.text(text))"
        }
    }

    private static func padded(_ number: UInt64, _ width: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
}
