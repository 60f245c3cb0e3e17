// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Glibc
import Journal
import MemoryModel
import SysfsTree
import TreeServer
import Picture

/// `hotmem journal`: what was done to a mounted machine.
struct JournalCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "journal", abstract: "Look at what was done to a mounted machine, and do it again.",
        discussion: """
            The journal of a mounted machine holds what it was booted from and all that came from outside, in order: it is \
            the machine. hotmem mount keeps it (in the directory of --state, or in a runtime directory while the tree is \
            mounted), goes on with it after a daemon was killed, and begins with one that somebody sends as a bug report:

              hotmem mount --journal FILE DIR

            A journal is named by its file, by the directory that it is in, or by where its machine is mounted.

            A journal is lines of text with a checksum each. A last record that is cut short is passed over; one that is \
            damaged before that is an error, which says how to go on with what is before it.

            EXAMPLES:
              hotmem mount --state /var/tmp/lab /mnt
              hotmem journal show --root /mnt
              hotmem journal replay --until 40 /var/tmp/lab
              hotmem journal diff /var/tmp/lab other.journal
            """,
        subcommands: [Show.self, Replay.self, Diff.self, Cut.self])

    /// The journal that is looked at.
    struct Source: ParsableArguments {
        @Option(help: ArgumentHelp("The journal of the machine whose tree is mounted here.", valueName: "dir"))
        var root: String?

        @Argument(
            help: "A journal, the directory that it is in, or where its machine is mounted.", completion: .file())
        var file: String?

        func validate() throws {
            guard (file == nil) != (root == nil) else { throw ValidationError("name a journal, or --root DIR") }
        }

        func journal() throws(Failure) -> JournalFile {
            if let root { return try JournalFile(root: root) }
            return try JournalFile(file ?? "")
        }
    }

    /// What is in a journal.
    struct Show: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "show", abstract: "Show the records of a journal.",
            discussion: """
                EXAMPLES:
                  hotmem journal show --root /mnt
                  hotmem journal show --json report.journal
                """)

        @Flag(help: "As JSON: one object a line, with number, time (seconds), kind and the record's own values.")
        var json = false

        @OptionGroup var source: Source

        func run() throws {
            for record in try source.journal().text().records {
                let report = JournalReport(record: record)
                Terminal.print((json ? report.json : report.text) + "\n")
            }
        }
    }

    /// A journal's inputs again.
    struct Replay: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "replay", abstract: "Give a machine all that a journal holds, and show what comes of it.",
            discussion: """
                Boots the journal's machine in this process, gives it the inputs in order, and shows each with its answer: \
                done, refused with the kernel's reason, or waiting and later answered. Nothing is mounted or changed.

                EXAMPLES:
                  hotmem journal replay /var/tmp/lab
                  hotmem journal replay --until 40 --events report.journal
                """)

        @Option(help: ArgumentHelp("Stop after the record with this number.", valueName: "number"))
        var until: UInt64?

        @Flag(help: "Show the machine's events, in place of the answers.")
        var events = false

        @Flag(
            help: "As JSON: one object a line, as show has it, with answer, and errno and reason where it is refused.")
        var json = false

        @OptionGroup var source: Source

        func run() throws {
            let replay = try JournalReplay(try source.journal().text(upTo: until ?? .max))
            guard !events else {
                try replay.run()
                return Terminal.print(replay.machine.events)
            }
            var late: [(UInt64, Result<Int, Refusal>)] = []
            replay.machine.onAnswer = { late.append(($0, $1)) }
            try replay.run { record, result in
                let report = JournalReport(record: record)
                let answer = result.map(Answer.init)
                let head = report.text + (answer.map { ": \($0.words)" } ?? "")
                let object = "{" + (report.members + (answer?.members ?? [])).joined(separator: ", ") + "}"
                Terminal.print((json ? object : head) + "\n")
                for (number, result) in late {
                    let answer = Answer(.write(result.map { .taken($0) }))
                    let object = "{" + (["\"answers\": \(number)"] + answer.members).joined(separator: ", ") + "}"
                    Terminal.print((json ? object : "  record \(number), which waited: \(answer.words)") + "\n")
                }
                late = []
            }
        }

        /// What came of a record.
        private struct Answer {
            let words: String
            let members: [String]

            init(_ result: TreeSession.Replayed) {
                switch result {
                case .write(.failure(let refusal)):
                    words = "refused: \(refusal)"
                    members = [
                        "\"answer\": \"refused\"", "\"errno\": \(refusal.errno.rawValue)",
                        "\"reason\": \(JSONText.text(refusal.reason))",
                    ]
                case .write(.success(.waits)): (words, members) = ("waits", ["\"answer\": \"waits\""])
                case .noFile: (words, members) = ("there is no such file", ["\"answer\": \"no file\""])
                case .write(.success(.taken)), .done, .notOurs: (words, members) = ("done", ["\"answer\": \"done\""])
                }
            }
        }
    }

    /// Two journals beside each other.
    struct Diff: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "diff", abstract: "Say where two journals part, and how their machines differ.",
            discussion: """
                Compares what came, whenever it came, and then the trees of both machines at the journals' ends: of each file \
                that differs, the first line that does. The exit status is 0 where there is no difference, 1 where there is, \
                and 2 where one cannot be read.

                EXAMPLES:
                  hotmem journal diff yesterday.journal /mnt
                """)

        @Argument(
            help: "A journal, the directory that it is in, or where its machine is mounted.", completion: .file())
        var first: String

        @Argument(help: "Another.", completion: .file())
        var second: String

        func run() throws {
            let replays: [JournalReplay]
            do throws(Failure) {
                replays = [
                    try JournalReplay(try JournalFile(first).text()), try JournalReplay(try JournalFile(second).text()),
                ]
                for replay in replays { try replay.run() }
            } catch { throw Failure(line: error.line, status: 2) }
            var lines = inputs(replays[0].text.records, replays[1].text.records)
            let (one, other) = (replays[0].files, replays[1].files)
            for path in Set(one.keys).union(other.keys).sorted() where one[path] != other[path] {
                let (mine, theirs) = Self.firstDifference(one[path], other[path])
                lines += ["\(path):", "- \(mine)", "+ \(theirs)"]
            }
            Terminal.print(lines.map { $0 + "\n" }.joined())
            if !lines.isEmpty { throw ExitCode(1) }
        }

        /// The first input that is another, if one is.
        private func inputs(_ one: [JournalRecord], _ other: [JournalRecord]) -> [String] {
            func isKept(_ record: JournalRecord) -> Bool {
                switch record.entry {
                case .boot, .input, .snapshot, .reloaded: true
                case .connection, .polled, .reading: false
                }
            }
            let (one, other) = (one.filter(isKept), other.filter(isKept))
            for index in 0..<max(one.count, other.count) {
                let pair = [one, other].map { index < $0.count ? $0[index] : nil }
                if let mine = pair[0]?.entry, let theirs = pair[1]?.entry, mine.means(theirs) { continue }
                return ["the journals part:"]
                    + zip(["-", "+"], pair).map { "\($0) \($1.map { JournalReport(record: $0).text } ?? "(its end)")" }
            }
            return []
        }

        /// The first lines that differ of two texts that do.
        private static func firstDifference(_ one: String?, _ other: String?) -> (String, String) {
            let lines = [one, other].map { $0?.split(separator: "\n", omittingEmptySubsequences: false) }
            func line(_ lines: [Substring]?, _ index: Int) -> String {
                guard let lines else { return "(not there)" }
                return index < lines.count ? lines[index].prefix(200).debugDescription : "(its end)"
            }
            let shared = zip(lines[0] ?? [], lines[1] ?? []).prefix { $0 == $1 }.count
            return (line(lines[0], shared), line(lines[1], shared))
        }
    }

    /// A damaged journal's beginning.
    struct Cut: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "cut", abstract: "Cut a journal off after a record, to go on from there.",
            discussion: """
                For a journal with a damaged record: what follows it is lost to the machine. All of it is kept beside the \
                journal, with .whole after its name. A journal whose machine is mounted is not cut.

                EXAMPLES:
                  hotmem journal cut --after 41 /var/tmp/lab
                """)

        @Option(help: ArgumentHelp("The number of the last record that stays.", valueName: "number"))
        var after: UInt64

        @Argument(help: "A journal, or the directory that it is in.", completion: .file())
        var file: String

        func run() throws {
            let journal = try JournalFile(file)
            let text = try journal.text(upTo: after)
            guard text.records.last?.number == after else {
                let (first, last) = (text.records.first?.number ?? 0, text.records.last?.number ?? 0)
                throw Failure.usage("--after \(after): the records that can be read are \(first) to \(last)")
            }
            let whole = try journal.nameForWhole()
            try journal.cut(to: text.length, keeping: whole)
            Terminal.note("hotmem: \(journal.path) ends with record \(after); the whole is \(whole)\n")
        }
    }
}

extension JournalEntry {
    /// Whether two say the same, whichever request they came with.
    fileprivate func means(_ other: JournalEntry) -> Bool {
        switch (self, other) {
        case (.input(let mine, _), .input(let theirs, _)): mine == theirs
        case (.boot(let mine), .boot(let theirs)): mine.boots(sameAs: theirs)
        default: self == other
        }
    }
}
