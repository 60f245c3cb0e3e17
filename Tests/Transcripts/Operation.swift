// SPDX-License-Identifier: Apache-2.0

/// What is done to a machine, or asked of it; one line of a transcript. Tests/Oracle/README.md has the table.
package enum Operation: Hashable, Sendable {
    /// `W` (with a newline added) or `N`: writes to a file.
    case write(path: String, data: String, newline: Bool)
    /// `R`: reads a file to its end.
    case read(path: String)
    /// `L`: reads a symbolic link.
    case link(path: String)
    /// `D`: lists a directory.
    case list(path: String)
    /// `S`: asks for mode, size and link count.
    case status(path: String)
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

    /// Why a text is no operation.
    package struct Malformed: Error, CustomStringConvertible {
        package let description: String
    }

    /// Parses `W PATH DATA` and the like.
    package init(_ text: String) throws(Malformed) {
        let parts = text.split(separator: " ", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        let rest = parts.count > 1 ? parts[1] : ""
        guard text.latin1 != nil else {
            throw Malformed(description: "characters beyond U+00FF, which are no bytes")
        }
        switch parts[0] {
        case "W", "N":
            let words = rest.split(separator: " ", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            self = .write(
                path: try Self.path(words[0], of: text), data: words.count > 1 ? words[1] : "", newline: parts[0] == "W"
            )
        case "R": self = .read(path: try Self.path(rest, of: text))
        case "L": self = .link(path: try Self.path(rest, of: text))
        case "D": self = .list(path: try Self.path(rest, of: text))
        case "S": self = .status(path: try Self.path(rest, of: text))
        case "U" where rest.isEmpty: self = .uevents
        case "B" where rest.isEmpty: self = .snapshot
        case "H": self = try Self.device(rest, of: text)
        case "P": self = try Self.page(rest, of: text)
        case "T":
            guard let milliseconds = Int(rest), (0...600_000).contains(milliseconds) else {
                throw Malformed(description: "\(text.debugDescription): T takes 0 to 600000 milliseconds")
            }
            self = .wait(milliseconds: milliseconds)
        default:
            throw Malformed(description: "\(text.debugDescription): no operation; these are W N R L D S U B H P T")
        }
    }

    private static func path(_ path: String, of text: String) throws(Malformed) -> String {
        guard path.hasPrefix("/") else {
            throw Malformed(description: "\(text.debugDescription): not an absolute path after the first blank")
        }
        return path
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
    package var isAnswered: Bool {
        switch self {
        case .plug, .unplug, .pin, .unpin, .wait: false
        default: true
        }
    }

    /// The members that an answer to it must have.
    var answers: [String] {
        switch self {
        case .uevents: ["uevents"]
        case .snapshot: ["blocks", "zones", "nodes"]
        case .plug, .unplug, .pin, .unpin, .wait: []
        default: ["errno"]
        }
    }
}

extension Operation: CustomStringConvertible {
    /// The operation as transcripts have it.
    package var description: String {
        switch self {
        case .write(let path, let data, let newline): "\(newline ? "W" : "N") \(path) \(data)"
        case .read(let path): "R \(path)"
        case .link(let path): "L \(path)"
        case .list(let path): "D \(path)"
        case .status(let path): "S \(path)"
        case .uevents: "U"
        case .snapshot: "B"
        case .plug(let id, let bytes, let node): "H plug \(id) \(bytes) \(node)"
        case .unplug(let id): "H unplug \(id)"
        case .pin(let block): "P pin \(block)"
        case .unpin(let block): "P unpin \(block)"
        case .wait(let milliseconds): "T \(milliseconds)"
        }
    }
}
