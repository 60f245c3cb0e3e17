// SPDX-License-Identifier: Apache-2.0

/// A key of a machine file: what the reader takes, and what the manual says of it.
public struct FileKey: Sendable {
    /// What its value is.
    public let kind: Kind
    /// Its name.
    public let name: String
    /// What is so where the file does not give it.
    public let presence: Presence
    /// One sentence that says what it is.
    public let summary: String

    /// The kinds of value.
    public enum Kind: Sendable {
        /// A string.
        case text
        /// A string that is one of these.
        case name([String])
        /// true or false.
        case truth
        /// An integer.
        case integer
        /// An address or a number of bytes.
        case bytes
        /// An integer, or a string such as this one.
        case integerOr(String)
        /// An array of numbers of bytes.
        case byteCounts
        /// An array of strings.
        case texts
        /// An array of arrays of integers.
        case rows
        /// An array of tables.
        case tables

        /// What a value of the kind is called, as in "must be a string".
        public var wanted: String {
            switch self {
            case .text, .name: "a string"
            case .truth: "true or false"
            case .integer: "an integer"
            case .integerOr(let example): "an integer or a string such as \"\(example)\""
            case .bytes: "an integer or a string such as \"128M\" or \"0x8000000\""
            case .byteCounts: "an array of sizes, such as [\"1G\", \"512M\"]"
            case .texts: "an array of strings"
            case .rows: "an array of arrays of integers, such as [[10, 20], [20, 10]]"
            case .tables: "an array of tables"
            }
        }
    }

    /// What is so where the file does not give a key.
    public enum Presence: Sendable {
        /// The file is refused.
        case required
        /// It is as if the file gave this, a TOML value.
        case usually(String)
        /// What a sentence says.
        case otherwise(String)
    }

    /// Makes a key from its parts.
    init(_ name: String, _ kind: Kind, _ presence: Presence, _ summary: String) {
        (self.name, self.kind, self.presence, self.summary) = (name, kind, presence, summary)
    }
}

/// A table of a machine file, or the file itself: the keys that it may have.
public struct FileTable: Sendable {
    /// What it is: "" for the file, else what stands in the double brackets.
    public let name: String
    /// What a file says by having it.
    public let summary: String
    /// Its keys. Those that come first are the usual ones.
    public let keys: [FileKey]

    /// Makes a table from its parts.
    init(_ name: String, _ summary: String, _ keys: [FileKey]) {
        (self.name, self.summary, self.keys) = (name, summary, keys)
    }

    /// Every table, in the order of the manual.
    public static let all = [machine, memory, affinity, cpu, workload, background, fault, container, file]
}
