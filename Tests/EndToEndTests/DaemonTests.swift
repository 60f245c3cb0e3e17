// SPDX-License-Identifier: Apache-2.0

import Foundation
import Service
import TestSupport
import Testing

@Suite struct `A daemon` {
    private static let workload = "[[workload]]\nname = \"db\"\nkind = \"anon\"\npages = 1000\n"

    private func machine(_ scratch: Scratch) throws -> (file: String, text: String) {
        let text = try scratch.hotmem(["machine", "show", "x86_64"]).output
        return (try scratch.file("m.toml", text), text)
    }

    private func workloads(_ place: String) -> String { Host.text("\(place)/sys/kernel/debug/hotmem/workload") }

    @Test func `tells a service manager of its whole life`() throws {
        try Scratch.with { scratch in
            let (file, text) = try machine(scratch)
            let (place, listener) = (try scratch.directory("tree"), Listener(scratch.path + "/notify"))
            var program = scratch.program([
                try Installation.shared.hotmem, "mount", "--foreground", "--machine", "m.toml", place,
            ])
            program.environment["NOTIFY_SOCKET"] = listener.name
            program.environment["WATCHDOG_USEC"] = "200000"
            let running = try program.start()

            let status = "STATUS=x86_64 machine, 64 blocks, at \(place)"
            #expect(listener.next(with: "READY=1") == "READY=1\n" + status)
            for _ in 0..<3 { #expect(listener.next() == "WATCHDOG=1") }

            _ = try scratch.file("m.toml", text + Self.workload)
            running.send(SIGHUP)
            #expect(listener.next(with: "RELOADING=1")?.hasPrefix("RELOADING=1\nMONOTONIC_USEC=") == true)
            #expect(listener.next(with: "READY=1") == "READY=1\n" + status)
            #expect(workloads(place).hasPrefix("name=db kind=anon pages=1000 "))

            _ = try scratch.file("m.toml", "block_size = \"256M\"\n" + text)
            running.send(SIGHUP)
            #expect(
                listener.next(with: "READY=1") == "READY=1\n\(status); to be booted anew for: block_size")
            #expect(workloads(place) == "")

            for spoil in [
                { _ = try scratch.file("m.toml", "nonsense") }, { try FileManager.default.removeItem(atPath: file) },
            ] {
                try spoil()
                running.send(SIGHUP)
                let heard = listener.next(with: "READY=1")
                #expect(
                    heard?.hasPrefix("READY=1\n\(status); not reloaded: \(scratch.path)/m.toml:") == true,
                    "\(heard ?? "")")
            }
            running.send(SIGTERM)
            #expect(listener.next(with: "STOPPING=1") == "STOPPING=1")
            let ended = running.finish()
            #expect(ended.succeeded && scratch.mounts.isEmpty, "\(ended)")
            #expect(ended.errors.contains("hotmem: block_size: needs a boot\n"), "\(ended)")
            #expect(ended.errors.contains("hotmem: not reloaded: \(file): no such file"), "\(ended)")
        }
    }

    @Test func `serves a service manager that reads the tree before it reads its messages`() throws {
        try Scratch.with { scratch in
            let (place, listener) = (try scratch.directory("tree"), Listener(scratch.path + "/notify"))
            let manager = try #require(ServiceManager(socket: listener.name))
            var filling = 0
            while manager.tell(.status("filling"), waits: false) == 0 { filling += 1 }
            var program = scratch.program([try Installation.shared.hotmem, "mount", "--foreground", place])
            program.environment["NOTIFY_SOCKET"] = listener.name
            let running = try program.start()
            let size = place + "/sys/devices/system/memory/block_size_bytes"
            #expect(Host.comesTrue { access(size, F_OK) == 0 })
            // It has become ready by now, or does soon; its thread is not to wait in that.
            usleep(300_000)
            #expect(try scratch.program(["cat", size], limit: 5).run().output == "8000000\n")
            for _ in 0..<filling { #expect(listener.next() == "STATUS=filling") }
            #expect(listener.next()?.hasPrefix("READY=1\n") == true)
            running.send(SIGTERM)
            #expect(listener.next() == "STOPPING=1")
            #expect(running.finish().succeeded)
        }
    }

    @Test func `in the foreground fails where its tree does not answer`() throws {
        try Scratch.with { scratch in
            let (place, listener) = (try scratch.directory("tree"), Listener(scratch.path + "/notify"))
            // Mounted for a user that it is not: FUSE lets nobody else look.
            var program = scratch.program(
                ["setpriv", "--ruid", "65534", try Installation.shared.hotmem, "mount", "--foreground", place],
                limit: 20)
            program.environment["NOTIFY_SOCKET"] = listener.name
            let ended = try program.run()
            #expect(ended.ending == .exited(1) && ended.errors.contains("does not answer"), "\(ended)")
            #expect(scratch.mounts.isEmpty)
        }
    }

    @Test func `goes on when nobody reads its lines any more`() throws {
        try Scratch.with { scratch in
            let place = try scratch.directory("tree")
            let script = "exec hotmem mount --foreground --verbose tree 2>&1 | head -c 1"
            let running = try scratch.program(["sh", "-c", script]).start()
            let block = place + "/sys/devices/system/memory/memory1"
            #expect(Host.comesTrue { access(block, F_OK) == 0 })
            for _ in 0..<3 {
                #expect(try !scratch.program(["sh", "-c", "echo x > \(block)/state"]).run().succeeded)
            }
            #expect(Host.text(block + "/state") == "online\n")
            #expect(try scratch.program(["umount", place]).run().succeeded)
            #expect(running.finish().succeeded)
        }
    }

    @Test(arguments: ["<&-", "<&- >&-", "<&- >&- 2>&-"])
    func `rests though its caller had closed standard descriptors`(closing: String) throws {
        try Scratch.with { scratch in
            let place = try scratch.directory("tree")
            #expect(try scratch.program(["sh", "-c", "hotmem mount tree \(closing)"]).run().succeeded)
            #expect(Host.text(place + "/sys/devices/system/memory/block_size_bytes") == "8000000\n")
            let daemon = try #require(scratch.servers.first)
            func ticks() -> Int {
                let fields = Host.text("/proc/\(daemon)/stat").split(separator: " ")
                return fields[13...14].reduce(0) { $0 + (Int($1) ?? 0) }
            }
            let before = ticks()
            usleep(500_000)
            #expect(ticks() - before < 10)
        }
    }

    @Test func `pays no heed to a service manager that is not there`() throws {
        try Scratch.with { scratch in
            let place = try scratch.directory("tree")
            for (socket, part) in [("/nowhere", "NOTIFY_SOCKET: No such file"), ("here", "NOTIFY_SOCKET=here: ")] {
                let script = "exec hotmem mount --foreground --verbose tree 2>&1"
                var program = scratch.program(["sh", "-c", script])
                program.environment["NOTIFY_SOCKET"] = socket
                program.environment["WATCHDOG_USEC"] = "soon"
                let running = try program.start()
                try running.wait(for: part)
                #expect(Host.comesTrue { access(place + "/sys", F_OK) == 0 })
                running.send(SIGTERM)
                let ended = running.finish()
                #expect(ended.succeeded, "\(ended)")
                #expect(ended.output.contains("WATCHDOG_USEC=soon: ") == (socket == "/nowhere"), "\(ended)")
            }
        }
    }

    @Test func `in the background reads its file again when it hears SIGHUP`() throws {
        try Scratch.with { scratch in
            let (_, text) = try machine(scratch)
            let place = try scratch.directory("tree")
            // A relative path: the daemon is in another directory.
            #expect(try scratch.hotmem(["mount", "--machine", "m.toml", place]).succeeded)
            _ = try scratch.file("m.toml", "cmdline = \"memhp_default_state=online\"\n" + text + Self.workload)
            kill(try #require(scratch.servers.first), SIGHUP)
            #expect(Host.comesTrue { workloads(place).hasPrefix("name=db ") })
            #expect(Host.text("\(place)/sys/devices/system/memory/auto_online_blocks") == "online\n")
        }
    }

    @Test func `in the background tells the system log of problems`() throws {
        try Scratch.with { scratch in
            _ = try machine(scratch)
            _ = try scratch.directory("tree")
            // A /dev of its own, with a system log in it.
            let script = """
                import os, signal, socket, subprocess
                os.mknod("/dev/null", 0o20666, os.makedev(1, 3)); os.mknod("/dev/fuse", 0o20666, os.makedev(10, 229))
                log = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM); log.bind("/dev/log"); log.settimeout(20)
                subprocess.run(["hotmem", "mount", "--machine", "m.toml", "tree"], check=True)
                os.unlink("m.toml")
                for process in filter(str.isdigit, os.listdir("/proc")):
                    try: words = open(f"/proc/{process}/cmdline").read().split("\\0")
                    except OSError: continue
                    if words[:2] != ["hotmem", "mount"]: continue
                    try: mark = open(f"/proc/{process}/environ").read()
                    except OSError: continue
                    if os.environ["HOTMEM_E2E"] in mark: os.kill(int(process), signal.SIGHUP)
                print(log.recv(4096).decode())
                subprocess.run(["umount", "tree"], check=True)
                """
            let words = [
                "unshare", "--mount", "sh", "-c", "mount -t tmpfs none /dev && exec python3 -c \"$0\"", script,
            ]
            let ended = try scratch.program(words).run()
            #expect(ended.succeeded && ended.output.hasPrefix("<27>"), "\(ended)")
            #expect(ended.output.contains("]: not reloaded: \(scratch.path)/m.toml: no such file"), "\(ended)")
        }
    }

    @Test func `gives each line its level where the journal reads it`() throws {
        try Scratch.with { scratch in
            let script = "JOURNAL_STREAM=$(stat -L -c %d:%i /proc/self/fd/2) exec hotmem mount missing"
            let ended = try scratch.program(["sh", "-c", script]).run()
            #expect(ended.errors.hasPrefix("<3>missing: No such file"), "\(ended)")
            let other = "JOURNAL_STREAM=1:2 exec hotmem mount missing"
            #expect(try scratch.program(["sh", "-c", other]).run().errors.hasPrefix("hotmem: missing: "))
        }
    }
}
