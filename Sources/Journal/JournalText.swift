// SPDX-License-Identifier: Apache-2.0

/// A journal as it was read: its records, and what is wrong with it.
public struct JournalText: Sendable {
    /// The records, in order; a boot record is the first.
    public private(set) var records: [JournalRecord] = []
    /// How many bytes of the file they are.
    public private(set) var length = RecordLine.header.count
    /// What the last line was dropped for, if it was: whoever wrote it ended in the middle of it, so it has no end.
    public private(set) var torn: String?

    /// Why a journal cannot be gone on with.
    public enum Problem: Error, Equatable, Sendable {
        /// It is none, or one of another version.
        case notOurs(String)
        /// A record is damaged.
        case damaged(line: Int, after: UInt64, reason: String)

        /// What is wrong, in one line.
        public var reason: String {
            switch self {
            case .notOurs(let reason): reason
            case .damaged(let line, let after, let reason): "line \(line), the record after number \(after): \(reason)"
            }
        }
    }

    /// Reads a journal.
    ///
    /// - Throws: where a record is damaged and not just cut short, or the first is not a boot record.
    public init(_ bytes: [UInt8]) throws(Problem) {
        try self.init(bytes, upTo: .max)
    }

    /// Reads a journal's beginning.
    ///
    /// - Parameter last: the number of the last record to be read; what follows may be damaged.
    public init(_ bytes: [UInt8], upTo last: UInt64) throws(Problem) {
        guard bytes.starts(with: RecordLine.header) else {
            let isOther = bytes.starts(with: RecordLine.header.prefix("hotmem-journal ".utf8.count))
            throw .notOurs(isOther ? "a journal of another version of hotmem" : "not a journal of hotmem's")
        }
        var rest = bytes[RecordLine.header.count...]
        var line = 1
        while !rest.isEmpty, (records.last?.number ?? 0) < last {
            line += 1
            let text = rest.prefix { $0 != UInt8(ascii: "\n") }
            do throws(RecordLine.Problem) {
                guard text.count < rest.count else { throw RecordLine.Problem(reason: "its end is missing") }
                try take(try RecordLine.record(text))
                length += text.count + 1
            } catch {
                // A line that has its end was written whole.
                guard text.count == rest.count else {
                    throw .damaged(line: line, after: records.last?.number ?? 0, reason: error.reason)
                }
                torn = error.reason
            }
            rest = rest.dropFirst(text.count + 1)
        }
        guard case .boot? = records.first?.entry else { throw .notOurs("it does not say what machine it is of") }
    }

    private mutating func take(_ record: JournalRecord) throws(RecordLine.Problem) {
        if let before = records.last {
            guard record.number == before.number &+ 1 else {
                throw RecordLine.Problem(reason: "its number is \(record.number)")
            }
            if case .boot = record.entry { throw RecordLine.Problem(reason: "a second boot") }
        }
        records.append(record)
    }

    /// What the machine was booted from.
    public var boot: BootRecord {
        guard case .boot(let boot)? = records.first?.entry else { preconditionFailure("checked when it was read") }
        return boot
    }
}
