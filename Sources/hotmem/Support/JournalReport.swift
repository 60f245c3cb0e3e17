// SPDX-License-Identifier: Apache-2.0

import Glibc
import Journal
import MemoryModel
import SysfsTree
import Picture

/// A record of a journal, for people and for programs.
struct JournalReport {
    let record: JournalRecord

    /// `NUMBER HH:MM:SS.MICROSECONDS KIND WHAT`, in local time.
    var text: String { "\(record.number) \(EventReport.clock(record.time)) \(record.entry.kind) \(words)" }

    /// What it holds, in words.
    private var words: String {
        switch record.entry {
        case .boot(let boot):
            return "\(boot.name)" + (boot.commandLine.isEmpty ? "" : " with \(boot.commandLine)")
                + ", by hotmem \(boot.program)"
        case .connection(let request):
            return request.isEmpty ? "the tree is going to be mounted" : "the tree was mounted"
        case .polled(let handle): return "somebody polls open file \(handle)"
        case .reading(let file, _): return "the beginning of \(file)"
        case .snapshot(let bytes): return "\(bytes.count) bytes in place of all records before"
        case .reloaded(_, let name, _): return "\(name), as it was read last"
        case .input(let input, _): return Self.words(input)
        }
    }

    private static func words(_ input: Input) -> String {
        switch input {
        case .write(let file, let text): return "\(text.debugDescription) to \(file)"
        case .change(let file, let permissions, let user, let group):
            let parts = [
                permissions.map { "mode \(String($0, radix: 8))" }, user.map { "user \($0)" },
                group.map { "group \($0)" },
            ]
            return parts.compactMap { $0 }.joined(separator: ", ") + " for \(file)"
        case .tick(let milliseconds): return "\(milliseconds) ms passed"
        case .interrupt(let write): return "a signal to who made write \(write)"
        case .note(let text): return text.debugDescription
        case .lost(let listener, let uevents): return "\(uevents) uevents to listener \(listener)"
        case .reload(_, let name, _): return name
        }
    }

    /// The members of its JSON object.
    var members: [String] {
        var members = [
            "\"number\": \(record.number)", "\"time\": \(EventReport.seconds(record.time))",
            "\"kind\": \(JSONText.text(record.entry.kind))",
        ]
        func add(_ key: String, _ text: String) { members.append("\(JSONText.text(key)): \(JSONText.text(text))") }
        func add(_ key: String, _ number: UInt64) { members.append("\(JSONText.text(key)): \(number)") }
        switch record.entry {
        case .boot(let boot):
            add("program", boot.program)
            add("machine", boot.name)
            add("cmdline", boot.commandLine)
        case .connection: break
        case .polled(let handle): add("handle", handle)
        case .reading(let file, let handle):
            add("file", file)
            add("handle", handle)
        case .reloaded(_, let name, let commandLine):
            add("machine", name)
            add("cmdline", commandLine)
        case .snapshot(let bytes): add("bytes", UInt64(bytes.count))
        case .input(let input, _):
            switch input {
            case .write(let file, let text):
                add("file", file)
                add("text", text)
            case .change(let file, let permissions, let user, let group):
                add("file", file)
                if let permissions { add("permissions", UInt64(permissions)) }
                if let user { add("user", UInt64(user)) }
                if let group { add("group", UInt64(group)) }
            case .tick(let milliseconds): add("ms", milliseconds)
            case .interrupt(let write): add("write", write)
            case .note(let text): add("text", text)
            case .lost(let listener, let uevents):
                add("listener", UInt64(listener))
                add("uevents", uevents)
            case .reload(_, let name, let commandLine):
                add("machine", name)
                add("cmdline", commandLine)
            }
        }
        return members
    }

    /// One JSON object on one line.
    var json: String { "{" + members.joined(separator: ", ") + "}" }
}
