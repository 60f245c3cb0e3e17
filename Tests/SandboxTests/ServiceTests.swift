// SPDX-License-Identifier: Apache-2.0

import Glibc
import Testing

@testable import Sandbox

/// What a world has beside its command: programs, and files of its own.
extension WorldTests {
    private struct Result: Sendable {
        var status: Sandbox.ExitStatus?
        var error: WorldError?
        var ended: [String] = []
    }

    private func runToItsEnd(_ configuration: WorldConfiguration) async -> Result {
        await onThread {
            var result = Result()
            do throws(WorldError) {
                let world = try World.start(configuration)
                _ = try world.finish()
                result.status = world.wait { result.ended.append("\($0) \($1)") }
                [world.ueventSocket, world.netlinkTable].forEach { _ = close($0) }
            } catch { result.error = error }
            return result
        }
    }

    /// A service that says it is ready and then does something.
    private func service(_ script: String, isReady: Bool = true) -> WorldService {
        let ready = """
            import os, socket
            address = os.environ['NOTIFY_SOCKET'].replace('@', chr(0), 1)
            notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
            notify.sendto(b'STATUS=soon', address)
            notify.sendto(b'STATUS=now\\nREADY=1', address)
            """
        let words = isReady ? "python3 -c \"\(ready)\"; \(script)" : script
        return WorldService(
            name: "service", command: ["/bin/sh", "-c", words], environment: ["PATH=/usr/bin:/bin", "OUT=\(tree.out)"],
            log: STDERR_FILENO)
    }

    @Test func `the command starts when its service is ready, and the service ends with it`() async throws {
        var configuration = tree.shell("cat $OUT > $OUT.2; mv $OUT.2 $OUT; exit 3")
        configuration.services = [service("exec sleep 1000")]
        configuration.services[0].command[2] = "echo first > $OUT; " + configuration.services[0].command[2]
        let before = Traces()
        let result = await runToItsEnd(configuration)
        #expect(result.status == .exited(3) && result.ended.isEmpty && result.error == nil)
        #expect(tree.output() == "first\n")
        #expect(Traces().added(since: before).isEmpty)
    }

    @Test func `a service's parent is not the world's init`() async throws {
        var configuration = tree.shell("until [ -s $OUT ]; do sleep 0.01; done")
        configuration.services = [service("echo $PPID > $OUT.2; mv $OUT.2 $OUT; exec sleep 1000")]
        #expect(await runToItsEnd(configuration).status == .exited(0))
        let parent = try #require(Int(tree.output()?.split(separator: "\n").first ?? ""))
        #expect(parent > 1)
    }

    @Test(arguments: [
        ("exit 9", "service exited(9)"), ("exit 130", "service exited(130)"), ("kill -9 $$", "service signalled(9)"),
        ("kill -11 $$", "service signalled(11)"),
    ])
    func `a service that ends is told, and the command goes on`(script: String, told: String) async throws {
        var configuration = tree.shell("until [ -e $OUT ]; do sleep 0.01; done; sleep 0.2; exit 4")
        configuration.services = [service(": > $OUT; \(script)")]
        let result = await runToItsEnd(configuration)
        #expect(result.status == .exited(4) && result.ended == [told])
    }

    @Test func `without a service that gets ready there is no command`() async throws {
        var configuration = tree.shell(": > $OUT")
        configuration.services = [service("exit 7", isReady: false)]
        var result = await runToItsEnd(configuration)
        #expect(result.error?.step == .services && result.error?.detail.contains("with status 7") == true)

        configuration.services = [service("exec sleep 1000", isReady: false)]
        configuration.answerTimeout = 3
        result = await runToItsEnd(configuration)
        #expect(result.error?.step == .services && result.error?.errno == ETIMEDOUT)
        configuration.answerTimeout = 10
        configuration.services[0].command = ["/no/such/program"]
        result = await runToItsEnd(configuration)
        #expect(result.error?.step == .services && result.error?.detail.contains("with status 127") == true)
        #expect(tree.output() == nil)
    }

    @Test(arguments: ["/run/hotmem-test", "/run"])
    func `a runtime directory and its files are the world's alone`(directory: String) async throws {
        let file = directory + "/a/b/c"
        var configuration = tree.shell("cat \(file) > $OUT; ls -A \(directory) >> $OUT; touch \(directory)/new")
        configuration.runtimeDirectory = directory
        configuration.files = [(file, Array("content".utf8)), (directory + "/empty", [])]
        let before = Traces()
        #expect(await runToItsEnd(configuration).status == .exited(0))
        #expect(tree.output() == "contenta\nempty\n")
        #expect(access("/run/hotmem-test", F_OK) != 0 && access("/run/new", F_OK) != 0)
        #expect(Traces().added(since: before).isEmpty)
    }

