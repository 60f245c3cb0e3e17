// SPDX-License-Identifier: Apache-2.0

import Glibc
import TestSupport

/// Another process, which reads a whole mounted tree when it is asked to (`tree-reader.py`).
final class TreeReader {
    private let process: Running
    private let requests: Int32
    private let answers: Int32
    private let limit: Int32 = 30
    private var asked = ""

    init(of root: String, in scratch: Scratch, name: String) throws {
        let ends = ["requests", "answers"].map { "\(scratch.path)/\(name).\($0)" }
        for end in ends {
            guard mkfifo(end, 0o600) == 0 else { throw ProgramError(description: "\(end): errno \(errno)") }
        }
        process = try scratch.program(
            ["python3", "-B", try Installation.shared.script("tree-reader.py"), root] + ends, limit: 600
        ).start()
        // For reading and writing, so that opening waits for nobody and no end is seen.
        (requests, answers) = (open(ends[0], O_RDWR | O_CLOEXEC), open(ends[1], O_RDWR | O_CLOEXEC))
    }

    /// Ends it.
    func end() {
        process.send(SIGKILL)
        _ = process.finish()
        [requests, answers].forEach { _ = close($0) }
    }

    /// The lines it answers a request with.
    func ask(_ words: String...) throws -> [String] { try ask(words) }

    /// The same.
    func ask(_ words: [String]) throws -> [String] {
        try send(words)
        return try answer()
    }

    /// Asks, and does not wait for the answer.
    func send(_ words: [String]) throws {
        asked = words.first ?? ""
        let request = Array((words.joined(separator: " ") + "\n").utf8)
        var sent = 0
        while sent < request.count {
            let count = request[sent...].withUnsafeBytes { write(requests, $0.baseAddress, $0.count) }
            guard count > 0 else { throw ProgramError(description: "\(asked) not sent: errno \(errno)") }
            sent += count
        }
    }

    /// The lines of the answer to what was sent.
    func answer() throws -> [String] {
        var answer: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while answer != [10], !answer.suffix(2).elementsEqual([10, 10]) {
            var ready = pollfd(fd: answers, events: Int16(POLLIN), revents: 0)
            guard poll(&ready, 1, limit * 1000) == 1 else {
                process.send(SIGKILL)
                throw ProgramError(description: "no answer to \(asked) from \(process.finish())")
            }
            let count = read(answers, &buffer, buffer.count)
            answer += buffer.prefix(max(0, count))
        }
        return answer.split(separator: 10).map { String(decoding: $0, as: UTF8.self) }
    }
}
