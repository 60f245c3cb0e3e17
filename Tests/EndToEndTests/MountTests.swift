// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport
import Testing

@Suite struct `A mounted machine` {
    @Test func `that could not be mounted leaves nothing behind for the next`() throws {
        try Scratch.with { scratch in
            let place = try scratch.directory("tree")
            let script = """
                unshare -m sh -c 'mount -t tmpfs none /dev; hotmem mount "$0"; hotmem mount --foreground "$0"' "$0"
                hotmem mount "$0" && umount "$0"
                """
            let ended = try scratch.program(["sh", "-c", script, place]).run()
            #expect(ended.succeeded && ended.errorLines.count == 2, "\(ended)")
            #expect(ended.errorLines.allSatisfy { $0.hasPrefix("hotmem: no /dev/fuse") }, "\(ended)")
        }
    }

    @Test(arguments: Caller.allCases)
    func `is there when the command returns`(caller: Caller) throws {
        try mounted(by: caller) { scratch, place in
            let ended = try scratch.program(
                ["cat", "\(place)/sys/devices/system/memory/block_size_bytes"], by: caller
            ).run()
            #expect(ended.output == "8000000\n", "\(ended)")
            #expect(scratch.servers.count == 1)
        }
    }

    @Test(arguments: [["umount"], ["fusermount3", "-u"], ["umount", "-l"]])
    func `its daemon ends when root unmounts it`(command: [String]) throws {
        try unmountedEndsDaemon(command, by: .root)
    }

    @Test func `its daemon ends when an ordinary user unmounts it`() throws {
        try unmountedEndsDaemon(["fusermount3", "-u"], by: .nobody)
    }

    private func unmountedEndsDaemon(_ command: [String], by caller: Caller) throws {
        try mounted(by: caller) { scratch, place in
            try #require(scratch.servers.count == 1)
            let ended = try scratch.program(command + [place], by: caller).run()
            #expect(ended.succeeded, "\(ended)")
            #expect(scratch.hasNoProcesses)
            #expect(scratch.mounts.isEmpty)
            #expect(try FileManager.default.contentsOfDirectory(atPath: place).isEmpty)
        }
    }

