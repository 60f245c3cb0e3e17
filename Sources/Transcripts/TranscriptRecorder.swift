// SPDX-License-Identifier: Apache-2.0

import DequeModule
public import MemoryModel

/// Writes down what is asked of a tree and what it answers, as it happens. Not thread-safe.
///
/// A line stands where its operation had its effect: a file's text is made by the first read, so what is read of it later
/// is added to that line, and lines behind wait until nobody can read more of it. A write that waits is a line, and its answer
/// another. Uevents follow the operation that caused them.
public final class TranscriptRecorder {
    /// Takes the bytes of whole lines.
    private let sink: ([UInt8]) -> Void
    /// Lines in their order, from the first that may still grow.
    private var lines: Deque<Line> = []
    /// What is being read, by open file, and listed, by open directory.
    private var reading: [UInt64: Text] = [:]
    private var listing: [UInt64: Listing] = [:]
    /// What followed from the operation that is being done: uevents, and answers to writes that waited.
    private var uevents: [[String]] = []
    private var answers: [Line] = []
    /// Writes that wait, by the session's own number, and how many have.
    private var waiting: [AnyHashable: Int] = [:]
    private var waits = 0
    /// Whether it writes down what happens: what is asked before the recorded command starts is not its doing.
    public private(set) var isBegun = false

    private final class Line {
        var bytes: [UInt8]
        var isOpen: Bool

        init(_ bytes: [UInt8], isOpen: Bool = false) { (self.bytes, self.isOpen) = (bytes, isOpen) }
    }

    /// A file's text, as far as it was read.
    private struct Text {
        let line: Line
        let path: String
        let start: Int
        var bytes: [UInt8]
        var end: Int { start + bytes.count }
    }

    /// A directory's names, as far as they were read while nothing happened.
    private struct Listing {
        let line: Line
        let path: String
        var names: [String]
        /// What had happened when the first of them was read.
        let happened: Int
        /// Whether others were read before.
        var isRest = false
    }
    /// How often something happened that may have changed what is listed.
    private var happened = 0

    /// - Parameters:
    ///   - header: the first line, of a transcript that has an end.
    ///   - sink: takes the bytes of whole lines, the header's first.
    public init(header: String, sink: @escaping ([UInt8]) -> Void) {
        self.sink = sink
        sink(Array(header.utf8))
    }

    /// From now on what happens is written down.
    public func begin() { isBegun = true }

    // MARK: What is asked

    /// Somebody looked for a file that is not there.
    public func nothing(at path: String, _ errno: Errno?) { add("S", path, errno) }

    /// Somebody read a link.
    public func link(_ path: String, is target: String) {
        add("L", path, nil) { line in
            line += ",\"data\":".utf8
            JSON.append(target.utf8, to: &line)
        }
    }

    /// Somebody could not open a file.
    public func openFailed(_ path: String, reading: Bool, writing: Bool, _ errno: Errno?) {
        switch (reading, writing) {
        case (true, true): add("O", path, errno)
        case (_, false): add("R", path, errno) { $0 += ",\"at\":\"open\"".utf8 }
        case (false, true): add("N", Self.word(path) + " ", errno) { $0 += ",\"at\":\"open\"".utf8 }
        }
    }

    /// Somebody changed a file's permissions or owner, or could not.
    public func changed(_ path: String, permissions: UInt32?, user: UInt32?, group: UInt32?, _ errno: Errno?) {
        let text = Operation.change(path: path, permissions: permissions, user: user, group: group).description
        add(String(text.prefix(1)), String(text.dropFirst(2)), errno)
    }

    /// Somebody read from an open file.
    ///
    /// - Parameter isPart: whether there is more to read.
    public func read(
        _ handle: UInt64, _ path: String, at offset: Int, _ bytes: some Sequence<UInt8>, isPart: Bool
    ) {
        guard isBegun else { return }
        let bytes = Array(bytes)
        if var text = reading[handle], offset == text.end, offset > 0 {
            reading[handle] = nil
            text.bytes += bytes
            if isPart { reading[handle] = text } else { finish(text, isPart: false) }
            return emit()
        }
        close(handle)
        // The end of what was read before.
        if bytes.isEmpty, offset > 0 { return }
        let text = Text(line: open(), path: path, start: offset, bytes: bytes)
        if isPart { reading[handle] = text } else { finish(text, isPart: false) }
        emit()
    }

