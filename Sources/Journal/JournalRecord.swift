// SPDX-License-Identifier: Apache-2.0

public import SysfsTree

/// One line of a journal: what came, when, and as which.
public struct JournalRecord: Hashable, Sendable {
    /// Its number: one more than that of the record before it. The first of a journal has any.
    public var number: UInt64
    /// When it was written, in microseconds of the epoch. What comes of it happened then.
    public var time: UInt64
    /// What it holds.
    public var entry: JournalEntry

    /// Makes a record.
    public init(number: UInt64, time: UInt64, entry: JournalEntry) {
        (self.number, self.time, self.entry) = (number, time, entry)
    }
}

/// What a record of a journal holds.
public enum JournalEntry: Hashable, Sendable {
    /// What the machine is booted from; the first record, and no other.
    case boot(BootRecord)
    /// The tree was mounted: the kernel's first request, as it came, which whoever takes the mount over has to know; nothing
    /// while it is going to be. The requests that inputs name are this mount's from here on.
    case connection(request: [UInt8])
    /// Somebody polls an open file, by the kernel's number for that: whoever takes the mount over has to wake him.
    case polled(UInt64)
    /// Somebody read the beginning of a file's text, by the handle he has it open with, and will read the rest: as it is
    /// here, whatever comes after.
    case reading(file: String, handle: UInt64)
    /// Something that may change the tree, and the kernel's number for the request it came with.
    case input(Input, request: UInt64?)
    /// All that came of the records before, which are no longer there.
    case snapshot([UInt8])
    /// What the machine's file said when it was read last, beside a snapshot: all that came of it is in that.
    case reloaded(text: String, name: String, commandLine: String)

    /// The word that stands for it in the journal.
    public var kind: String {
        switch self {
        case .boot: "boot"
        case .connection: "connection"
        case .polled: "polled"
        case .snapshot: "snapshot"
        case .reading: "reading"
        case .reloaded: "reloaded"
        case .input(let input, _):
            switch input {
            case .write: "write"
            case .change: "change"
            case .tick: "tick"
            case .interrupt: "interrupt"
            case .note: "note"
            case .lost: "lost"
            case .reload: "reload"
            }
        }
    }
}

/// What a machine is booted from.
public struct BootRecord: Hashable, Sendable {
    /// The version of the program that wrote the record.
    public var program: String
    /// What the machine file is called in messages.
    public var name: String
    /// The machine file's text; of a preset, too.
    public var text: String
    /// Kernel parameters after those of the machine file.
    public var commandLine: String

    /// Makes a record.
    public init(program: String, name: String, text: String, commandLine: String) {
        (self.program, self.name, self.text, self.commandLine) = (program, name, text, commandLine)
    }

    /// Whether two boot the same machine, whoever wrote them down.
    public func boots(sameAs other: BootRecord) -> Bool {
        text == other.text && commandLine == other.commandLine
    }
}