    @Test(arguments: [SIGTERM, SIGINT])
    func `its daemon unmounts it when a signal asks it to end`(signal: Int32) throws {
        try mounted { scratch, _ in
            kill(try #require(scratch.servers.first), signal)
            #expect(scratch.hasNoProcesses)
            #expect(scratch.mounts.isEmpty)
        }
    }

    @Test(arguments: [[], ["--no-journal"], ["--machine", "huge"]], Caller.allCases)
    func `is either there or not when a signal ends the command`(options: [String], caller: Caller) throws {
        try Scratch.with { scratch in
            let place = try scratch.directory("tree")
            if caller == .nobody { chown(place, 65534, 65534) }
            let words = [try Installation.shared.hotmem, "mount"] + options + [place]
            let start = ContinuousClock.now
            #expect(try scratch.program(words, by: caller).run().succeeded)
            let whole = ContinuousClock.now - start
            try unmount()
            var (there, gone) = (0, 0)
            // From at once to twice as long as it takes; and on, until both came about.
            for step in 0..<400 where step < 40 || there == 0 || gone == 0 {
                let running = try scratch.program(words, by: caller).start()
                usleep(UInt32(whole / .microseconds(1) * Double(step % 40) / 20))
                running.send([SIGINT, SIGTERM, SIGALRM][step % 3])
                let ended = running.finish()
                // Such as of a journal that the one before left.
                #expect(ended.errors.isEmpty, "\(ended)")
                if ended.succeeded {
                    there += 1
                    #expect(scratch.mounts == [place], "at step \(step)")
                    try unmount()
                } else {
                    gone += 1
                    guard case .signalled = ended.ending else {
                        Issue.record("\(ended)")
                        continue
                    }
                    #expect(scratch.mounts.isEmpty && scratch.hasNoProcesses, "at step \(step)")
                }
            }
            #expect(there > 0 && gone > 0, "\(there) there, \(gone) gone")

            func unmount() throws {
                #expect(try scratch.program(["fusermount3", "-u", place], by: caller).run().succeeded)
                #expect(scratch.hasNoProcesses)
            }
        }
    }

    @Test(arguments: [[], ["--no-journal"]])
    func `takes nothing else away when a signal ends the command and its server`(options: [String]) throws {
        try Scratch.with { scratch in
            let place = try scratch.directory("tree")
            let words = [try Installation.shared.hotmem, "mount"] + options + [place]
            #expect(try scratch.program(["mount", "-t", "tmpfs", "-o", "mode=755", "below", place]).run().succeeded)
            for step in 0..<60 {
                let running = try scratch.program(words).start()
                usleep(UInt32(step % 30) * 1000)
                scratch.processes.forEach { kill($0, SIGTERM) }
                let ended = running.finish()
                #expect(ended.errors.isEmpty, "\(ended)")
                // One that had served its first answer, and was started after the signals, stays.
                if !Host.comesTrue(within: 2, { scratch.mounts.count < 2 }) {
                    #expect(try scratch.program(["umount", place]).run().succeeded)
                }
                #expect(scratch.mounts == [place] && scratch.hasNoProcesses, "at step \(step)")
            }
        }
    }

    @Test func `can be given up while its server does not answer`() throws {
        try Scratch.with { scratch in
            let place = try scratch.directory("tree")
            for step in 0..<10 {
                // A server that is stopped holds what it has been given to write to.
                let running = try scratch.program(
                    ["sh", "-c", "exec hotmem mount --no-journal \"$0\" > /dev/null 2>&1", place], limit: 20
                ).start()
                // The server, which is there once the tree is mounted, and who waits for its answer.
                _ = Host.comesTrue(within: 1) { !scratch.mounts.isEmpty && scratch.servers.count > 1 }
                usleep(UInt32(step) * 300)
                let servers = scratch.servers.filter { $0 != running.process }
                servers.forEach { kill($0, SIGSTOP) }
                running.send(SIGTERM)
                let ended = running.finish()
                servers.forEach { kill($0, SIGCONT) }
                #expect(ended.succeeded || ended.ending == .signalled(SIGTERM), "\(ended)")
                if ended.succeeded { #expect(try scratch.program(["umount", place]).run().succeeded) }
                #expect(scratch.mounts.isEmpty && scratch.hasNoProcesses)
            }
        }
    }

    @Test(arguments: ["--machine", "--journal", "--no-journal --machine"], ["", "--foreground"])
    func `can be given up while what it begins with does not come`(option: String, place: String) throws {
        try Scratch.with { scratch in
            let (tree, pipe) = (try scratch.directory("tree"), scratch.path + "/pipe")
            try #require(mkfifo(pipe, 0o600) == 0)
            let words = (place + " " + option).split(separator: " ").map(String.init)
            for signal in [SIGINT, SIGTERM, SIGHUP] {
                let program = scratch.program(
                    [try Installation.shared.hotmem, "mount"] + words + [pipe, tree], limit: 10)
                let running = try program.start()
                usleep(100_000)
                running.send(signal)
                #expect(running.finish().ending == .signalled(signal))
                #expect(scratch.mounts.isEmpty && scratch.hasNoProcesses)
                let name = URL(fileURLWithPath: scratch.path).lastPathComponent
                let states = try? FileManager.default.contentsOfDirectory(atPath: "/run/hotmem.state")
                #expect(states?.contains { $0.contains(name) } != true)
            }
        }
    }

    @Test(arguments: [SIGTERM, SIGINT, SIGHUP, SIGQUIT], Caller.allCases)
    func `in the foreground it is there until a signal comes`(signal: Int32, caller: Caller) throws {
        try Scratch.with { scratch in
            let place = try scratch.directory("tree")
            chown(place, caller == .root ? 0 : 65534, caller == .root ? 0 : 65534)
            let running = try scratch.program(
                [try Installation.shared.hotmem, "mount", "--foreground", place], by: caller
            ).start()
            let isThere = try Host.comesTrue {
                try scratch.program(["test", "-d", "\(place)/sys/devices/system/memory/memory32"], by: caller).run()
                    .succeeded
            }
            #expect(isThere)
            running.send(signal)
            let ended = running.finish()
            #expect(ended.ending == .exited(0) || ended.ending == .signalled(signal), "\(ended)")
            #expect(ended.errors.isEmpty)
            #expect(scratch.mounts.isEmpty)
        }
    }

    @Test func `in the foreground it ends when the tree is unmounted`() throws {
        try Scratch.with { scratch in
            let place = try scratch.directory("tree")
            let running = try scratch.program([try Installation.shared.hotmem, "mount", "-f", place]).start()
            let isThere = Host.comesTrue { access(place + "/sys", F_OK) == 0 }
            #expect(isThere)
            #expect(try scratch.program(["umount", place]).run().succeeded)
            #expect(running.finish().ending == .exited(0))
        }
    }

    @Test(arguments: Caller.allCases)
    func `a killed daemon's mount is said to be dead, and can be replaced`(caller: Caller) throws {
        try Scratch.with { scratch in
            // What is offered is for a shell, whatever the place is called.
            let place = try scratch.directory("somebody's tree")
            if caller == .nobody { chown(place, 65534, 65534) }
            // Without a journal, nobody takes its place.
            #expect(try scratch.hotmem(["mount", "--no-journal", place], by: caller).succeeded)
            kill(try #require(scratch.servers.first), SIGKILL)
            #expect(scratch.hasNoProcesses)
            let refused = try scratch.hotmem(["mount", place], by: caller)
            #expect(refused.ending == .exited(1), "\(refused)")
            #expect(refused.errorLines.count == 1 && refused.errors.contains("dead mount"), "\(refused)")
            let command = try #require(refused.errors.range(of: "fusermount3 -u "), "\(refused)")
            let line = String(refused.errors[command.lowerBound...])
            #expect(try scratch.program(["sh", "-c", line], by: caller).run().succeeded)
            #expect(scratch.mounts.isEmpty)
            #expect(try scratch.hotmem(["mount", place], by: caller).succeeded)
            let again = try scratch.hotmem(["mount", place], by: caller)
            #expect(again.errors.hasSuffix(": umount '\(scratch.path)/somebody'\\''s tree'\n"), "\(again)")
            let dash = try scratch.hotmem(["mount", "--", "-place"], by: caller)
            #expect(dash.errors.hasSuffix("; make it first, with: mkdir -p ./-place\n"), "\(dash)")
            let missing = try scratch.hotmem(["mount", "no place"], by: caller)
            #expect(missing.errors.hasSuffix("; make it first, with: mkdir -p 'no place'\n"), "\(missing)")
        }
    }

    @Test(arguments: Caller.allCases)
    func `a second one at the same place is refused`(caller: Caller) throws {
        try mounted("ppc64", by: caller) { scratch, place in
            let ended = try scratch.hotmem(["mount", place], by: caller)
            #expect(ended.ending == .exited(1), "\(ended)")
            #expect(ended.errorLines.count == 1 && ended.errors.contains("mounted here already"), "\(ended)")
            #expect(scratch.mounts == [place] && scratch.servers.count == 1)
            let text = try scratch.program(["cat", "\(place)/sys/devices/system/memory/block_size_bytes"], by: caller)
                .run().output
            #expect(text == "1000000\n")
        }
    }

    @Test func `two at different places are two machines`() throws {
        try mounted("ppc64") { scratch, place in
            let other = try scratch.directory("other")
            #expect(try scratch.hotmem(["mount", "-m", "ia64", "other/"]).succeeded)
            let size = "/sys/devices/system/memory/block_size_bytes"
            #expect(Host.text(place + size) == "1000000\n")
            #expect(Host.text(other + size) == "40000000\n")
        }
    }

    @Test(arguments: ["tr\u{e9}e", "tree \\ 2", "t\te"])
    func `is found by its place, whatever that is called`(name: String) throws {
        try Scratch.with { scratch in
            let place = try scratch.directory(name)
            #expect(try scratch.hotmem(["mount", place]).succeeded)
            let shown = try scratch.hotmem(["journal", "show", "--root", place])
            #expect(shown.output.contains("connection the tree was mounted"), "\(shown)")
            #expect(try scratch.program(["umount", place]).run().succeeded)
        }
    }

    @Test func `a place may have blanks, commas and backslashes in its name`() throws {
        try Scratch.with { scratch in
            for name in ["two words", "a,b=c", "back\\slash", "ü", "-o"] {
                let place = try scratch.directory(name)
                let ended = try scratch.hotmem(["mount", "--", name])
                #expect(ended.succeeded, "\(ended)")
                #expect(Host.text(place + "/sys/devices/system/memory/block_size_bytes") == "8000000\n", "\(name)")
                #expect(try scratch.program(["umount", place]).run().succeeded)
            }
            #expect(scratch.hasNoProcesses)
        }
    }

    @Test func `is its owner's alone unless allow_other is asked for`() throws {
        try mounted { scratch, place in
            let ended = try scratch.program(["ls", place], by: .nobody).run()
            #expect(!ended.succeeded, "\(ended)")
            let asked = try scratch.hotmem(["map", "--root", place], by: .nobody)
            #expect(asked.ending == .exited(1) && asked.errors.contains("user 0 mounted this machine"), "\(asked)")
        }
        try mounted(options: ["-o", "allow_other,noatime"]) { scratch, place in
            let script = "lsmem --sysroot . && echo online > sys/devices/system/memory/memory1/state"
            let ended = try scratch.program(["sh", "-c", "cd \(place) && \(script)"], by: .nobody).run()
            #expect(ended.output.contains("Total online memory:       4G"), "\(ended)")
            #expect(!ended.succeeded && ended.errors.contains("Permission denied"), "\(ended)")
        }
    }

    @Test func `can be read-only`() throws {
        try mounted(options: ["-o", "ro"]) { scratch, place in
            let script = "echo offline > \(place)/sys/devices/system/memory/memory1/state"
            let ended = try scratch.program(["sh", "-c", script]).run()
            #expect(ended.errors.contains("Read-only file system"), "\(ended)")
        }
    }

    @Test func `takes -o more than once, and what mount(8) passes on`() throws {
        let options = ["-o", "rw,defaults", "-o", "fsname=simulated,x-systemd.automount,_netdev"]
        try mounted(options: options) { _, place in
            let line = Host.text("/proc/self/mountinfo").split(separator: "\n").first { $0.contains(" \(place) ") }
            #expect(line?.contains("fuse.hotmem simulated") == true, "\(line ?? "not mounted")")
            #expect(line?.contains("nosuid") == true && line?.contains("nodev") == true)
        }
    }

    @Test func `hot-adds and switches blocks until it is unmounted`() throws {
        try mounted { scratch, place in
            let script = """
                cd \(place)/sys/devices/system/memory
                echo 0x140000000 > probe; echo online_movable > memory40/state; cat memory40/valid_zones
                echo "plug id=a size=128M node=1" > \(place)/sys/kernel/debug/hotmem/dimm
                cat ../node/online; readlink -f memory80/firmware_node
                """
            let ended = try scratch.program(["sh", "-ec", script]).run()
            #expect(
                ended.output
                    == "Movable\n0-1\n\(place)/sys/devices/LNXSYSTM:00/LNXSYBUS:00/PNP0C80:00\n", "\(ended)")
            let lsmem = try scratch.program(["lsmem", "--sysroot", place, "--summary=only"]).run()
            #expect(lsmem.output.contains("Total offline memory:    128M"), "\(lsmem)")
        }
    }

    @Test func `a world made meanwhile does not keep a tree that is unmounted`() throws {
        try Scratch.with { scratch in
            let script = """
                mkdir tree && "$HOTMEM" mount tree || exit 1
                daemon=$(pgrep -n -f "$HOTMEM mount tree")
                "$HOTMEM" run -- sh -c 'touch started; until [ -e gone ]; do sleep 0.02; done' &
                until [ -e started ]; do sleep 0.02; done
                umount tree
                until ! readlink "/proc/$daemon/exe" > gone.log; do sleep 0.02; done
                [ "$(jobs -r | wc -l)" = 1 ] && echo ended
                touch gone; wait
                """
            var program = scratch.program(["unshare", "--mount", "--propagation", "shared", "bash", "-c", script])
            program.environment["HOTMEM"] = try Installation.shared.hotmem
            let ended = try program.run()
            #expect(ended.output == "ended\n" && ended.succeeded, "\(ended)")
        }
    }
}

@Suite struct `Uevents of a mounted machine` {
    /// A network namespace of a test's own, held by a process.
    private func withNamespace(_ body: (Scratch, String, String) throws -> Void) throws {
        try Scratch.with { scratch in
            let holder = try scratch.program(["unshare", "--net", "sh", "-c", "echo up; exec sleep 1000"]).start()
            try holder.wait(for: "up\n")
            defer { holder.send(SIGKILL) }
            try body(scratch, try scratch.directory("tree"), "/proc/\(holder.process)/ns/net")
        }
    }

    @Test func `go into the namespace that is asked for`() throws {
        try withNamespace { scratch, place, namespace in
            let mount = try scratch.hotmem(["mount", "--uevents-to", namespace, place])
            try #require(mount.succeeded && mount.errors.isEmpty, "\(mount)")
            let probe = "echo 0x140000000 > \(place)/sys/devices/system/memory/probe"
            let listen = [
                "nsenter", "--net=\(namespace)", "python3", try Installation.shared.script("listen.py"), probe,
            ]
            let ended = try scratch.program(listen).run()
            #expect(ended.output == "listening\nadd@/devices/system/memory/memory40\n", "\(ended)")
            #expect(try scratch.program(["umount", place]).run().succeeded)
        }
    }

    @Test func `go nowhere else, and into the host's only with a flag that says so`() throws {
        try Scratch.with { scratch in
            let place = try scratch.directory("tree")
            for (options, status, part) in [
                (["--uevents-to", "/proc/self/ns/net"], 2, "--uevents-to-host"),
                (["--uevents-to", "no-such-name"], 1, "/run/netns/no-such-name: No such file"),
                (["--uevents-to", "x", "--uevents-to-host"], 2, "not both"),
                (["--uevents-to", "/etc/passwd"], 1, "Invalid"),
            ] as [([String], Int32, String)] {
                let ended = try scratch.hotmem(["mount"] + options + [place])
                #expect(ended.ending == .exited(status) && ended.errorLines.count == 1, "\(ended)")
                #expect(ended.errors.contains(part), "\(ended)")
            }
            #expect(scratch.mounts.isEmpty)
            // In a namespace of the test's, what is meant by the host's own is that one.
            let script = """
                hotmem mount --uevents-to-host \(place)
                python3 \(try Installation.shared.script("listen.py")) \\
                    'echo 0x140000000 > \(place)/sys/devices/system/memory/probe'
                umount \(place)
                """
            let ended = try scratch.program(["unshare", "--net", "sh", "-ec", script]).run()
            #expect(ended.output == "listening\nadd@/devices/system/memory/memory40\n", "\(ended)")
        }
    }
}
