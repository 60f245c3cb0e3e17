// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Glibc
import MemoryModel
import Sandbox
import TreeServer
import Uevents

/// `hotmem run`: a command in a private world where the tree lies over the real paths.
struct RunCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run",
        abstract: "Run a command on a simulated machine, at the real paths.",
        discussion: """
            The command sees the machine at /sys/devices/system/memory and its like, with uevents in a network
            namespace of its own; what it writes there reaches the simulated machine only. Its exit status is the
            command's. Where any part of the world cannot be made, the command is not started.

            EXAMPLES:
              hotmem run -- lsmem
              hotmem run -- sh -c 'echo 0x140000000 > /sys/devices/system/memory/probe && lsmem -a'
              hotmem run --machine two-nodes --cmdline movable_node -- ./my-script.sh
            """)

    @OptionGroup var options: MachineOptions

    @Flag(name: .shortAndLong, help: "Say every refusal, every uevent and what boot complained of on standard error.")
    var verbose = false

    /// For tests: the step in making the world that is to fail.
    @Option(help: .hidden)
    var failAt: String?

    @Argument(
        parsing: .captureForPassthrough, help: "The command and its arguments, after -- if it begins with a dash.")
    var command: [String] = []

    func run() throws {
        let command = try commandWords()
        World.blockSignals()
        let machine = try options.boot(verbose: verbose)
        var layout = WorldLayout.configuration(command: command, machine: machine)
        layout.failAt = try stepToFail()
        let world: World
        do throws(WorldError) { world = try World.start(layout) } catch { throw Failure(error) }
        let socket = UeventSocket(descriptor: world.ueventSocket)
        let server: MachineServer
        do throws(ServerError) {
            server = try MachineServer(
                machine: machine, owner: (0, 0), options: [], logger: StandardErrorLog.logger(verbose: verbose),
                announce: { socket.send($0) })
            try server.mount(at: "/dev/fd/\(world.fuseDescriptor)")
        } catch { throw Failure.failed(error.reason) }
        Background.onThread {
            let error = server.serve()
            guard error != 0 else { return }
            // Whoever waits for an answer would wait for ever; with this process, the world ends.
            Failure.failed("the tree can no longer be served: \(String(cString: strerror(error)))").end()
        }
        do throws(WorldError) {
            for note in try world.finish() { Terminal.complain(note) }
        } catch { throw Failure(error) }
        Self.end(as: world.wait())
    }

    private func stepToFail() throws(Failure) -> WorldStep? {
        guard let failAt else { return nil }
        guard let step = WorldStep(rawValue: failAt) else {
            let steps = WorldStep.allCases.map(\.rawValue).joined(separator: ", ")
            throw Failure.usage("--fail-at \(failAt): no such step; the steps are \(steps)")
        }
        return step
    }

    /// Ends as the command did: with its exit status, or by the signal that ended it.
    private static func end(as status: ExitStatus) -> Never {
        switch status {
        case .exited(let code): Glibc.exit(code)
        case .signalled(let number):
            var none = rlimit(rlim_cur: 0, rlim_max: 0)
            setrlimit(__rlimit_resource_t(RLIMIT_CORE.rawValue), &none)
            signal(number, SIG_DFL)
            var unblocked = sigset_t()
            sigemptyset(&unblocked)
            sigaddset(&unblocked, number)
            kill(getpid(), number)
            pthread_sigmask(SIG_UNBLOCK, &unblocked, nil)
            Glibc.exit(128 + number)
        }
    }

    /// The command without the `--` before it.
    private func commandWords() throws -> [String] {
        guard let first = command.first else {
            throw Failure.usage("no command to run; for example: hotmem run -- lsmem")
        }
        if first == "--help" || first == "-h" { throw CleanExit.helpRequest(self) }
        if first == "--version" { throw CleanExit.message(Hotmem.version) }
        guard first == "--" || !first.hasPrefix("-") else {
            throw Failure.usage("unknown option \(first) (see hotmem run --help)")
        }
        let words = first == "--" ? Array(command.dropFirst()) : command
        guard !words.isEmpty, !words[0].isEmpty else {
            throw Failure.usage("no command to run; for example: hotmem run -- lsmem")
        }
        return words
    }
}

extension Failure {
    /// Why the world was not made, or its command not started.
    init(_ error: WorldError) {
        line = error.description
        status = error.commandExitCode ?? 1
    }
}
