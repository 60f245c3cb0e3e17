// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport
import Testing

/// A block of the README that is run, with what it must print.
struct DocumentedCommand {
    var line: Int
    var script: String
    var output: [String]?

    /// The blocks marked `sh run`, each with the `text output` block that follows it directly, if there is one.
    static func all(in text: String) -> [DocumentedCommand] {
        var commands: [DocumentedCommand] = []
        var fence: (mark: String, line: Int, lines: [String])?
        var followsCommand = false
        for (index, line) in Self.lines(of: text).enumerated() {
            guard line.hasPrefix("```") else {
                fence?.lines.append(line)
                if fence == nil, !line.allSatisfy(\.isWhitespace) { followsCommand = false }
                continue
            }
            guard let (mark, start, lines) = fence else {
                fence = (String(line.dropFirst(3)), index + 1, [])
                continue
            }
            fence = nil
            if mark.hasPrefix("sh run") {
                commands.append(
                    DocumentedCommand(line: start, script: lines.joined(separator: "\n") + "\n", output: nil))
                followsCommand = true
            } else {
                if mark.hasPrefix("text output"), followsCommand { commands[commands.count - 1].output = lines }
                followsCommand = false
            }
        }
        return commands
    }

    /// A text's lines, the empty ones too.
    static func lines(of text: String) -> [String] {
        text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    }

    /// Whether lines are as documented, where a line of three dots stands for any lines.
    static func matches(_ lines: ArraySlice<String>, _ expected: ArraySlice<String>) -> Bool {
        guard let first = expected.first else { return lines.isEmpty }
        if first == "..." {
            return (lines.startIndex...lines.endIndex).contains { matches(lines[$0...], expected.dropFirst()) }
        }
        return lines.first == first && matches(lines.dropFirst(), expected.dropFirst())
    }
}

@Suite struct `What is documented` {
    @Test func `the README's commands work word for word`() throws {
        let path = projectDirectory.appendingPathComponent("README.md").path
        let text = Host.text(path)
        try #require(!text.isEmpty, "no \(path)")
        let commands = DocumentedCommand.all(in: text)
        #expect(commands.count >= 10)
        // One directory for all, as a reader has it who types them one after the other.
        try Scratch.with { scratch in
            let directory = try scratch.directory("reader")
            for command in commands {
                let script = try scratch.file("script-\(command.line)", command.script)
                var program = scratch.program(["sh", "-c", "exec sh -e \"$0\" 2>&1", script])
                program.directory = directory
                let ended = try program.run()
                #expect(ended.succeeded, "README.md:\(command.line): \(ended)")
                guard let expected = command.output else { continue }
                let text = expected.joined(separator: "\n")
                #expect(
                    DocumentedCommand.matches(
                        DocumentedCommand.lines(of: trimmed(ended.output))[...],
                        DocumentedCommand.lines(of: trimmed(text))[...]),
                    "README.md:\(command.line): expected:\n\(text)\n\(ended)")
            }
            #expect(scratch.mounts.isEmpty, "the README leaves mounts behind")
            #expect(scratch.hasNoProcesses, "the README leaves processes behind")
        }
    }

    @Test func `every example script succeeds, started by its path and from its directory`() throws {
        let examples = projectDirectory.appendingPathComponent("Examples")
        let names = try FileManager.default.subpathsOfDirectory(atPath: examples.path).filter { $0.hasSuffix(".sh") }
        #expect(names.contains { $0.hasPrefix("udev/") })
        for name in names.sorted() {
            let file = examples.appendingPathComponent(name)
            let starts = [([file.path], "/"), (["sh", file.lastPathComponent], file.deletingLastPathComponent().path)]
            for (words, directory) in starts {
                try Scratch.with { scratch in
                    var program = scratch.program(words)
                    program.directory = directory
                    program.environment["HOTMEM"] = try Installation.shared.hotmem
                    let ended = try program.run()
                    #expect(ended.succeeded, "\(ended)")
                    #expect(scratch.hasNoProcesses && scratch.mounts.isEmpty, "\(name) leaves something behind")
                }
            }
        }
    }

    @Test func `three dots stand for any lines`() {
        let lines = ["a", "b", "c", "d"]
        for expected in [["a", "b", "c", "d"], ["..."], ["a", "..."], ["...", "d"], ["a", "...", "b", "...", "d"]] {
            #expect(DocumentedCommand.matches(lines[...], expected[...]))
        }
        for expected in [["a", "b"], [], ["...", "c"], ["b", "..."], ["a", "...", "a"]] {
            #expect(!DocumentedCommand.matches(lines[...], expected[...]))
        }
    }
}
