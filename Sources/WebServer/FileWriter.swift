// SPDX-License-Identifier: Apache-2.0

import CLinux
import Glibc

/// A process that writes a line to a file: a write that waits can be ended by a signal then, as a shell's can.
public enum FileWriter {
    /// The argument that makes a program a writer.
    public static let verb = "write-line"

    /// What the writer does, with the arguments after the verb: writes, and exits with 0 or an errno.
    public static func run(_ arguments: [String]) -> Never {
        guard arguments.count == 2 else { exit(EINVAL) }
        // Connections are not a writer's.
        clinux_close_from(3)
        do throws(MachineFileProblem) {
            try MachineFiles(root: "").write(arguments[1], to: arguments[0])
            exit(0)
        } catch {
            exit(error.errno)
        }
    }

    /// How it ended.
    enum End: Sendable, Equatable { case exited(Int32), killed }

    /// Starts one.
    ///
    /// - Parameters:
    ///   - program: a program that calls `run` for the verb.
    ///   - path: the file.
    /// - Returns: the process.
    static func start(_ program: String, line: String, path: String) throws(MachineFileProblem) -> pid_t {
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
        let error = posix_spawn(&process, program, nil, &attributes, &arguments, environ)
        guard error == 0 else { throw MachineFileProblem(file: program, errno: error) }
        return process
    }

    /// Waits until it has ended. It can be signalled until `reap` has been called.
    static func wait(for process: pid_t) {
        var info = siginfo_t()
        while waitid(P_PID, id_t(process), &info, WEXITED | WNOWAIT) < 0, errno == EINTR {}
    }

    /// How a process ended that has.
    static func reap(_ process: pid_t) -> End {
        var status: Int32 = 0
        while waitpid(process, &status, 0) < 0, errno == EINTR {}
        return status & 0x7f == 0 ? .exited((status >> 8) & 0xff) : .killed
    }
}
