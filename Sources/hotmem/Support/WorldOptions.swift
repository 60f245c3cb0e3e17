// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import FuseBridge
import Glibc
import Logging
import MemoryModel
import Sandbox
import Service
import Synchronization
import Transcripts
import TreeServer
import Uevents

/// A command in a private world: what `hotmem run` and `hotmem record` have in common.
struct WorldOptions: ParsableArguments {
    @OptionGroup var options: MachineOptions

    @OptionGroup(title: "Time") var time: TimeOptions

    @OptionGroup(title: "Uevents") var listeners: ListenerOptions

    @Flag(name: .shortAndLong, help: "Say every refusal, every uevent and what boot complained of on standard error.")
    var verbose = false

    /// For tests: the step in making the world that is to fail.
    @Option(help: .hidden)
    var failAt: String?

    @Argument(
        parsing: .captureForPassthrough, help: "The command and its arguments, after -- if it begins with a dash.")
    var command: [String] = []

    /// Runs the command, and ends as it does.
    ///
    /// - Parameters:
    ///   - parsed: hotmem's command, which may be asked for help.
    ///   - caching: what the kernel keeps.
    ///   - webPort: where a page shows the machine, if one does; 0 for any port that is free.
    ///   - file: where it is written down what the command meets, if anywhere.
    func run(as parsed: some ParsableCommand, caching: Caching, webPort: UInt16? = nil, recordingTo file: String? = nil)
        throws
    {
        let command = try commandWords(parsed)
        // udevadm may be asked about the rules, which a signal may end.
        let udev = try listeners.readUdev()
        let helper = try listeners.makeHelperService()
        let web = try webPort.map { port throws(Failure) in try WebProgram(port: port) }
        // So may what is read, such as a pipe that nobody writes to.
        let options = time.applied(to: options)
        let boot = try options.read()
        World.blockSignals()
        // After that, for the command gets what the caller had: who stops reading our lines is not to end the world.
        signal(SIGPIPE, SIG_IGN)
        // Before there is much that it would have a copy of.
        let messenger = Messenger()
        let machine = options.boot(try boot.describe(), verbose: verbose)
        let step = try stepToFail()
        let recording = try file.map { file throws(Failure) in
            try Recording(to: file, of: boot, readFrom: MachineOptions.files(of: options.machine))
        }
        var layout = WorldLayout.configuration(command: command, machine: machine, hidesOthers: udev != nil)
        udev?.join(&layout)
        layout.services += helper.map { [$0] } ?? []
        layout.services += web.map { [$0.service] } ?? []
        layout.failAt = step
        let world: World
        do throws(WorldError) { world = try World.start(layout) } catch { throw Failure(error) }
        if let web { close(web.socket) }
        let socket = UeventSocket(descriptor: world.ueventSocket)
        let server: MachineServer
        do throws(ServerError) {
            server = try MachineServer(
                machine: machine, owner: (0, 0), options: [], caching: caching,
                logger: LineLog.logger(verbose: verbose), recorder: recording?.recorder, pace: time.pace,
                messenger: messenger,
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
        let hasEnded = Ending()
        Background.onThread {
            let error = server.serve()
            hasEnded.value.store(true, ordering: .releasing)
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
        if let recording {
            for _ in 0..<2000 where !hasEnded.value.load(ordering: .acquiring) { usleep(1000) }
            guard hasEnded.value.load(ordering: .acquiring) else {
                throw Failure.failed("the tree does not end; the recording is not whole, and is not kept")
            }
            try recording.end()
        }
        status.end()
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
            guard name != WebProgram.name else {
                return Terminal.complain("\(name) \(how) before the command: its page is gone", .warning)
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

    private func stepToFail() throws(Failure) -> WorldStep? {
        guard let failAt else { return nil }
        guard let step = WorldStep(rawValue: failAt) else {
            let steps = WorldStep.allCases.map(\.rawValue).joined(separator: ", ")
            throw Failure.usage("--fail-at \(failAt): no such step; the steps are \(steps)")
        }
        return step
    }

    /// The command without the `--` before it.
    private func commandWords(_ parsed: some ParsableCommand) throws -> [Word] {
        let name = type(of: parsed).configuration.commandName ?? "run"
        guard let first = command.first else {
            throw Failure.usage("no command to run; for example: hotmem \(name) -- lsmem")
        }
        if first == "--help" || first == "-h" { throw CleanExit.helpRequest(parsed) }
        if first == "--version" { throw CleanExit.message(Hotmem.version) }
        guard first == "--" || !first.hasPrefix("-") else {
            throw Failure.usage("unknown option \(first) (see hotmem \(name) --help)")
        }
        let words = first == "--" ? Array(command.dropFirst()) : command
        guard !words.isEmpty, !words[0].isEmpty else {
            throw Failure.usage("no command to run; for example: hotmem \(name) -- lsmem")
        }
        // They are the last that there are, byte for byte.
        return OwnWords.all.suffix(words.count)
    }
}

/// Whether nobody serves the tree any more.
private final class Ending: Sendable {
    let value = Atomic(false)
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
