// SPDX-License-Identifier: Apache-2.0

/// Something that happened, as the control file `events` tells it: a kind, and named values.
public struct EventRecord: Sendable, Equatable {
    /// The kinds of event, in the words of their lines.
    public enum Kind: String, CaseIterable, Sendable {
        /// A uevent was sent; its values are the message's own variables (spec 12).
        case uevent
        /// The memory notifier chain was called (seed 002, chapter 8).
        case notifier
        /// A block's `state` reads another text.
        case state
        /// Pages of a block that is going offline moved to another zone (spec 10).
        case migration
        /// A block waits for pages that cannot move yet.
        case waiting
        /// A zone's span and pages changed.
        case zone
        /// A workload took memory, or gave it back.
        case workload
        /// A page was taken out of use.
        case poison
        /// The firmware was told how something it asked for stands (ACPI's _OST).
        case firmware
        /// A fault struck that was set at the control `faults`.
        case fault
        /// A write was refused, or part of what it asked for.
        case refused
        /// A listener's buffer was full, and uevents did not reach it.
        case lost
        /// Somebody wrote a note to `events`.
        case note
    }

    /// A value: a number, or text.
    public enum Value: Sendable, Equatable {
        /// A count, an address, an errno.
        case number(Int64)
        /// Anything else.
        case text(String)

        /// The value as it is read by people.
        public var description: String {
            switch self {
            case .number(let number): String(number)
            case .text(let text): text
            }
        }
    }

    /// Its number since the machine booted, from 1.
    public var number: UInt64
    /// When it happened, in microseconds of the epoch.
    public var time: UInt64
    /// What kind of event it is.
    public var kind: Kind
    /// Its values, in the order of the line.
    public var values: [(key: String, value: Value)]

    /// Makes a record.
    public init(number: UInt64, time: UInt64, kind: Kind, values: [(key: String, value: Value)]) {
        (self.number, self.time, self.kind, self.values) = (number, time, kind, values)
    }

    /// The value of a key, as it is read by people.
    public subscript(key: String) -> String? { values.first { $0.key == key }?.value.description }

    /// Whether two records say the same.
    public static func == (one: EventRecord, other: EventRecord) -> Bool {
        one.number == other.number && one.time == other.time && one.kind == other.kind
            && one.values.elementsEqual(other.values) { $0 == $1 }
    }
}
