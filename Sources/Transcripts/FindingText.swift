// SPDX-License-Identifier: Apache-2.0

import MemoryModel

/// A finding for people: what was done, and how the answers differ.
public struct FindingText {
    private let finding: Replay.Finding
    private let transcript: Transcript

    /// - Parameters:
    ///   - finding: what was found.
    ///   - transcript: in what.
    public init(_ finding: Replay.Finding, in transcript: Transcript) {
        (self.finding, self.transcript) = (finding, transcript)
    }

    /// What was done, in one line.
    public var subject: String { Self.words(for: finding.operation, in: transcript) }

    /// So many lines are shown of what differs otherwise.
    private static let shown = 20

    /// How the answers differ: what was expected and what came, of longer texts the lines that differ.
    public var lines: [String] {
        let all = allLines
        guard all.count > Self.shown + 1 else { return all }
        return all.prefix(Self.shown) + ["... and \(all.count - Self.shown) more lines"]
    }

    private var allLines: [String] {
        let differences = Dictionary(finding.differences.map { ($0.part, $0) }) { first, _ in first }
        var lines: [String] = []
        let isOutcome = ["waits", "errno", "at", "ret", "error"]
        if isOutcome.contains(where: { differences[$0] != nil }) {
            lines += pair(outcome(differences.mapValues(\.kernel)), outcome(differences.mapValues(\.here)))
        } else if let texts = differences["data"] {
            lines += LineDifference.between(Self.lines(of: texts.kernel), Self.lines(of: texts.here))
        } else if let names = differences["names"] {
            lines += LineDifference.between(Self.list(names.kernel), Self.list(names.here))
        }
        if let uevents = differences["uevents"] {
            lines += LineDifference.between(Self.list(uevents.kernel), Self.list(uevents.here)).map { line in
                ["- ", "+ "].contains(line.prefix(2)) ? "\(line.prefix(2))uevent \(line.dropFirst(2))" : line
            }
        }
        for difference in finding.differences
        where !(isOutcome + ["data", "names", "uevents"]).contains(difference.part) {
            lines += pair(
                "\(difference.part) \(difference.kernel?.description ?? "none")",
                "\(difference.part) \(difference.here?.description ?? "none")")
        }
        return lines
    }

    private func pair(_ expected: String, _ got: String) -> [String] { ["expected: \(expected)", "got:      \(got)"] }

    /// What an operation came to, from those parts of its answer that differ.
    private func outcome(_ parts: [String: JSON?]) -> String {
        func part(_ key: String) -> JSON? { parts[key] ?? nil }
        if let error = part("error")?.string { return LineDifference.printable(error) }
        if part("waits") != nil { return "it waits" }
        let errno = part("errno")?.integer
        if let errno, errno != 0 {
            return Self.words(forErrno: errno) + (part("at") != nil ? ", when it is opened" : "")
        }
        if let count = part("ret")?.integer { return count >= 0 ? "\(count) bytes taken" : "a failure" }
        if let text = part("data")?.string { return "the text \(LineDifference.quoted(text, most: 60))" }
        if let names = part("names")?.elements { return "\(names.count) names" }
        if let at = part("at")?.string { return "a failure of \(LineDifference.printable(at))" }
        return errno == 0 ? "success" : "as it was"
    }

    /// `EBUSY`, or a number.
    private static func words(forErrno number: Int) -> String {
        Int32(exactly: number).map { Errno(rawValue: $0).name } ?? "errno \(number)"
    }

    private static func lines(of text: JSON?) -> [String] {
        guard let text = text?.string else { return [] }
        var lines = text.unicodeScalars.split(separator: "\n", omittingEmptySubsequences: false)
            .map { String(String.UnicodeScalarView($0)) }
        if lines.last == "" { lines.removeLast() } else { lines.append("(no newline at the end)") }
        return lines
    }

    /// Names, or uevents by their first words and variables.
    private static func list(_ list: JSON?) -> [String] {
        (list?.elements ?? []).map { element in
            guard let words = element.elements else { return element.string ?? element.description }
            // ACTION, DEVPATH and SUBSYSTEM are what the first word says.
            let rest = words.dropFirst().compactMap(\.string).filter { word in
                !["ACTION=", "DEVPATH=", "SUBSYSTEM="].contains(where: word.hasPrefix)
            }
            return ([words.first?.string ?? ""] + rest).joined(separator: " ")
        }
    }

    /// What an operation does, in one line.
    private static func words(for operation: Operation, in transcript: Transcript) -> String {
        func name(_ path: String) -> String { LineDifference.printable(path) }
        return switch operation {
        case .write(let path, let data, let newline):
            "write \(LineDifference.quoted(data + (newline ? "\n" : ""), most: 60)) to \(name(path))"
        case .read(let path): "read \(name(path))"
        case .open(let path): "open \(name(path)) for reading and writing"
        case .link(let path): "read the link \(name(path))"
        case .list(let path): "list \(name(path))"
        case .status(let path): "stat \(name(path))"
        case .change(let path, let permissions, let user, let group):
            "change \(name(path)): "
                + [
                    permissions.map { "mode " + String($0, radix: 8) }, user.map { "user \($0)" },
                    group.map { "group \($0)" },
                ].compactMap { $0 }.joined(separator: ", ")
        case .uevents: "uevents"
        case .snapshot: "look at all blocks, zones and nodes"
        case .plug(let id, let bytes, let node): "plug \(id), \(bytes) bytes, node \(node)"
        case .unplug(let id): "unplug \(id)"
        case .pin(let block): "pin a page in memory\(block)"
        case .unpin(let block): "unpin the page in memory\(block)"
        case .wait(let milliseconds): "\(milliseconds) ms pass"
        case .answer(let write): "the answer to write \(write) that waits\(asked(write, in: transcript))"
        case .interrupt(let write): "a signal to write \(write) that waits\(asked(write, in: transcript))"
        }
    }

    private static func asked(_ write: Int, in transcript: Transcript) -> String {
        let step = transcript.steps.first { step in
            guard case .write = step.operation else { return false }
            return step.answer["waits"]?.integer == write
        }
        return step.map { " (\(words(for: $0.operation, in: transcript)))" } ?? ""
    }
}
