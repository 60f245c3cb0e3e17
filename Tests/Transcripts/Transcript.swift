// SPDX-License-Identifier: Apache-2.0

import Foundation

/// What a live kernel answered, operation by operation.
package struct Transcript: Sendable {
    /// What it is called: its file's name without the ending.
    package let name: String
    /// The machine file's name, without the ending.
    package let machine: String
    /// The kernel's command line.
    package let commandLine: String
    /// The kernel that answered.
    package let kernel: String
    package let steps: [Step]

    /// An operation and the kernel's answer.
    package struct Step: Sendable {
        /// The line, counted from 1; 0 if it is of no file.
        package var line: Int
        package var operation: Operation
        package var answer: [String: JSON]

        package init(line: Int = 0, _ operation: Operation, answer: [String: JSON] = [:]) {
            (self.line, self.operation, self.answer) = (line, operation, answer)
        }
    }

    package init(name: String, machine: String, commandLine: String, kernel: String, steps: [Step]) {
        (self.name, self.machine, self.commandLine) = (name, machine, commandLine)
        (self.kernel, self.steps) = (kernel, steps)
    }

    /// Reads a file.
    package init(path: String) throws(TextError) {
        try self.init(parsing: try Files.text(path), file: path)
    }

    /// Parses a transcript.
    ///
    /// - Parameter file: what errors call it.
    package init(parsing text: String, file: String) throws(TextError) {
        func wrong(_ line: Int, _ reason: String) -> TextError { TextError(file: file, line: line, reason: reason) }
        var lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        guard lines.popLast() == "", let first = lines.first else {
            throw wrong(max(lines.count + 1, 1), text.isEmpty ? "empty" : "ends within a line; was the file cut short?")
        }
        let header = try Self.members(first, file, 1)
        name = header["scenario"]?.string ?? String(file.split(separator: "/").last ?? "").withoutEnding
        guard let machine = header["machine"]?.string, let commandLine = header["cmdline"]?.string else {
            throw wrong(1, "the first line of a transcript says \"machine\" and \"cmdline\"")
        }
        (self.machine, self.commandLine, kernel) = (machine, commandLine, header["kernel"]?.string ?? "")
        var steps: [Step] = []
        for (index, line) in lines.enumerated().dropFirst() {
            var answer = try Self.members(line, file, index + 1)
            guard let text = answer.removeValue(forKey: "op")?.string else {
                throw wrong(index + 1, "a line of a transcript says which operation (\"op\") it answers")
            }
            let operation: Operation
            do { operation = try Operation(text) } catch { throw wrong(index + 1, error.description) }
            for key in operation.answers where answer[key] == nil {
                throw wrong(index + 1, "\(text.debugDescription): no \"\(key)\" in the answer")
            }
            steps.append(Step(line: index + 1, operation, answer: answer))
        }
        guard !steps.isEmpty else {
            throw wrong(1, "no operations follow; was the file cut short?")
        }
        self.steps = steps
    }

    private static func members(_ line: String, _ file: String, _ number: Int) throws(TextError) -> [String: JSON] {
        guard let value = try? JSON(parsing: line), let members = value.members else {
            throw TextError(
                file: file, line: number, reason: "not a JSON object: \(String(line.prefix(60)).debugDescription)")
        }
        return members
    }

    /// The transcript as its file has it.
    package var text: String {
        let header = [("scenario", name), ("machine", machine), ("cmdline", commandLine), ("kernel", kernel)]
        let members = header.map { "\(JSON.quoted($0)):\(JSON.quoted($1))" }.joined(separator: ",")
        return steps.reduce(into: "{\(members)}\n") { $0 += $1.text + "\n" }
    }
}

extension Transcript.Step {
    /// Members in the order that they are looked for in, the rest behind.
    private static let order = ["errno", "at", "ret", "data", "names", "uevents", "blocks", "zones", "nodes"]

    /// The line of a transcript.
    var text: String {
        let rest = answer.keys.filter { !Self.order.contains($0) }.sorted()
        let members = (Self.order + rest).compactMap { key in answer[key].map { "\(JSON.quoted(key)):\($0)" } }
        return "{" + (["\"op\":\(JSON.quoted(operation.description))"] + members).joined(separator: ",") + "}"
    }
}

extension String {
    /// A file's name without what begins at its last dot.
    package var withoutEnding: String {
        lastIndex(of: ".").map { String(self[..<$0]) } ?? self
    }
}
