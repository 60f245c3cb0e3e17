// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Glibc
import MemoryModel
import Picture
import SysfsTree
import TreeServer

/// `hotmem explain`: why memory is as it is, and what would have to happen.
struct ExplainCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "explain", abstract: "Tell why a block cannot go offline, or what keeps a zone or a node.",
        discussion: """
            Of a block it tells whose pages are in it and of what kind, what keeps them, where those that can move would \
            go, what would come of writing to its state, and what would have to happen first; that is tried on a copy of \
            the machine, so nothing is changed. Without a subject it tells of the latest write that was refused, with \
            the kernel's reason.

            Without --machine it asks the machine that runs: below / inside hotmem run, or below --root. It does so \
            with a control file, which scripts can use themselves:

              echo 'block block=40' > /sys/kernel/debug/hotmem/explain && cat /sys/kernel/debug/hotmem/explain

            What the kernel refuses by itself, as the opening of a file whose mode forbids it, no machine hears of: the \
            latest refusal is of a write that reached it.

            The exit status is 0 if the block can go offline or, where it is offline, come online, or if all blocks of the \
            zone or node can be emptied; 1 if not. Without a subject it is 0 if nothing was refused, and 1 if something was. \
            It is 2 if that cannot be told.

            EXAMPLES:
              hotmem explain                      the latest refusal, in words
              hotmem explain memory40             a block
              hotmem explain memory40 --pages     the pages in it
              hotmem explain zone node0 Movable   a zone of a node
              hotmem explain node 1 --json        a node
              hotmem explain memory39 --machine two-nodes
            """)

    @Argument(
        help: ArgumentHelp(
            "memoryN, zone nodeN NAME, or node N; nothing for the latest refusal.", valueName: "subject"))
    var words: [String] = []

    @Flag(help: "The pages of the block, in runs of those that are alike.")
    var pages = false

    @OptionGroup var asked: AskedMachine

    @Flag(
        help:
            "As JSON: one object with subject, what was found by what it is about, and result; the event of the latest refusal."
    )
    var json = false

    func validate() throws {
        if words.isEmpty, asked.machine != nil {
            throw ValidationError("a machine that does not run has refused nothing; say what is to be explained")
        }
        if pages, words.isEmpty { throw ValidationError("--pages is for a block; say which, as in memory40") }
    }

    func run() throws {
        do { try explain() } catch let failure as Failure { throw failure.withoutAnswer }
    }

    private func explain() throws {
        guard let subject = try subject() else { return try explainRefusal() }
        let explanation = try answer(about: subject)
        Terminal.print(json ? explanation.json : explanation.text(root: asked.root ?? ""), orEndWith: 2)
        if ["refused", "waits", "kept"].contains(explanation.result) { throw ExitCode(1) }
    }

    /// What the words name; nil for none.
    private func subject() throws(Failure) -> Explanation.Subject? {
        // A path is as good as the name at its end.
        let words = words.map { word in
            word.contains("/") ? word.split(separator: "/").last.map(String.init) ?? word : word
        }
        guard let first = words.first else { return nil }
        let rest = Array(words.dropFirst())
        func number(_ text: String, after word: String) -> Int? {
            let digits = text.hasPrefix(word) ? text.dropFirst(word.count) : text[...]
            return digits.allSatisfy { $0.isASCII && $0.isNumber } ? Int(digits) : nil
        }
        if pages, first.hasPrefix("node") || first == "zone" {
            throw Failure.usage("--pages is for a block, as in hotmem explain memory40 --pages")
        }
        if first == "zone", rest.count == 2, let node = number(rest[0], after: "node"),
            let kind = ZoneKind.allCases.first(where: { $0.name.lowercased() == rest[1].lowercased() })
        {
            return .zone(node: node, name: kind.name)
        }
        if first == "node", rest.count == 1, let node = number(rest[0], after: "node") { return .node(node) }
        if rest.isEmpty, first.hasPrefix("node"), let node = number(first, after: "node") { return .node(node) }
        let block = first == "memory" || first == "block" ? rest.first : rest.isEmpty ? first : nil
        if let block, rest.count <= 1, let number = number(block, after: "memory") {
            return pages ? .pages(number) : .block(number)
        }
        throw Failure.usage(
            "\(self.words.joined(separator: " ")): not a subject; there are memory40, node 1, and zone node0 with one of "
                + ZoneKind.allCases.map(\.name).joined(separator: ", "))
    }

    private func answer(about subject: Explanation.Subject) throws(Failure) -> Explanation {
        if let machine = try asked.booted() {
            let text = Question(subject).map(machine.explanationText) ?? ""
            guard let explanation = Explanation(text, about: subject) else { throw Self.absent(subject, "the machine") }
            return explanation
        }
        guard let explanation = try asked.control("explain").explanation(of: subject) else {
            throw Self.absent(subject, "the machine below \(asked.directory)")
        }
        return explanation
    }

    private static func absent(_ subject: Explanation.Subject, _ machine: String) -> Failure {
        .usage("\(subject.name): \(machine) has no such memory; hotmem map shows what it has")
    }

    // MARK: The latest refusal

    private func explainRefusal() throws {
        let control = try ControlFile(root: asked.directory, name: "events", hasOthers: false)
        var latest: EventRecord?
        try control.readLines(follow: false) { line in
            if let event = EventRecord(line: line), event.kind == .refused, !Self.isQuestion(event) { latest = event }
        }
        guard let latest else {
            Terminal.print(
                json ? "{\n  \"result\": \"nothing was refused\"\n}\n" : "Nothing was refused.\n", orEndWith: 2)
            return
        }
        guard !json else {
            Terminal.print(EventReport.json(latest) + "\n", orEndWith: 2)
            throw ExitCode(1)
        }
        let values = Dictionary(latest.values.map { ($0.key, $0.value.description) }, uniquingKeysWith: { $1 })
        let errno = values["errno"].flatMap { Int32($0) } ?? 0
        var text = "\(EventReport.clock(latest.time)): "
        if let file = values["file"] {
            let written = (values["text"] ?? "").split(whereSeparator: \.isNewline).joined(separator: " ")
            text += "writing \"\(written)\" to \(file) was refused"
        } else {
            text += "part of what a write asked for was refused"
        }
        text += " with errno \(errno) (\(String(cString: strerror(errno)))): \(values["reason"] ?? "")\n"
        Terminal.print(text, orEndWith: 2)
        if let file = values["file"], let subject = Self.block(inPath: file),
            let explanation = try? answer(about: subject)
        {
            Terminal.print("\nAs it is now: " + explanation.text(root: asked.root ?? ""), orEndWith: 2)
        }
        throw ExitCode(1)
    }

    /// Whether what was refused was a question, as this command asks them, and would have changed nothing.
    private static func isQuestion(_ event: EventRecord) -> Bool {
        ["explain", "plan"].contains { name in
            event.values.contains { $0.key == "file" && $0.value.description == "/sys/kernel/debug/hotmem/\(name)" }
        }
    }

    /// The block whose file a path is.
    private static func block(inPath path: String) -> Explanation.Subject? {
        path.split(separator: "/").lazy.filter { $0.hasPrefix("memory") }
            .compactMap { Int($0.dropFirst("memory".count)) }.first.map { .block($0) }
    }
}

extension Question {
    /// The question a subject is; nil for a number that no block has.
    fileprivate init?(_ subject: Explanation.Subject) {
        switch subject {
        case .block(let number), .pages(let number):
            guard let number = UInt32(exactly: number) else { return nil }
            if case .pages = subject { self = .pages(BlockID(number)) } else { self = .block(BlockID(number)) }
        case .zone(let node, let name):
            guard let kind = ZoneKind.allCases.first(where: { $0.name == name }) else { return nil }
            self = .zone(NodeID(node), kind)
        case .node(let number): self = .node(NodeID(number))
        }
    }
}
