// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import FuseBridge
import Glibc
import Logging
import MemoryModel
import Sandbox
import Service
import Synchronization
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

            UDEV:
            With --udev the system's own systemd-udevd runs in the world, with the given rules and a /run/udev of its
            own (where the host has none, all of /run is the world's); udevadm settle, monitor, info, trigger and test work there. The simulated machine's devices are then
            the only ones: /sys/class is empty, and for root what is left of the host's /sys is read-only, as are /dev and
            /proc/sys. Problems with rules are said on standard error. Rules can be added while it runs, in
            /run/udev/rules.d, with udevadm control --reload. It ends with the command: let that end with udevadm settle.

            EXAMPLES:
              hotmem run -- lsmem
              hotmem run -- sh -c 'echo 0x140000000 > /sys/devices/system/memory/probe && lsmem -a'
              hotmem run --machine two-nodes --cmdline movable_node -- ./my-script.sh
              hotmem run --udev --rules 99-memory.rules -- ./exercise.sh
            """)

    @OptionGroup var options: MachineOptions

    @Option(
        name: .customShort("o"),
        help: ArgumentHelp("cached: the kernel keeps what files say, too (see hotmem mount).", valueName: "options"))
    var mountOptions: [String] = []

    @OptionGroup(title: "Uevents") var listeners: ListenerOptions

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
        let caching = try chosenCaching()
        // udevadm may be asked about the rules, which a signal may end.
        let udev = try listeners.readUdev()
        let helper = try listeners.makeHelperService()
        World.blockSignals()
        // After that, for the command gets what the caller had: who stops reading our lines is not to end the world.
        signal(SIGPIPE, SIG_IGN)
        // Before there is much that it would have a copy of.
        let messenger = Messenger()
        let machine = try options.boot(verbose: verbose)
        var layout = WorldLayout.configuration(command: command, machine: machine, hidesOthers: udev != nil)
        udev?.join(&layout)
        layout.services += helper.map { [$0] } ?? []
        layout.failAt = try stepToFail()
        let world: World
        do throws(WorldError) { world = try World.start(layout) } catch { throw Failure(error) }
        let socket = UeventSocket(descriptor: world.ueventSocket)
        let server: MachineServer
        do throws(ServerError) {
            server = try MachineServer(
                machine: machine, owner: (0, 0), options: [], caching: caching,
                logger: LineLog.logger(verbose: verbose), messenger: messenger,
                listeners: ListenerTable(descriptor: world.netlinkTable),
                announce: {
                    Self.sent.wrappingAdd(1, ordering: .relaxed)
                    return socket.send($0)
                })
            try server.mount(at: "/dev/fd/\(world.fuseDescriptor)")
        } catch { throw Failure.failed(error.reason) }
        // The world's init has what it needs of them, and only sends here what was made with them; threads come next.
        do throws(PrivilegesError) {
            let note = try Privileges(toSendOn: world.ueventSocket).keepOnlyThese()
            if let note, verbose { Terminal.complain(note, .warning) }
        } catch { throw Failure.failed(error.description) }
        Background.onThread {
            let error = server.serve()
            guard error != 0 else { return }
            // Whoever waits for an answer would wait for ever; with this process, the world ends.
            Failure.failed("the tree can no longer be served: \(String(cString: strerror(error)))").end()
        }
        do throws(WorldError) {
            for note in try world.finish() { Terminal.complain(note, .warning) }
        } catch { throw Failure(error) }
        let status = Self.wait(for: world)
        // The tree went with the world, so the serving thread ends; it may have to say what listeners lost.
        for _ in 0..<200 where server.owesReport { usleep(1000) }
        Self.end(as: status)
    }

    /// How many uevents were sent.
    private static let sent = Atomic<Int>(0)

    /// Waits for the command, and says what else ended before it.
    private static func wait(for world: World) -> ExitStatus {
        var ended: [(name: String, sent: Int)] = []
        let status = world.wait { name, status in
            let how =
                switch status {
                case .exited(let code): "ended with status \(code)"
                case .signalled(let signal): "was ended by signal \(signal)"
                }
            Terminal.complain("\(name) \(how) before the command: uevents from now on do not reach it", .warning)
            ended.append((name, sent.load(ordering: .relaxed)))
        }
        let all = sent.load(ordering: .relaxed)
        for service in ended where all > service.sent {
            Terminal.complain("uevents sent after \(service.name) had ended: \(all - service.sent)", .warning)
        }
        return status
    }

    /// A world is mounted as it has to be; what the kernel keeps is all there is to say.
    private func chosenCaching() throws(Failure) -> Caching {
        let options = mountOptions.flatMap { $0.split(separator: ",").map(String.init) }
        if let other = options.first(where: { Caching(rawValue: $0) == nil }) {
            throw Failure.usage("-o \(other): hotmem run takes -o cached and -o exact (the default) only")
        }
        return options.last.flatMap(Caching.init) ?? .exact
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
        let takesRights: [WorldStep] = [
            .userNamespace, .pidNamespace, .mountNamespace, .networkNamespace, .fuseDevice, .treeMount,
        ]
        line = error.description + (takesRights.contains(error.step) ? Self.withoutMount : "")
        status = error.commandExitCode ?? 1
    }
}
