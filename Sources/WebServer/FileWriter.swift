// SPDX-License-Identifier: Apache-2.0

import CLinux
import Glibc

/// A process that writes a line to a file: a write that waits can be ended by a signal then, as a shell's can.
///
/// What it was refused with it says on standard output, as an errno in decimal: an exit status is too small for some. While that is
/// a pipe that somebody reads, it goes on; it ends with its reader, whatever becomes of that.
public enum FileWriter {
    /// The argument that makes a program a writer.
    public static let verb = "write-line"

    /// What the writer does, with the arguments after the verb, the file and the line: writes, and exits with 0 or 1.
    public static func run(_ arguments: [String]) -> Never {
        guard arguments.count == 2 else { refuse(EINVAL) }
        // Connections are not a writer's, and standard input is none.
        clinux_close_from(3)
        endWithReader()
        do throws(MachineFileProblem) {
            try MachineFiles(root: "").write(arguments[1], to: arguments[0])
            exit(0)
        } catch { refuse(error.errno) }
    }

    private static func refuse(_ errno: Int32) -> Never {
        print(errno)
        exit(1)
    }

    private static func endWithReader() {
        var thread = pthread_t()
        pthread_create(
            &thread, nil,
            { _ in
                var output = pollfd(fd: STDOUT_FILENO, events: 0, revents: 0)
                while poll(&output, 1, -1) < 0, errno == EINTR {}
                kill(getpid(), SIGTERM)
                return nil
            }, nil)
    }

    /// One that was started.
    struct Started: Sendable {
        /// The process; it can be signalled until ``FileWriter/reap(_:_:)`` was called.
        let process: pid_t
        /// Where its errno is read from.
        fileprivate let output: Int32
    }

    /// How one ended.
    enum End: Sendable, Equatable {
        case done
        case refused(errno: Int32)
        case killed
    }

    /// Starts one.
    ///
    /// - Parameters:
    ///   - program: a program that calls `run` for the verb.
    ///   - path: the file.
    /// - Throws: why it could not be started.
    static func start(_ program: String, line: String, path: String) throws(MachineFileProblem) -> Started {
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else { throw MachineFileProblem(file: program, errno: errno) }
        defer { close(ends[1]) }
        // Nobody else starts programs meanwhile.
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        // The server's is the socket that it listens at.
        posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO)
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        // The server ignores signals that it waits for in another way.
        var (all, none) = (sigset_t(), sigset_t())
        sigfillset(&all)
        sigemptyset(&none)
        posix_spawnattr_setsigdefault(&attributes, &all)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK))
        var arguments: [UnsafeMutablePointer<CChar>?] = []
        for argument in ["hotmem-web", verb, path, line] { arguments.append(strdup(argument)) }
        arguments.append(nil)
        defer { arguments.forEach { free($0) } }
        var process: pid_t = 0
        let error = posix_spawn(&process, program, &actions, &attributes, &arguments, environ)
        guard error == 0 else {
            close(ends[0])
            throw MachineFileProblem(file: program, errno: error)
        }
        return Started(process: process, output: ends[0])
    }

    /// Waits until one has ended; it is no process any more once ``reap(_:_:)`` was called.
    ///
    /// - Returns: what it said.
    static func output(of writer: Started) -> String {
        defer { close(writer.output) }
        var bytes = [UInt8](repeating: 0, count: 16)
        var length = 0
        while length < bytes.count {
            let count = bytes[length...].withUnsafeMutableBytes { read(writer.output, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { break }
            length += count
        }
        return String(decoding: bytes[..<length], as: UTF8.self)
    }

    /// Lets one go that nobody listens to any more; it ends with that.
    static func letGo(_ writer: Started) { close(writer.output) }

    /// How one ended that said something.
    static func reap(_ writer: Started, _ output: String) -> End {
        var status: Int32 = 0
        while waitpid(writer.process, &status, 0) < 0, errno == EINTR {}
        guard status & 0x7f == 0 else { return .killed }
        guard status != 0 else { return .done }
        return .refused(errno: output.split(separator: "\n").first.flatMap { Int32($0) } ?? EIO)
    }
}
