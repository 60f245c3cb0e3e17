// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Glibc
import Service
import Uevents

/// Starts a program per uevent, in the world of `hotmem run --helper`; no command for people.
struct UeventHelperCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "start-uevent-helpers",
        abstract: "Start a program per uevent of this network namespace, as the kernel's uevent_helper does.",
        shouldDisplay: false)

    /// The kernel starts them all at once, which has brought machines down; so many wait for each other here at most.
    private static let atOnce = 1024

    @Argument(help: "The program's path.")
    var program: String

    func run() throws {
        guard let listener = UeventListener() else {
            throw Failure.failed("cannot listen to uevents: \(String(cString: strerror(errno)))")
        }
        if let socket = getenv("NOTIFY_SOCKET") { ServiceManager(socket: String(cString: socket))?.tell(.ready) }
        var running = 0
        while true {
            switch listener.next() {
            case .uevent(let variables):
                while running > 0, waitpid(-1, nil, running < Self.atOnce ? WNOHANG : 0) > 0 { running -= 1 }
                if start(variables) { running += 1 }
            case .lost: Terminal.complain("uevents came faster than \(program) could be started; some are lost")
            case .failed(let errno): throw Failure.failed("no more uevents: \(String(cString: strerror(errno)))")
            }
        }
    }

    /// Starts it as the kernel does (kobject_uevent_env, init_uevent_argv).
    private func start(_ variables: [String]) -> Bool {
        let subsystem = variables.first { $0.hasPrefix("SUBSYSTEM=") }?.dropFirst("SUBSYSTEM=".count) ?? ""
        let environment = variables + ["HOME=/", "PATH=/sbin:/bin:/usr/sbin:/usr/bin"]
        var arguments = [strdup(program), strdup(String(subsystem)), nil]
        var words = environment.map { strdup($0) } + [nil]
        defer { (arguments + words).forEach { free($0) } }
        // SIGPIPE is ignored in this process; in the program nothing is, as in one that the kernel starts.
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var all = sigset_t()
        sigfillset(&all)
        posix_spawnattr_setsigdefault(&attributes, &all)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGDEF))
        var process = pid_t()
        let error = posix_spawn(&process, program, nil, &attributes, &arguments, &words)
        if error != 0 { Terminal.complain("\(program): \(String(cString: strerror(error)))") }
        return error == 0
    }
}
