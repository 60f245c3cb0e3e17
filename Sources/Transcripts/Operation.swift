// SPDX-License-Identifier: Apache-2.0

/// What is done to a machine, or asked of it; one line of a transcript. Tests/Oracle/README.md has the table.
public enum Operation: Hashable, Sendable {
    /// `W` (with a newline added) or `N`: writes to a file.
    case write(path: String, data: String, newline: Bool)
    /// `R`: reads a file to its end.
    case read(path: String)
    /// `O`: opens a file for reading and writing.
    case open(path: String)
    /// `L`: reads a symbolic link.
    case link(path: String)
    /// `D`: lists a directory.
    case list(path: String)
    /// `S`: asks for mode, size and link count.
    case status(path: String)
    /// `M`: chmod and chown.
    case change(path: String, permissions: UInt32?, user: UInt32?, group: UInt32?)
    /// `U`: takes the uevents since the last time.
    case uevents
    /// `B`: looks at all blocks, zones and nodes.
    case snapshot
    /// `H plug`: a memory device comes.
    case plug(id: String, bytes: UInt64, node: Int)
    /// `H unplug`: a memory device is asked to go.
    case unplug(id: String)
    /// `P pin`: an unmovable page comes to live in a block.
    case pin(block: UInt64)
    /// `P unpin`: it goes.
    case unpin(block: UInt64)
    /// `T`: time passes.
    case wait(milliseconds: Int)
    /// `A`: a write that waited is answered, by its number among those that did.
    case answer(write: Int)
    /// `I`: a signal comes to who made a write that waits.
    case interrupt(write: Int)

    /// Why a text is no operation.
    public struct Malformed: Error, CustomStringConvertible {
        /// What is wrong with it.
        public let description: String
    }

    /// The longest time that passes in one operation, in milliseconds.
    public static let longestWait = 3_600_000

    /// Parses `W PATH DATA` and the like.
    public init(_ text: String) throws(Malformed) {
        let parts = text.split(separator: " ", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        let rest = parts.count > 1 ? parts[1] : ""
        guard text.latin1 != nil else {
            throw Malformed(description: "characters beyond U+00FF, which are no bytes")
        }
        switch parts[0] {
        case "W", "N":
            let words = rest.split(separator: " ", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            self = .write(
                path: try Self.path(words[0], of: text).replacing(Self.blank, with: " "),
                data: words.count > 1 ? words[1] : "", newline: parts[0] == "W")
        case "R": self = .read(path: try Self.path(rest, of: text))
        case "O": self = .open(path: try Self.path(rest, of: text))
        case "L": self = .link(path: try Self.path(rest, of: text))
        case "D": self = .list(path: try Self.path(rest, of: text))
        case "S": self = .status(path: try Self.path(rest, of: text))
        case "M": self = try Self.change(rest, of: text)
        case "U" where rest.isEmpty: self = .uevents
        case "B" where rest.isEmpty: self = .snapshot
        case "H": self = try Self.device(rest, of: text)
        case "P": self = try Self.page(rest, of: text)
        case "A": self = .answer(write: try Self.number(rest, of: text))
        case "I": self = .interrupt(write: try Self.number(rest, of: text))
        case "T":
            guard let milliseconds = Int(rest), (0...Self.longestWait).contains(milliseconds) else {
                throw Malformed(description: "\(text.debugDescription): T takes 0 to \(Self.longestWait) milliseconds")
            }
            self = .wait(milliseconds: milliseconds)
        default:
            throw Malformed(
                description: "\(text.debugDescription): no operation; these are W N R O L D S M U B H P T A I")
        }
    }

    /// What stands for a blank in a path that something follows.
    private static let blank = "\\040"

    private static func path(_ path: String, of text: String) throws(Malformed) -> String {
        guard path.hasPrefix("/") else {
            throw Malformed(description: "\(text.debugDescription): not an absolute path after the first blank")
        }
        return path
    }

    private static func number(_ rest: String, of text: String) throws(Malformed) -> Int {
        guard let number = Int(rest), number > 0 else {
            throw Malformed(description: "\(text.debugDescription): not the number of a write that waits")
        }
        return number
    }

    private static func change(_ rest: String, of text: String) throws(Malformed) -> Operation {
        let words = rest.split(separator: " ").map(String.init)
        var values: [String: UInt32] = [:]
        for word in words.dropFirst() {
            let pair = word.split(separator: "=", omittingEmptySubsequences: false).map(String.init)
            guard pair.count == 2, ["mode", "user", "group"].contains(pair[0]),
                let value = UInt32(pair[1], radix: pair[0] == "mode" ? 8 : 10)
            else {
                throw Malformed(description: "\(text.debugDescription): M takes PATH and mode=, user=, group=")
            }
            values[pair[0]] = value
        }
        return .change(
            path: try path(words.first ?? "", of: text).replacing(blank, with: " "), permissions: values["mode"],
            user: values["user"], group: values["group"])
    }

    private static func device(_ rest: String, of text: String) throws(Malformed) -> Operation {
        let words = rest.split(separator: " ").map(String.init)
        if words.count == 4, words[0] == "plug", let bytes = UInt64(words[2]), let node = Int(words[3]),
            isName(words[1])
        {
            return .plug(id: words[1], bytes: bytes, node: node)
        }
        if words.count == 2, words[0] == "unplug", isName(words[1]) { return .unplug(id: words[1]) }
        throw Malformed(
            description: "\(text.debugDescription): H takes plug ID BYTES NODE, or unplug ID (letters and digits)")
    }

    private static func isName(_ name: String) -> Bool {
        name.first?.isLetter == true && name.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber) }
    }

