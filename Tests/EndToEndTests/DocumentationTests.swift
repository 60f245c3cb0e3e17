// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport
import Testing

/// A block of a page that is run, with what it must print.
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

    /// What to type so that the command runs, and what it printed ends with a line that says which one it was.
    var typed: String { script + "echo '\(Self.end)\(line)'\n" }

    /// What each of the commands printed that got to its end, by its line, from what all printed.
    static func outputs(in text: String) -> [Int: [String]] {
        var outputs: [Int: [String]] = [:]
        var printed: [String] = []
        for line in lines(of: text) {
            if line.hasPrefix(end), let number = Int(line.dropFirst(end.count)) {
                outputs[number] = lines(of: trimmed(printed.joined(separator: "\n")))
                printed = []
            } else {
                printed.append(line)
            }
        }
        return outputs
    }

    private static let end = "-- end of the block in line "

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
    static let lessons = (1...8).map { "docs/hotmem.docc/Learn/Lesson\($0).md" }

    /// The commands of a page as a reader has them who types them one after the other, into one shell: a command that is
    /// a shell (`hotmem run -- bash`) reads those that follow, to its `exit`.
    @Test(arguments: ["README.md"] + lessons)
    func `a page's commands work word for word`(page: String) throws {
        let text = Host.text(projectDirectory.appendingPathComponent(page).path)
        let commands = DocumentedCommand.all(in: text)
        try #require(commands.count >= 5, "\(page) has few commands, or is not there")
        try Scratch.with { scratch in
            let script = try scratch.file("script", commands.map(\.typed).joined())
            // From a pipe a shell takes no more than it runs: the rest is there for who reads after it.
            var program = scratch.program(["sh", "-c", "cat \"$0\" | bash --norc -e 2>&1", script], limit: 120)
            program.directory = try scratch.directory("reader")
            let ended = try program.run()
            #expect(ended.succeeded, "\(page): \(ended)")
            let outputs = DocumentedCommand.outputs(in: ended.output)
            for command in commands {
                guard let output = outputs[command.line] else {
                    Issue.record("\(page):\(command.line): it does not get to its end: \(ended)")
                    break
                }
                let expected = trimmed((command.output ?? []).joined(separator: "\n"))
                #expect(
                    DocumentedCommand.matches(output[...], DocumentedCommand.lines(of: expected)[...]),
                    "\(page):\(command.line): expected:\n\(expected)\nis:\n\(output.joined(separator: "\n"))")
            }
            #expect(scratch.mounts.isEmpty, "\(page) leaves mounts behind")
            #expect(scratch.hasNoProcesses, "\(page) leaves processes behind")
        }
    }

    @Test func `every lesson is in the test, and in the table of contents`() throws {
        let learn = projectDirectory.appendingPathComponent("docs/hotmem.docc/Learn")
        let names = try FileManager.default.contentsOfDirectory(atPath: learn.path).filter { $0.hasPrefix("Lesson") }
        #expect(Set(names.map { "docs/hotmem.docc/Learn/\($0)" }) == Set(Self.lessons))
        for page in ["README.md", "docs/hotmem.docc/Learn/LearnByDoing.md"] {
            let text = Host.text(projectDirectory.appendingPathComponent(page).path)
            for name in names { #expect(text.contains("\(name))"), "\(page) does not lead to \(name)") }
        }
    }

    @Test func `what commands print is told apart`() {
        let text = """
            ```sh run
            echo a
            ```
            ```text output
            a
            ```
            ```sh run
            true
            ```
            """
        let commands = DocumentedCommand.all(in: text)
        #expect(commands.map(\.line) == [1, 7] && commands.map(\.output) == [["a"], nil])
        let printed = "a\n" + commands.map { $0.typed.split(separator: "'")[1] + "\n" }.joined()
        #expect(DocumentedCommand.outputs(in: printed) == [1: ["a"], 7: [""]])
        #expect(DocumentedCommand.outputs(in: "a\n").isEmpty)
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