    /// Somebody could not read an open file.
    public func readFailed(_ handle: UInt64, _ path: String, _ errno: Errno?) {
        close(handle)
        add("R", path, errno)
    }

    /// Somebody closed a file.
    public func close(_ handle: UInt64) {
        guard let text = reading.removeValue(forKey: handle) else { return }
        finish(text, isPart: true)
        emit()
    }

    /// Somebody read names of an open directory.
    ///
    /// - Parameters:
    ///   - isFirst: whether from its start.
    ///   - isEnd: whether to its end.
    public func listed(_ handle: UInt64, _ path: String, _ names: [String], isFirst: Bool, isEnd: Bool) {
        guard isBegun else { return }
        if isFirst { closeDirectory(handle) }
        let known = listing.removeValue(forKey: handle)
        var listing = known ?? newListing(path)
        // The beginning was told already.
        if known == nil { listing.isRest = !isFirst }
        if listing.happened != happened {
            // What follows may be of the directory as it is now.
            finish(listing, isPart: true)
            listing = newListing(path)
            listing.isRest = true
        }
        listing.names += names.filter { $0 != "." && $0 != ".." }
        if isEnd { finish(listing, isPart: listing.isRest) } else { self.listing[handle] = listing }
        emit()
    }

    /// Somebody could not list a directory.
    public func listFailed(_ handle: UInt64, _ path: String, _ errno: Errno?) {
        closeDirectory(handle)
        add("D", path, errno)
    }

    /// Somebody closed a directory.
    public func closeDirectory(_ handle: UInt64) {
        guard let listing = listing.removeValue(forKey: handle) else { return }
        finish(listing, isPart: true)
        emit()
    }

    // MARK: What is done

    /// What a write came to.
    public enum Written {
        /// So many bytes were taken.
        case taken(Int)
        /// It waits, under a name of the caller's.
        case waits(AnyHashable)
        /// It was refused.
        case refused(Errno)
    }

    /// Somebody is going to write: what comes of it follows.
    public func willWrite() { flush() }

    /// Somebody wrote to a file.
    public func wrote(_ path: String, _ data: some Collection<UInt8>, _ written: Written) {
        guard isBegun else { return }
        happened += 1
        let hasNewline = Array(data.suffix(1)) == [UInt8(ascii: "\n")]
        var line = Array("{\"op\":".utf8)
        let head = (hasNewline ? "W " : "N ") + Self.word(path) + " "
        JSON.append(Array(head.utf8) + data.dropLast(hasNewline ? 1 : 0), to: &line)
        switch written {
        case .taken(let count): line += ",\"errno\":0,\"ret\":\(count)}\n".utf8
        case .refused(let errno): line += ",\"errno\":\(errno.rawValue),\"ret\":-1}\n".utf8
        case .waits(let name):
            waits += 1
            waiting[name] = waits
            line += ",\"waits\":\(waits)}\n".utf8
        }
        lines.append(Line(line))
        flush()
    }

    /// A write that waited is answered.
    public func answered(_ name: AnyHashable, _ result: Result<Int, Refusal>) {
        guard let number = waiting.removeValue(forKey: name) else { return }
        let answer =
            switch result {
            case .success(let count): "\"errno\":0,\"ret\":\(count)"
            case .failure(let refusal): "\"errno\":\(refusal.errno.rawValue),\"ret\":-1"
            }
        answers.append(Line(Array("{\"op\":\"A \(number)\",\(answer)}\n".utf8)))
    }