    @Test func `where the runtime directory is new, the rest of run is as it was`() async throws {
        var configuration = tree.shell("ls -A /run | grep -v hotmem-test > $OUT; stat -L -c %i /run/* >> $OUT")
        let entries = try #require(await runOnHost("ls -A /run; stat -L -c %i /run/*"))
        configuration.runtimeDirectory = "/run/hotmem-test"
        configuration.command[2] = """
            rmdir /run/hotmem-test 2>/dev/null; umount /run/hotmem-test; rmdir /run/hotmem-test; ls -A /run > $OUT
            stat -L -c %i /run/* >> $OUT
            """
        #expect(await runToItsEnd(configuration).status == .exited(0))
        #expect(tree.output() == entries)
    }

    /// What a script prints in a world that changes nothing in /run.
    private func runOnHost(_ script: String) async -> String? {
        let outcome = await runToItsEnd(tree.shell("(\(script)) > $OUT"))
        guard outcome.status == .exited(0) else { return nil }
        return tree.output()
    }

    @Test func `a service whose keeper is killed ends too`() async throws {
        var configuration = tree.shell(
            "until [ -s $OUT ]; do sleep 0.01; done; kill -9 $(cat $OUT); sleep 0.3; "
                + "! kill -0 $(cat $OUT.child) 2> /dev/null")
        let script = "echo $$ > $OUT.child; echo $PPID > $OUT.2; mv $OUT.2 $OUT; exec sleep 1000"
        configuration.services = [service(script)]
        let result = await runToItsEnd(configuration)
        #expect(result.status == .exited(0) && result.ended == ["service signalled(9)"])
        unlink(tree.out + ".child")
    }

    @Test func `a directory of the host may be the world's own, but for its files`() async throws {
        let directory = tree.path + "/own"
        try #require(mkdir(directory, 0o755) == 0)
        defer { rmdir(directory) }
        for (name, target) in [("masked", "/dev/null"), ("kept", "/etc/hostname"), ("dangling", "/no/such/file")] {
            try #require(symlink(target, "\(directory)/\(name)") == 0)
        }
        defer { for name in ["masked", "kept", "dangling"] { unlink("\(directory)/\(name)") } }
        let script =
            "cd \(directory); cat masked > $OUT; readlink kept dangling >> $OUT; : > /dev/null; "
            + "[ -c /dev/null ] && ls -A >> $OUT; rm masked kept"
        var configuration = tree.shell(script)
        configuration.runtimeDirectory = "/run/hotmem-test"
        configuration.ownDirectories = [directory]
        configuration.files = [(directory + "/masked", Array("mine\n".utf8))]
        #expect(await runToItsEnd(configuration).status == .exited(0))
        #expect(tree.output() == "mine\n/etc/hostname\n/no/such/file\ndangling\nkept\nmasked\n")
        var status = stat()
        #expect(lstat(directory + "/kept", &status) == 0)
    }

    @Test func `directories seem empty, mounts are read-only`() async throws {
        let script =
            "ls -A \(tree.path)/tree/sys > $OUT; touch /sys/x 2>> $OUT; touch /dev/hotmem-test 2>> $OUT; "
            + "touch /sys/fs/cgroup/x 2>> $OUT; chmod 600 /dev/null 2>> $OUT; echo x > /dev/null; "
            + "touch /sys/devices/system/memory/y; exit 0"
        var configuration = tree.shell(script)
        configuration.hidden = [tree.path + "/tree/sys", "/no/such/directory"]
        configuration.readOnly = [("/sys", withMounts: true), ("/dev", withMounts: false)]
        #expect(await runToItsEnd(configuration).status == .exited(0))
        let lines = tree.output()?.split(separator: "\n") ?? []
        #expect(lines.count == 4 && lines.allSatisfy { $0.hasSuffix("Read-only file system") }, "\(lines)")
        // The tree that lies over /sys is not.
        #expect(access(tree.path + "/tree/sys/devices/system/memory/y", F_OK) == 0)
        unlink(tree.path + "/tree/sys/devices/system/memory/y")
    }
}
