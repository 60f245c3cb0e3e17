// SPDX-License-Identifier: Apache-2.0

import CLinux
import Glibc

/// What a short program said, and how it ended.
public struct ProgramOutput: Sendable {
    /// The lines of its standard output and error that were kept, as far as ``mostBytes``.
    public let text: String
    /// Its exit status, or 128 and the signal that ended it.
    public let status: Int32
    /// Whether it was ended because of what it said.
    public let wasStopped: Bool

    /// What becomes of a line.
    public enum Verdict: Sendable {
        /// It is part of the text.
        case keep
        /// It is not.
        case drop
        /// It is enough: the program is ended.
        case stop
    }

    /// As many bytes of text are kept, and of one line looked at: who says more is heard to the end, and no more.
    public static let mostBytes = 1 << 20

    /// Runs a program to its end; nil where there is none.
    ///
    /// - Parameters:
    ///   - words: its name, looked for in PATH, and its arguments.
    ///   - holder: a descriptor that it has, too.
    ///   - judge: says of each line, as it comes, what becomes of it.
    public init?(
        of words: [String], holding holder: Int32? = nil, judging judge: (ArraySlice<UInt8>) -> Verdict = { _ in .keep }
    ) {
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else { return nil }
        ends.forEach { _ = fcntl($0, F_SETFD, FD_CLOEXEC) }
        defer { close(ends[0]) }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO)
        posix_spawn_file_actions_adddup2(&actions, ends[1], STDERR_FILENO)
        // The same number: that it is closed with exec is taken from it.
        if let holder { posix_spawn_file_actions_adddup2(&actions, holder, holder) }
        var arguments = words.map { strdup($0) } + [nil]
        defer { arguments.forEach { free($0) } }
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        // A group of its own, which can be ended with all that it starts.
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK))
        var process = pid_t()
        let error = HeldSignals.during { before in
            var before = before
            posix_spawnattr_setsigmask(&attributes, &before)
            let error = posix_spawnp(&process, words[0], &actions, &attributes, &arguments, environ)
            if error == 0 { clinux_unfinished_work(process) }
            return error
        }
        close(ends[1])
        guard error == 0 else { return nil }
        var lines = Lines()
        wasStopped = !lines.read(ends[0], judge)
        if wasStopped { kill(-process, SIGKILL) }
        // It ends now, and then its number may be another's.
        clinux_unfinished_work(0)
        text = String(decoding: lines.kept, as: UTF8.self)
        var ended: Int32 = 0
        while waitpid(process, &ended, 0) < 0, errno == EINTR {}
        status = ended & 0x7f == 0 ? (ended >> 8) & 0xff : 128 + ended & 0x7f
    }

    /// Cuts what is read into lines.
    private struct Lines {
        var kept: [UInt8] = []
        private var line: [UInt8] = []

        /// Reads to the end; false where a line was enough.
        mutating func read(_ descriptor: Int32, _ judge: (ArraySlice<UInt8>) -> Verdict) -> Bool {
            var buffer = [UInt8](repeating: 0, count: 64 << 10)
            while true {
                let count = buffer.withUnsafeMutableBytes { Glibc.read(descriptor, $0.baseAddress, $0.count) }
                if count < 0, errno == EINTR { continue }
                guard count > 0 else { return line.isEmpty || end(judge) }
                var rest = buffer[..<count]
                while let newline = rest.firstIndex(of: UInt8(ascii: "\n")) {
                    add(rest[..<newline])
                    guard end(judge) else { return false }
                    rest = rest[(newline + 1)...]
                }
                add(rest)
            }
        }

        private mutating func add(_ part: ArraySlice<UInt8>) {
            line += part.prefix(max(0, ProgramOutput.mostBytes - line.count))
        }

        private mutating func end(_ judge: (ArraySlice<UInt8>) -> Verdict) -> Bool {
            defer { line.removeAll(keepingCapacity: line.count < 4096) }
            switch judge(line[...]) {
            case .keep:
                kept += (line + [UInt8(ascii: "\n")]).prefix(max(0, ProgramOutput.mostBytes - kept.count))
                return true
            case .drop: return true
            case .stop: return false
            }
        }
    }
}
