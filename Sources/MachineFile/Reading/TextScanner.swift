// SPDX-License-Identifier: Apache-2.0

/// Finds the line of every key in TOML text, and what the TOML library must not be given.
///
/// The library shows no positions, ends a text and a string at its first NUL, takes down tables by recursion, and
/// asserts where a header's key or an array's value is missing. The scanner refuses these and is exact for valid TOML,
/// but for dates with a blank, which it refuses too; other errors it leaves to the library.
struct TextScanner {
    /// The first line of each key path, table and array element.
    private(set) var lines: [String: Int] = [:]
    /// The first thing found that must not be parsed.
    private(set) var problem: (line: Int, reason: String)?

    private let bytes: [UInt8]
    private var position = 0
    private var line = 1
    /// The path of the table that keys go into.
    private var table = ""
    /// How many `[[NAME]]` there were so far.
    private var tableCounts: [String: Int] = [:]

    private static let deepestKey = 8
    private static let deepestValue = 16

    init(_ text: String) {
        bytes = text.utf8.count <= FileText.limit ? Array(text.utf8) : []
        if text.utf8.count > FileText.limit {
            problem = (1, "larger than 16 MiB; is it a machine file?")
        }
    }

    /// Scans the whole text.
    mutating func scan() {
        if let nul = bytes.firstIndex(of: 0) {
            problem = (bytes[..<nul].count { $0 == UInt8(ascii: "\n") } + 1, "a NUL byte; machine files are text")
        }
        if bytes.starts(with: [0xef, 0xbb, 0xbf]) { position = 3 }
        while problem == nil, position < bytes.count {
            skipBlanks()
            switch peek {
            case UInt8(ascii: "["): scanHeader()
            case UInt8(ascii: "#"), UInt8(ascii: "\n"), UInt8(ascii: "\r"), nil: break
            default: scanKeyAndValue(in: table, depth: 0)
            }
            skipLine()
        }
    }

    private mutating func scanHeader() {
        let start = line
        advance()
        let isArray = peek == UInt8(ascii: "[")
        if isArray { advance() }
        let path = scanKey(in: "")
        guard isArray else {
            table = path
            return
        }
        let index = tableCounts[path, default: 0]
        tableCounts[path] = index + 1
        table = "\(path)[\(index)]"
        note(table, at: start)
    }

    private mutating func scanKeyAndValue(in parent: String?, depth: Int) {
        let path = scanKey(in: parent)
        skipBlanks()
        guard peek == UInt8(ascii: "=") else { return }
        advance()
        scanValue(parent == nil ? nil : path, depth: depth)
    }

    /// Scans a key and notes its line and its tables'; a nil parent means that nobody asks for these lines.
    private mutating func scanKey(in parent: String?) -> String {
        var path = parent ?? ""
        for _ in 0..<Self.deepestKey {
            skipBlanks()
            let start = position
            if peek == UInt8(ascii: "\"") || peek == UInt8(ascii: "'") {
                let text = scanString()
                path += path.isEmpty ? text : ".\(text)"
            } else {
                while let byte = peek, byte.isBare { advance() }
                guard position > start else {
                    report("not TOML: expected a key, of letters, digits, _ and -, or in quotes")
                    return path
                }
                let text = String(decoding: bytes[start..<position], as: UTF8.self)
                path += path.isEmpty ? text : ".\(text)"
            }
            if parent != nil { note(path, at: line) }
            skipBlanks()
            guard peek == UInt8(ascii: ".") else { return path }
            advance()
        }
        report("a key of more than \(Self.deepestKey) parts; machine files have no such key")
        return path
    }

    private mutating func scanValue(_ path: String?, depth: Int) {
        skipBlanks()
        guard depth < Self.deepestValue else { return report("values nested too deeply; machine files have none such") }
        switch peek {
        case UInt8(ascii: "\""), UInt8(ascii: "'"): _ = scanString()
        case UInt8(ascii: "["): scanArray(path, depth: depth)
        case UInt8(ascii: "{"): scanInlineTable(path, depth: depth)
        default: scanScalar()
        }
    }

    /// Scans a number, a date or a truth value.
    private mutating func scanScalar() {
        let start = position
        while let byte = peek, byte.isScalar { advance() }
        let end = position
        skipBlanks()
        if end == start || peek?.endsScalar == false { report("not TOML: expected a number, true, false or a string") }
    }

