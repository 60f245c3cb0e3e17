// SPDX-License-Identifier: Apache-2.0

/// What was answered, operation by operation: by a live kernel, or by hotmem.
public struct Transcript: Sendable {
    /// What it is called: its file's name without the ending.
    public let name: String
    /// The machine file's name, without the ending; or a preset.
    public let machine: String
    /// The kernel's command line, after the machine file's own.
    public let commandLine: String
    /// The kernel that answered.
    public let kernel: String
    /// The machine file's text, where its name is not enough.
    public var machineFile: String?
    /// Whether the uevents are all, each where it was sent, and not only those of memory, nodes and memory devices.
    public var hasAllUevents = false
    /// Whether a last line says that nothing follows, so that a file that was cut short is known from one that is whole.
    public var hasEnd = false
    /// What was done.
    public let steps: [Step]

    /// An operation and its answer.
    public struct Step: Sendable {
        /// The line, counted from 1; 0 if it is of no file.
        public var line: Int
        /// What was done.
        public var operation: Operation
        /// What was answered.
        public var answer: [String: JSON]

        /// Makes one.
        public init(line: Int = 0, _ operation: Operation, answer: [String: JSON] = [:]) {
            (self.line, self.operation, self.answer) = (line, operation, answer)
        }
    }

    /// Makes one.
    public init(
        name: String, machine: String, commandLine: String, kernel: String, machineFile: String? = nil,
        hasAllUevents: Bool = false, hasEnd: Bool = false, steps: [Step]
    ) {
        (self.name, self.machine, self.commandLine) = (name, machine, commandLine)
        (self.kernel, self.machineFile) = (kernel, machineFile)
        (self.hasAllUevents, self.hasEnd) = (hasAllUevents, hasEnd)
        self.steps = steps
    }

    /// Reads a file.
    public init(path: String) throws(TextError) {
        try self.init(parsing: try Files.text(path), file: path)
    }

    /// Parses a transcript.
    ///
    /// - Parameters:
    ///   - text: all of it.
    ///   - file: what errors call it.
    public init(parsing text: String, file: String) throws(TextError) {
        func wrong(_ line: Int, _ reason: String) -> TextError { TextError(file: file, line: line, reason: reason) }
        // A line's end may have become that of another system.
        var lines = text.unicodeScalars.split(separator: "\n", omittingEmptySubsequences: false)
            .map { Substring($0.last == "\r" ? $0.dropLast() : $0) }
        guard lines.popLast() == "", let first = lines.first else {
            throw wrong(max(lines.count + 1, 1), text.isEmpty ? "empty" : "ends within a line; was the file cut short?")
        }
        let header = try Self.members(first, file, 1)
        name = header["scenario"]?.string ?? String(file.split(separator: "/").last ?? "").withoutEnding
        guard let machine = header["machine"]?.string, let commandLine = header["cmdline"]?.string else {
            throw wrong(1, "the first line of a transcript says \"machine\" and \"cmdline\"")
        }
        (self.machine, self.commandLine, kernel) = (machine, commandLine, header["kernel"]?.string ?? "")
        machineFile = header["machine_file"]?.string
        hasAllUevents = header["uevents"]?.string == "all"
        hasEnd = header["ends"] == .flag(true)
        if hasEnd {
            guard let last = lines.popLast(), JSON.members(of: last) == ["end": .flag(true)] else {
                throw wrong(lines.count + 1, "the last line is not {\"end\":true}; was the file cut short?")
            }
        }
        var steps: [Step] = []
        for (index, line) in lines.enumerated().dropFirst() {
            var answer = try Self.members(line, file, index + 1)
            guard let text = answer.removeValue(forKey: "op")?.string else {
                throw wrong(index + 1, "a line of a transcript says which operation (\"op\") it answers")
            }
            let operation: Operation
            do { operation = try Operation(text) } catch { throw wrong(index + 1, error.description) }
            for key in ["errno", "ret", "waits"] {
                guard let value = answer[key] else { continue }
                guard case .number = value else {
                    throw wrong(index + 1, "\(text.debugDescription): \"\(key)\" is a number, and not \(value)")
                }
            }
            let needed = operation.answers
            for key in needed.all where answer[key] == nil {
                throw wrong(index + 1, "\(text.debugDescription): no \"\(key)\" in the answer")
            }
            guard needed.one.isEmpty || needed.one.contains(where: { answer[$0] != nil }) else {
                throw wrong(index + 1, "\(text.debugDescription): no \"\(needed.one[0])\" in the answer")
            }
            steps.append(Step(line: index + 1, operation, answer: answer))
        }
        // A session may have met nothing of the machine; of a kernel nobody asks nothing.
        guard !steps.isEmpty || hasAllUevents else {
            throw wrong(1, "no operations follow; was the file cut short?")
        }
        self.steps = steps
    }

    private static func members(_ line: Substring, _ file: String, _ number: Int) throws(TextError) -> [String: JSON] {
        guard let members = JSON.members(of: line) else {
            throw TextError(
                file: file, line: number,
                reason: "not a JSON object, of text and whole numbers: \(String(line.prefix(60)).debugDescription)")
        }
        return members
    }

    /// The first line of its file.
    public var header: String {
        let texts = [
            ("scenario", name), ("machine", machine), ("cmdline", commandLine), ("kernel", kernel),
            ("uevents", hasAllUevents ? "all" : nil), ("machine_file", machineFile),
        ]
        let members = texts.compactMap { key, value in value.map { "\(JSON.quoted(key)):\(JSON.quoted($0))" } }
        return "{" + members.joined(separator: ",") + (hasEnd ? ",\"ends\":true" : "") + "}\n"
    }

    /// The last line of a file that has one.
    static let end = "{\"end\":true}\n"

    /// The transcript as its file has it.
    public var text: String { steps.reduce(into: header) { $0 += $1.text + "\n" } + (hasEnd ? Self.end : "") }
}

extension Transcript.Step {
    /// Members in the order that they are looked for in, the rest behind.
    private static let order = ["waits", "errno", "at", "ret", "data", "names", "uevents", "blocks", "zones", "nodes"]

    /// The line of a transcript.
    var text: String {
        let rest = answer.keys.filter { !Self.order.contains($0) }.sorted()
        let members = (Self.order + rest).compactMap { key in answer[key].map { "\(JSON.quoted(key)):\($0)" } }
        return "{" + (["\"op\":\(JSON.quoted(operation.description))"] + members).joined(separator: ",") + "}"
    }
}

extension String {
    /// A file's name without what begins at its last dot.
    public var withoutEnding: String {
        lastIndex(of: ".").map { String(self[..<$0]) } ?? self
    }
}
