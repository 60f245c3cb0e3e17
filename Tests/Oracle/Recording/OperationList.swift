// SPDX-License-Identifier: Apache-2.0

import Foundation
import Transcripts

/// Operations to ask a kernel for, and the machine to ask on: a text file with one per line, or a transcript.
///
/// A text file begins with `machine NAME` and, if there is one, `cmdline TEXT`; empty lines and lines with `#` first say nothing.
struct OperationList {
    let name: String
    var machine: String?
    var commandLine: String?
    var operations: [Operation]

    /// Reads a file; one whose name ends in `.jsonl` is a transcript, the answers of which are not looked at.
    init(path: String) throws(TextError) {
        let text = try Files.text(path)
        if path.hasSuffix(".jsonl") {
            self.init(try Transcript(parsing: text, file: path))
        } else {
            try self.init(parsing: text, file: path)
        }
    }

    private init(_ transcript: Transcript) {
        self.init(
            name: transcript.name, machine: transcript.machine, commandLine: transcript.commandLine,
            operations: transcript.steps.map(\.operation))
    }

    init(name: String, machine: String?, commandLine: String?, operations: [Operation]) {
        (self.name, self.machine, self.commandLine, self.operations) = (name, machine, commandLine, operations)
    }

    /// The list as a text file has it.
    var text: String {
        let header = [machine.map { "machine \($0)" }, commandLine.map { "cmdline \($0)" }].compactMap(\.self)
        return (header + operations.map(\.description)).map { $0 + "\n" }.joined()
    }

    init(parsing text: String, file: String) throws(TextError) {
        name = URL(filePath: file).lastPathComponent.withoutEnding
        operations = []
        for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            let words = line.split(separator: " ", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            switch words.first ?? "" {
            case "": continue
            case let word where word.hasPrefix("#"): continue
            case "machine" where operations.isEmpty && words.count > 1: machine = words[1]
            case "cmdline" where operations.isEmpty: commandLine = words.count > 1 ? words[1] : ""
            default:
                do { operations.append(try Operation(String(line))) } catch {
                    throw TextError(file: file, line: index + 1, reason: error.description)
                }
            }
        }
        guard !operations.isEmpty else { throw TextError(file: file, reason: "no operations") }
    }
}