    private mutating func scanArray(_ path: String?, depth: Int) {
        advance()
        var index = 0
        while problem == nil, let byte = skipToToken() {
            switch byte {
            case UInt8(ascii: "]"): return advance()
            case UInt8(ascii: ","):
                index += 1
                advance()
            default:
                // Rows and tables are worth a line of their own, their elements are not.
                let element = depth == 0 ? path.map { "\($0)[\(index)]" } : nil
                if let element { note(element, at: line) }
                scanValue(element, depth: depth + 1)
            }
        }
    }

    private mutating func scanInlineTable(_ path: String?, depth: Int) {
        advance()
        while problem == nil, let byte = skipToToken() {
            switch byte {
            case UInt8(ascii: "}"): return advance()
            case UInt8(ascii: ","): advance()
            default: scanKeyAndValue(in: path, depth: depth + 1)
            }
        }
    }

    /// Scans a string of any of the four kinds; returns what is between its quotes, escapes as they stand.
    private mutating func scanString() -> String {
        let quote = bytes[position]
        let isBasic = quote == UInt8(ascii: "\"")
        let isLong = bytes[position...].prefix(3).elementsEqual([quote, quote, quote])
        for _ in 0..<(isLong ? 3 : 1) { advance() }
        let start = position
        while let byte = peek {
            if byte == quote {
                let run = bytes[position...].prefix(isLong ? 5 : 1).prefix { $0 == quote }.count
                for _ in 0..<run { advance() }
                guard isLong, run < 3 else { return text(from: start, to: position - (isLong ? 3 : 1)) }
                continue
            }
            if byte == UInt8(ascii: "\n"), !isLong { break }
            if byte == UInt8(ascii: "\\"), isBasic {
                checkEscape()
                advance()
                if peek == UInt8(ascii: "\n"), !isLong { break }
            }
            advance()
        }
        return text(from: start, to: position)
    }

    /// Reports an escape that stands for NUL.
    private mutating func checkEscape() {
        let escape = bytes[position...].dropFirst()
        let width = escape.first == UInt8(ascii: "u") ? 4 : escape.first == UInt8(ascii: "U") ? 8 : 0
        let digits = escape.dropFirst().prefix(width)
        if width > 0, digits.count == width, digits.allSatisfy({ $0 == UInt8(ascii: "0") }) {
            report("a string with a NUL; no value has one")
        }
    }
}

// MARK: - Steps

extension TextScanner {
    private var peek: UInt8? { position < bytes.count ? bytes[position] : nil }

    private mutating func advance() {
        guard position < bytes.count else { return }
        if bytes[position] == UInt8(ascii: "\n") { line += 1 }
        position += 1
    }

    private mutating func skipBlanks() {
        while peek == UInt8(ascii: " ") || peek == UInt8(ascii: "\t") { advance() }
    }

    /// Moves behind the end of the line.
    private mutating func skipLine() {
        while let byte = peek, byte != UInt8(ascii: "\n") { advance() }
        advance()
    }

    /// Skips blanks, comments and line ends; returns the byte that follows.
    private mutating func skipToToken() -> UInt8? {
        while let byte = peek {
            switch byte {
            case UInt8(ascii: "#"): skipLine()
            case UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\n"), UInt8(ascii: "\r"): advance()
            default: return byte
            }
        }
        return nil
    }

    private func text(from start: Int, to end: Int) -> String {
        String(decoding: bytes[start..<max(start, end)], as: UTF8.self)
    }

    private mutating func note(_ path: String, at line: Int) {
        if lines[path] == nil { lines[path] = line }
    }

    private mutating func report(_ reason: String) {
        if problem == nil { problem = (line, reason) }
    }
}

extension UInt8 {
    /// Whether the byte can be in an unquoted key.
    fileprivate var isBare: Bool {
        switch self {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"):
            true
        default: false
        }
    }

    /// Whether the byte can be in a number, a date or a truth value.
    fileprivate var isScalar: Bool {
        isBare || self == UInt8(ascii: "+") || self == UInt8(ascii: ".") || self == UInt8(ascii: ":")
    }

    fileprivate var endsScalar: Bool {
        switch self {
        case UInt8(ascii: ","), UInt8(ascii: "]"), UInt8(ascii: "}"), UInt8(ascii: "#"), UInt8(ascii: "\n"),
            UInt8(ascii: "\r"):
            true
        default: false
        }
    }
}
