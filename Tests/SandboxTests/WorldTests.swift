// SPDX-License-Identifier: Apache-2.0

import Glibc
import Testing

@testable import Sandbox

/// What a whole run came to.
struct Outcome: Sendable {
    // Testing has an ExitStatus as well.
    var status: Sandbox.ExitStatus?
    var notes: [String] = []
    var error: WorldError?
}

/// Worlds over a plain directory; the FUSE mount has its tests end to end.
@Suite(.serialized, .enabled(if: geteuid() == 0, "namespaces without a user namespace need root"))
struct WorldTests {
    let tree: PlainTree

    init() throws {
        tree = try PlainTree()
    }

    /// Runs the command in a world. `whenStarted` gets the thread that waits for it.
    func run(
        _ configuration: WorldConfiguration, whenStarted: @escaping @Sendable (pthread_t) -> Void = { _ in }
    ) async -> Outcome {
        await onThread {
            var outcome = Outcome()
            do throws(WorldError) {
                let world = try World.start(configuration)
                outcome.notes = try world.finish()
                whenStarted(pthread_self())
                outcome.status = world.wait()
                [world.ueventSocket, world.netlinkTable].forEach { _ = close($0) }
            } catch {
                outcome.error = error
            }
            return outcome
        }
    }

    @Test func commandSeesTheTreeAtTheRealPath() async throws {
        let outcome = await run(tree.shell("cat /sys/devices/system/memory/block_size_bytes > $OUT"))
        #expect(outcome.status == .exited(0))
        #expect(tree.output() == "simulated\n")
        #expect(read("/sys/devices/system/memory/block_size_bytes") != "simulated\n")
    }

    @Test(arguments: [0, 1, 7, 126, 127, 255] as [Int32])
    func exitCode(code: Int32) async throws {
        let outcome = await run(tree.shell("exit \(code)"))
        #expect(outcome.status == .exited(code))
    }

    @Test(arguments: [SIGTERM, SIGKILL, SIGSEGV])
    func deathBySignal(signal: Int32) async throws {
        let outcome = await run(tree.shell("kill -\(signal) $$"))
        #expect(outcome.status == .signalled(signal))
    }

    @Test(arguments: [SIGTERM, SIGHUP, SIGINT, SIGUSR1, SIGWINCH, SIGALRM, 40])
    func signalIsPassedOn(signal: Int32) async throws {
        let script = "trap 'exit 42' \(signal); : > $OUT; while :; do sleep 0.01; done"
        let out = tree.out
        let outcome = await run(tree.shell(script)) { thread in
            while access(out, F_OK) != 0 { usleep(1000) }
            pthread_kill(thread, signal)
        }
        #expect(outcome.status == .exited(42))
    }

    @Test func commandThatDoesNotExist() async throws {
        let outcome = await run(tree.configuration(["hotmem-no-such-command"]))
        #expect(outcome.error?.commandExitCode == 127)
        #expect(outcome.error?.description == "hotmem-no-such-command: command not found")
    }

    @Test func commandThatMayNotBeExecuted() async throws {
        let outcome = await run(tree.configuration(["/etc/passwd"]))
        #expect(outcome.error?.commandExitCode == 126)
        #expect(outcome.error?.description == "/etc/passwd: Permission denied")
    }

    @Test func searchGoesOnBehindADirectoryWithoutTheCommand() async throws {
        var configuration = tree.configuration(["true"])
        configuration.environment = ["PATH=/nonexistent:/etc/passwd::/usr/bin:/bin"]
        #expect(await run(configuration).status == .exited(0))
    }

    @Test func noCommand() async throws {
        let outcome = await run(tree.configuration([]))
        #expect(outcome.error?.errno == EINVAL)
    }

