// SPDX-License-Identifier: Apache-2.0

import CLinux
import Glibc
import Logging
import Synchronization

/// Why a command of hotmem's ends: one line that says what was wrong and what to do, and an exit status.
struct Failure: Error {
    let line: String
    let status: Int32

    /// Something could not be done: 1.
    static func failed(_ line: String) -> Failure { Failure(line: line, status: 1) }
    /// Something was asked for that cannot be: 2.
    static func usage(_ line: String) -> Failure { Failure(line: line, status: 2) }

    /// The same with 2, of a command of which 1 is an answer.
    var withoutAnswer: Failure { .usage(line) }

    /// What there is where nothing of that can be had.
    static let withoutMount = "; where nothing can be mounted, hotmem export writes the tree as plain files"

    /// Says so and ends the process.
    func end() -> Never {
        Terminal.complain(line)
        exit(status)
    }
}

/// Standard output and error, without Foundation.
enum Terminal {
    /// A line of hotmem's own: on standard error, or wherever lines go by now.
    static func complain(_ line: String, _ level: Logger.Level = .error) {
        switch LogDestination.current.load(ordering: .relaxed) {
        case .standardError: write("hotmem: \(line)\n", to: STDERR_FILENO)
        case .journal: write("<\(level.priority)>\(line)\n", to: STDERR_FILENO)
        case .systemLog: level.sendToSystemLog(line)
        }
    }

    /// Text on standard output. Where nobody takes it, there is nothing more to do: it ends the process.
    ///
    /// - Parameter status: what it ends with then, for commands of which 1 says something else.
    static func print(_ text: String, orEndWith status: Int32 = 1) {
        let error = tryToPrint(text)
        if error != 0 { endUnheard(error, status: status) }
    }

    /// Text on standard output; 0, or the errno it was refused with.
    static func tryToPrint(_ text: String) -> Int32 { write(text, to: STDOUT_FILENO) }

    /// Ends the process where standard output was refused with an errno.
    static func endUnheard(_ error: Int32, status: Int32) -> Never {
        // A reader that has gone knows that it has.
        if error != EPIPE { complain("standard output: \(String(cString: strerror(error)))") }
        exit(status)
    }

    /// Waits so many milliseconds; true as soon as nobody would read standard output any more.
    static func isUnread(within milliseconds: Int32) -> Bool {
        var output = pollfd(fd: STDOUT_FILENO, events: 0, revents: 0)
        return poll(&output, 1, milliseconds) > 0
    }

    /// Text of hotmem's own on standard error, as it is.
    static func note(_ text: String) { write(text, to: STDERR_FILENO) }

    /// Writes all of a text; 0, or an errno.
    @discardableResult
    private static func write(_ text: String, to descriptor: Int32) -> Int32 {
        let bytes = Array(text.utf8)
        return clinux_write_all(descriptor, bytes, UInt(bytes.count))
    }
}