    private static func page(_ rest: String, of text: String) throws(Malformed) -> Operation {
        let words = rest.split(separator: " ").map(String.init)
        if words.count == 2, let block = UInt64(words[1]) {
            if words[0] == "pin" { return .pin(block: block) }
            if words[0] == "unpin" { return .unpin(block: block) }
        }
        throw Malformed(description: "\(text.debugDescription): P takes pin BLOCK or unpin BLOCK")
    }

    /// Whether it is answered: what is done to the machine's hardware shows in later answers only.
    public var isAnswered: Bool {
        switch self {
        case .plug, .unplug, .pin, .unpin, .wait, .interrupt: false
        default: true
        }
    }

    /// The members of which an answer to it must have one, or all.
    var answers: (one: [String], all: [String]) {
        switch self {
        case .uevents: ([], ["uevents"])
        case .snapshot: ([], ["blocks", "zones", "nodes"])
        case .plug, .unplug, .pin, .unpin, .wait, .interrupt: ([], [])
        case .write: (["errno", "waits"], [])
        default: ([], ["errno"])
        }
    }
}

extension Operation: CustomStringConvertible {
    /// The operation as transcripts have it.
    public var description: String {
        switch self {
        case .write(let path, let data, let newline): "\(newline ? "W" : "N") \(Self.oneWord(path)) \(data)"
        case .read(let path): "R \(path)"
        case .open(let path): "O \(path)"
        case .link(let path): "L \(path)"
        case .list(let path): "D \(path)"
        case .status(let path): "S \(path)"
        case .change(let path, let permissions, let user, let group):
            (["M", Self.oneWord(path)]
                + [
                    permissions.map { "mode=" + String($0, radix: 8) }, user.map { "user=\($0)" },
                    group.map { "group=\($0)" },
                ].compactMap { $0 }).joined(separator: " ")
        case .uevents: "U"
        case .snapshot: "B"
        case .plug(let id, let bytes, let node): "H plug \(id) \(bytes) \(node)"
        case .unplug(let id): "H unplug \(id)"
        case .pin(let block): "P pin \(block)"
        case .unpin(let block): "P unpin \(block)"
        case .wait(let milliseconds): "T \(milliseconds)"
        case .answer(let write): "A \(write)"
        case .interrupt(let write): "I \(write)"
        }
    }

    private static func oneWord(_ path: String) -> String {
        path.contains(" ") ? path.replacing(" ", with: blank) : path
    }
}