    @Test(arguments: WorldStep.allCases)
    func failingStepRunsNothingAndLeavesNothing(step: WorldStep) async throws {
        var configuration = tree.shell(": > $OUT")
        configuration.failAt = step
        let before = Traces()
        let outcome = await run(configuration)
        #expect(outcome.error?.step == step)
        #expect(outcome.error?.errno == EPERM)
        #expect(outcome.error?.detail == "made to fail")
        #expect(outcome.error?.commandExitCode == nil)
        #expect(outcome.status == nil)
        #expect(tree.output() == nil)
        #expect(Traces().added(since: before).isEmpty)
    }

    @Test func successLeavesNothing() async throws {
        let before = Traces()
        #expect(await run(tree.shell("setsid sleep 1000 & exit 3")).status == .exited(3))
        #expect(Traces().added(since: before).isEmpty)
    }

    @Test func missingOptionalTargetIsANote() async throws {
        var configuration = tree.shell("exit 0")
        configuration.overlays.append(Overlay(target: "/sys/hotmem-none", required: false))
        let outcome = await run(configuration)
        #expect(outcome.status == .exited(0))
        #expect(outcome.notes.contains("this host has no /sys/hotmem-none"))
    }

    @Test func missingRequiredTargetIsAFailure() async throws {
        var configuration = tree.shell("exit 0")
        configuration.overlays.append(Overlay(target: "/sys/hotmem-none", required: true))
        let outcome = await run(configuration)
        #expect(outcome.error?.step == .overlay)
        #expect(outcome.error?.errno == ENOENT)
        #expect(outcome.error?.detail == "/sys/hotmem-none")
    }

    @Test func sourceMissingInTheTreeIsAFailure() async throws {
        var configuration = tree.shell("exit 0")
        configuration.overlays.append(Overlay(target: "/proc/meminfo", required: false))
        let outcome = await run(configuration)
        #expect(outcome.error?.step == .overlay)
        #expect(outcome.error?.detail == "in the simulated tree: /proc/meminfo")
    }

    @Test func treeWithoutTheProbeIsAFailure() async throws {
        var configuration = tree.shell("exit 0")
        configuration.treeProbe = "/none"
        #expect(await run(configuration).error?.step == .treeAnswer)
    }

    @Test func commandIsInAPidNamespaceOfItsOwn() async {
        // Its parent is the world's init, and the numbers before its own were that init's helpers.
        let script = "[ $$ -lt 10 ] && echo $PPID $(cat /proc/1/comm) > $OUT"
        #expect(await run(tree.shell(script)).status == .exited(0))
        #expect(tree.output() == "1 hotmem-init\n")
    }

    @Test func environmentIsTheGivenOne() async throws {
        var configuration = tree.configuration(["sh", "-c", "env > \(tree.out)"])
        configuration.environment = ["A=1", "PATH=/usr/bin:/bin"]
        #expect(await run(configuration).status == .exited(0))
        #expect(tree.output()?.contains("A=1\n") == true)
        #expect(tree.output()?.contains("OUT=") == false)
    }

    @Test func commandGetsInheritableDescriptorsOnly() async throws {
        let null = open("/dev/null", O_RDONLY | O_CLOEXEC)
        let inheritable = fcntl(null, F_DUPFD, 600)
        let own = fcntl(null, F_DUPFD_CLOEXEC, 700)
        defer { [null, inheritable, own].forEach { _ = close($0) } }
        let script = "readlink /proc/$$/fd/* > $OUT; ls /proc/$$/fd >> $OUT; :"
        #expect(await run(tree.shell(script)).status == .exited(0))
        let lines = try #require(tree.output()).split(separator: "\n").map(String.init)
        #expect(lines.contains("\(inheritable)"))
        #expect(!lines.contains("\(own)"))
        #expect(!lines.contains { $0.contains("signalfd") })
    }

    @Test func droppedWorldIsGone() async throws {
        let before = Traces()
        let configuration = tree.shell("exit 0")
        let failure = await onThread { () -> WorldError? in
            do throws(WorldError) {
                let world = try World.start(configuration)
                [world.ueventSocket, world.netlinkTable].forEach { _ = close($0) }
                return nil
            } catch {
                return error
            }
        }
        #expect(failure == nil)
        #expect(Traces().added(since: before).isEmpty)
    }
}
