// SPDX-License-Identifier: Apache-2.0

import SysfsTree

/// Records as lines of text:
///
///     CHECKSUM NUMBER TIME KIND key=value ...
///
/// The checksum is of the rest of the line, eight hexadecimal digits. Values are numbers, or text in double quotes, in
/// which `\` is before what would end it and `\xHH` stands for a control character; bytes are base64.
enum RecordLine {
    /// What a journal begins with.
    static let header = Array("hotmem-journal 1\n".utf8)

    // MARK: Writing

    /// A record's line, its end included.
    static func bytes(_ record: JournalRecord) -> [UInt8] {
        var line: [UInt8] = []
        line.reserveCapacity(128)
        line += "\(record.number) \(record.time) \(record.entry.kind)".utf8
        switch record.entry {
        case .boot(let boot):
            add("program", boot.program, to: &line)
            add("name", boot.name, to: &line)
            add("cmdline", boot.commandLine, to: &line)
            add("text", boot.text, to: &line)
        case .connection(let request): add("init", Base64.text(request), to: &line)
        case .polled(let handle): add("handle", handle, to: &line)
        case .reading(let file, let handle):
            add("file", file, to: &line)
            add("handle", handle, to: &line)
        case .snapshot(let bytes): add("state", Base64.text(bytes), to: &line)
        case .reloaded(let text, let name, let commandLine):
            add("name", name, to: &line)
            add("cmdline", commandLine, to: &line)
            add("text", text, to: &line)
        case .input(let input, let request):
            add(input, to: &line)
            if let request { add("request", request, to: &line) }
        }
        let sum = String(Checksum.of(line), radix: 16)
        return Array((String(repeating: "0", count: 8 - sum.count) + sum + " ").utf8) + line + [UInt8(ascii: "\n")]
    }

    private static func add(_ input: Input, to line: inout [UInt8]) {
        switch input {
        case .write(let file, let text):
            add("file", file, to: &line)
            add("text", text, to: &line)
        case .change(let file, let permissions, let user, let group):
            add("file", file, to: &line)
            if let permissions { add("permissions", UInt64(permissions), to: &line) }
            if let user { add("user", UInt64(user), to: &line) }
            if let group { add("group", UInt64(group), to: &line) }
        case .tick(let milliseconds): add("ms", milliseconds, to: &line)
        case .interrupt(let write): add("write", write, to: &line)
        case .note(let text): add("text", text, to: &line)
        case .lost(let listener, let uevents):
            add("listener", UInt64(listener), to: &line)
            add("uevents", uevents, to: &line)
        case .reload(let text, let name, let commandLine):
            add("name", name, to: &line)
            add("cmdline", commandLine, to: &line)
            add("text", text, to: &line)
        }
    }

    private static func add(_ key: String, _ number: UInt64, to line: inout [UInt8]) {
        line += " \(key)=\(number)".utf8
    }

    private static func add(_ key: String, _ text: String, to line: inout [UInt8]) {
        add(key, Array(text.utf8), to: &line)
    }

    private static func add(_ key: String, _ text: [UInt8], to line: inout [UInt8]) {
        line += " \(key)=\"".utf8
        line.reserveCapacity(line.count + text.count + 2)
        for byte in text {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"): line += [UInt8(ascii: "\\"), byte]
            case UInt8(ascii: "\n"): line += "\\n".utf8
            case 0..<0x20, 0x7F:
                line += "\\x".utf8
                line += [hex[Int(byte >> 4)], hex[Int(byte & 15)]]
            default: line.append(byte)
            }
        }
        line.append(UInt8(ascii: "\""))
    }

    private static let hex = Array("0123456789abcdef".utf8)

    // MARK: Reading

    /// Numbers and times are less: there is to be room for what follows.
    private static let largest: UInt64 = 1 << 62
    /// The longest time that passes at once, in milliseconds.
    private static let longestTick: UInt64 = 1 << 40

    /// Why a line is no record, for people.
    struct Problem: Error {
        let reason: String
    }

    /// Reads a line, without its end.
    static func record(_ line: ArraySlice<UInt8>) throws(Problem) -> JournalRecord {
        let rest = line.dropFirst(9)
        guard line.count > 9, line[line.startIndex + 8] == UInt8(ascii: " "),
            let text = String(validating: line.prefix(8), as: UTF8.self), let sum = UInt32(text, radix: 16)
        else { throw Problem(reason: "it has no checksum") }
        guard Checksum.of(rest) == sum else { throw Problem(reason: "its checksum is not that of its text") }
        var scanner = FieldScanner(rest)
        let (number, time) = (try scanner.number(), try scanner.number())
        guard number < largest, time < largest else { throw Problem(reason: "a number is too large") }
        let kind = try scanner.word()
        let fields = try scanner.fields()
        return JournalRecord(number: number, time: time, entry: try entry(kind, fields))
    }

    private static func entry(_ kind: String, _ fields: Fields) throws(Problem) -> JournalEntry {
        switch kind {
        case "boot":
            return .boot(
                BootRecord(
                    program: try fields.text("program"), name: try fields.text("name"),
                    text: try fields.text("text"), commandLine: try fields.text("cmdline")))
        case "connection": return .connection(request: try fields.bytes("init"))
        case "polled": return .polled(try fields.number("handle"))
        case "reading": return .reading(file: try fields.text("file"), handle: try fields.number("handle"))
        case "snapshot": return .snapshot(try fields.bytes("state"))
        case "reloaded":
            return .reloaded(
                text: try fields.text("text"), name: try fields.text("name"), commandLine: try fields.text("cmdline"))
        default: return .input(try input(kind, fields), request: try fields.optionalNumber("request"))
        }
    }

    private static func input(_ kind: String, _ fields: Fields) throws(Problem) -> Input {
        switch kind {
        case "write": return .write(file: try fields.text("file"), text: try fields.text("text"))
        case "change":
            return .change(
                file: try fields.text("file"), permissions: try fields.optionalID("permissions"),
                user: try fields.optionalID("user"), group: try fields.optionalID("group"))
        case "tick":
            let milliseconds = try fields.number("ms")
            guard milliseconds <= longestTick else { throw Problem(reason: "ms= is too large") }
            return .tick(milliseconds: milliseconds)
        case "interrupt": return .interrupt(write: try fields.number("write"))
        case "note": return .note(try fields.text("text"))
        case "lost":
            guard let listener = try fields.optionalID("listener") else {
                throw Problem(reason: "listener= is missing")
            }
            return .lost(listener: listener, uevents: try fields.number("uevents"))
        case "reload":
            return .reload(
                text: try fields.text("text"), name: try fields.text("name"), commandLine: try fields.text("cmdline"))
        default: throw Problem(reason: "it is of a kind that this version does not know: \(kind)")
        }
    }
}
