// SPDX-License-Identifier: Apache-2.0

import Glibc
import Synchronization

/// How large the terminal on standard output is, and what it can show.
struct TerminalSize {
    let columns: Int
    let rows: Int

    /// Of the terminal on standard output; nil where there is none, or one that does not know.
    static var current: TerminalSize? {
        var size = winsize()
        guard ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0, size.ws_row > 0 else { return nil }
        return TerminalSize(columns: Int(size.ws_col), rows: Int(size.ws_row))
    }

    /// The columns of the terminal, or those that COLUMNS in the environment says.
    static var columns: Int? { current?.columns ?? Int(environment("COLUMNS")).flatMap { $0 > 0 ? $0 : nil } }

    private static func environment(_ name: String) -> String { getenv(name).map { String(cString: $0) } ?? "" }

    /// Whether there is a terminal that can do more than show one line after the other.
    static var isCapable: Bool {
        isatty(STDIN_FILENO) == 1 && isatty(STDOUT_FILENO) == 1 && environment("TERM") != "dumb"
    }

    /// Whether colours are wanted where they can be shown.
    static var wantsColour: Bool {
        isatty(STDOUT_FILENO) == 1 && getenv("NO_COLOR") == nil && environment("TERM") != "dumb"
    }

    /// Whether the locale has more than ASCII.
    static var hasUnicode: Bool {
        let values = ["LC_ALL", "LC_CTYPE", "LANG"].lazy.map(environment)
        let locale = values.first { !$0.isEmpty } ?? ""
        return locale.uppercased().contains("UTF-8") || locale.uppercased().contains("UTF8")
    }
}

/// The whole screen of a terminal, with its keys, for as long as it is kept. What was there before comes back at the end, also
/// when a signal ends the process.
final class TerminalScreen {
    /// What somebody pressed.
    enum Key: Equatable {
        case up, down, left, right, first, last, enter, escape
        case character(Character)
    }

    /// The signal that is to end the process, once one came.
    private static let signal = Atomic<Int32>(0)
    private var saved = termios()
    private var pending: [UInt8] = []
    private var shown = ""

    /// Takes the screen.
    init() {
        tcgetattr(STDIN_FILENO, &saved)
        var raw = saved
        raw.c_lflag &= ~tcflag_t(ICANON | ECHO)
        // Who stops it would be left with its screen.
        withUnsafeMutableBytes(of: &raw.c_cc) { $0[Int(VSUSP)] = 0 }
        tcsetattr(STDIN_FILENO, TCSAFLUSH, &raw)
        for number in Background.deadly + [SIGUSR1, SIGWINCH] {
            var action = sigaction()
            action.__sigaction_handler.sa_handler = { number in
                if number != SIGWINCH { TerminalScreen.signal.store(number, ordering: .relaxed) }
            }
            sigaction(number, &action, nil)
        }
        Terminal.print("\u{1B}[?1049h\u{1B}[?25l")
    }

    /// Gives it back.
    func close() {
        Terminal.print("\u{1B}[?25h\u{1B}[?1049l")
        tcsetattr(STDIN_FILENO, TCSAFLUSH, &saved)
    }

    /// The signal that is to end the process; 0 for none.
    var endingSignal: Int32 { Self.signal.load(ordering: .relaxed) }

    /// Shows a text from the top, if it is another than before; lines that do not fit are left out.
    func show(_ text: String, rows: Int) {
        guard text != shown else { return }
        shown = text
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false).prefix(rows)
        Terminal.print("\u{1B}[H" + lines.map { $0 + "\u{1B}[K" }.joined(separator: "\r\n") + "\u{1B}[J")
    }

    /// The next key, or nil if none came in the time, in milliseconds, or the window has another size.
    func key(within milliseconds: Int32) -> Key? {
        if pending.isEmpty {
            var source = pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0)
            guard poll(&source, 1, milliseconds) > 0 else { return nil }
            var buffer = [UInt8](repeating: 0, count: 64)
            let count = read(STDIN_FILENO, &buffer, buffer.count)
            guard count > 0 else { return .character("q") }
            pending = Array(buffer[..<count])
        }
        return next()
    }

    private func next() -> Key? {
        let sequences: [([UInt8], Key)] = [
            ([0x1B, 0x5B, 0x41], .up), ([0x1B, 0x5B, 0x42], .down), ([0x1B, 0x5B, 0x43], .right),
            ([0x1B, 0x5B, 0x44], .left), ([0x1B, 0x4F, 0x41], .up), ([0x1B, 0x4F, 0x42], .down),
            ([0x1B, 0x4F, 0x43], .right), ([0x1B, 0x4F, 0x44], .left), ([0x1B, 0x5B, 0x48], .first),
            ([0x1B, 0x5B, 0x46], .last), ([0x0A], .enter), ([0x0D], .enter), ([0x7F], .escape),
        ]
        for (bytes, key) in sequences where pending.starts(with: bytes) {
            pending.removeFirst(bytes.count)
            return key
        }
        let first = pending.removeFirst()
        guard first == 0x1B else { return .character(Character(Unicode.Scalar(first))) }
        guard let second = pending.first, second == 0x5B || second == 0x4F else { return .escape }
        // Another sequence than those, up to its last byte.
        pending.removeFirst()
        let end = pending.firstIndex { (0x40...0x7E).contains($0) }
        pending.removeFirst(end.map { $0 + 1 } ?? pending.count)
        return nil
    }
}