    /// A signal comes to who made a write that waits.
    public func interrupted(_ name: AnyHashable) {
        guard let number = waiting[name] else { return }
        happened += 1
        flush()
        lines.append(Line(Array("{\"op\":\"I \(number)\"}\n".utf8)))
    }

    /// Time passes.
    public func passed(milliseconds: UInt64) {
        guard isBegun else { return }
        happened += 1
        flush()
        var left = milliseconds
        while left > 0 {
            let part = min(left, UInt64(Operation.longestWait))
            lines.append(Line(Array("{\"op\":\"T \(part)\"}\n".utf8)))
            left -= part
        }
    }

    /// A command was done: its uevents are sent.
    public func done(_ outcome: Outcome) {
        guard isBegun else { return }
        uevents += UeventWords.all(in: outcome)
    }

    /// The end: all that is left is written.
    public func end() {
        closeAll()
        flush()
        sink(Array(Transcript.end.utf8))
    }

    private func closeAll() {
        for text in reading.values.sorted(by: { $0.start < $1.start }) { finish(text, isPart: true) }
        for directory in listing.values { finish(directory, isPart: true) }
        (reading, listing) = ([:], [:])
    }

    // MARK: Lines

    private func add(
        _ verb: String, _ rest: String, _ errno: Errno?, _ more: (inout [UInt8]) -> Void = { _ in }
    ) {
        guard isBegun else { return }
        flush()
        var line = Self.head(verb, rest)
        line += ",\"errno\":\(errno?.rawValue ?? 0)".utf8
        more(&line)
        line += "}\n".utf8
        lines.append(Line(line))
        emit()
    }

    private static func head(_ verb: String, _ rest: String) -> [UInt8] {
        var line = Array("{\"op\":".utf8)
        JSON.append("\(verb) \(rest)".utf8, to: &line)
        return line
    }

    private static func word(_ path: String) -> String { path.replacing(" ", with: "\\040") }

    private func open() -> Line {
        flush()
        let line = Line([], isOpen: true)
        lines.append(line)
        return line
    }

    private func newListing(_ path: String) -> Listing {
        Listing(line: open(), path: path, names: [], happened: happened)
    }

    private func finish(_ text: Text, isPart: Bool) {
        var line = Self.head("R", text.path)
        line += ",\"errno\":0,\"data\":".utf8
        JSON.append(text.bytes, to: &line)
        if text.start > 0 { line += ",\"from\":\(text.start)".utf8 }
        if isPart { line += ",\"more\":true".utf8 }
        text.line.bytes = line + Array("}\n".utf8)
        text.line.isOpen = false
    }

    private func finish(_ listing: Listing, isPart: Bool) {
        listing.line.isOpen = false
        // Of nothing there is nothing to say; its line stays empty.
        if isPart, listing.names.isEmpty { return }
        var line = Self.head("D", listing.path)
        line += ",\"errno\":0,\"names\":[".utf8
        for (index, name) in listing.names.naturallySorted.enumerated() {
            if index > 0 { line.append(UInt8(ascii: ",")) }
            JSON.append(name.utf8, to: &line)
        }
        line.append(UInt8(ascii: "]"))
        if isPart { line += ",\"more\":true".utf8 }
        listing.line.bytes = line + Array("}\n".utf8)
    }

    /// What followed from the last operation comes after it: uevents before answers, as they are told.
    private func flush() {
        if !uevents.isEmpty {
            let list = JSON.list(uevents.map { .list($0.map { .text($0) }) })
            lines.append(Line(Array("{\"op\":\"U\",\"uevents\":\(list)}\n".utf8)))
        }
        lines += answers
        (uevents, answers) = ([], [])
        emit()
    }

    /// How many lines wait for one that is open.
    private static let mostWaiting = 4096

    private func emit() {
        if lines.count > Self.mostWaiting, lines.first?.isOpen == true {
            // Somebody has read half of something, and may never go on: what he reads later is told apart.
            closeAll()
        }
        while let line = lines.first, !line.isOpen {
            lines.removeFirst()
            sink(line.bytes)
        }
    }
}
