// SPDX-License-Identifier: Apache-2.0

import Glibc
import TreeServer
import Picture

/// An event as `hotmem events` prints it.
enum EventReport {
    /// `NUMBER HH:MM:SS.MICROSECONDS WORDS`, in local time.
    static func text(_ event: EventRecord) -> String {
        "\(event.number) \(clock(event.time)) " + event.words.replacing(/[\p{Cc}]/) { _ in "?" }
    }

    /// The time of day, as people read it.
    static func clock(_ microseconds: UInt64) -> String {
        var seconds = time_t(clamping: microseconds / 1_000_000)
        var local = tm()
        localtime_r(&seconds, &local)
        let clock = [local.tm_hour, local.tm_min, local.tm_sec].map { padded(UInt64(max(0, $0)), 2) }
        return "\(clock.joined(separator: ":")).\(padded(microseconds % 1_000_000, 6))"
    }

    /// Seconds of the epoch, as programs read them.
    static func seconds(_ microseconds: UInt64) -> String {
        "\(microseconds / 1_000_000).\(padded(microseconds % 1_000_000, 6))"
    }

    /// One JSON object on one line.
    static func json(_ event: EventRecord) -> String {
        let head = [
            "\"number\": \(event.number)", "\"time\": \(seconds(event.time))",
            "\"kind\": \(JSONText.text(event.kind.rawValue))",
        ]
        return "{" + (head + event.values.map(member)).joined(separator: ", ") + "}"
    }

    private static func member(_ key: String, _ value: EventRecord.Value) -> String {
        switch value {
        case .number(let number): "\(JSONText.text(key)): \(number)"
        case .text(let text): "\(JSONText.text(key)): \(JSONText.text(text))"
        }
    }

    private static func padded(_ number: UInt64, _ width: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
}
