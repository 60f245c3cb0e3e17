// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport
import Testing

/// What /proc says that each thread of a process may do.
private func privileges(_ process: pid_t) -> [[String: String]] {
    let threads = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/\(process)/task")) ?? []
    return threads.map { thread in
        let lines = Host.text("/proc/\(process)/task/\(thread)/status").split(separator: "\n")
        let pairs = lines.map {
            $0.split(separator: ":", maxSplits: 1).map { String($0).trimmingCharacters(in: .whitespaces) }
        }
        return Dictionary(pairs.filter { $0.count == 2 }.map { ($0[0], $0[1]) }) { $1 }
    }
}

private let noCapabilities = "0000000000000000"

/// Whether every thread of a process has these capabilities and no others, and can gain none.
private func expect(_ process: pid_t, keeps capabilities: String, isRoot: Bool) {
    let threads = privileges(process)
    #expect(!threads.isEmpty)
    for thread in threads {
        for set in ["CapPrm", "CapEff"] + (isRoot ? ["CapBnd"] : []) { #expect(thread[set] == capabilities, "\(set)") }
        #expect(thread["CapInh"] == noCapabilities && thread["CapAmb"] == noCapabilities)
        #expect(thread["NoNewPrivs"] == "1")
        #expect(thread["Seccomp"] == "2")
    }
}

@Suite struct `A server's privileges` {
    @Test(arguments: Caller.allCases)
    func `are gone once it is mounted`(caller: Caller) throws {
        try mounted(options: ["-o", "cached"], by: caller) { scratch, place in
            // With the threads that come only when there is something for them to do.
            let script = "lsmem --sysroot \(place); echo 0x140000000 > \(place)/sys/devices/system/memory/probe"
            #expect(try scratch.program(["sh", "-c", script], by: caller).run().succeeded)
            expect(try #require(scratch.servers.first), keeps: noCapabilities, isRoot: caller == .root)
        }
    }

    @Test(arguments: Caller.allCases)
    func `are gone in the foreground, too`(caller: Caller) throws {
        try Scratch.with { scratch in
            let place = try scratch.directory("tree")
            if caller == .nobody { chown(place, 65534, 65534) }
            let words = [try Installation.shared.hotmem, "mount", "--foreground", place]
            let running = try scratch.program(words, by: caller).start()
            let isThere = Host.comesTrue {
                scratch.servers.contains { privileges($0).first?["Seccomp"] == "2" && scratch.mounts == [place] }
            }
            try #require(isThere)
            expect(try #require(scratch.servers.first), keeps: noCapabilities, isRoot: caller == .root)
            running.send(SIGTERM)
            #expect(running.finish().errors.isEmpty)
            #expect(scratch.mounts.isEmpty && scratch.hasNoProcesses)
        }
    }

    @Test func `are one for uevents in a namespace that is not of its making`() throws {
        try Scratch.with { scratch in
            let holder = try scratch.program(["unshare", "--net", "sh", "-c", "echo up; exec sleep 1000"]).start()
            try holder.wait(for: "up\n")
            defer { holder.send(SIGKILL) }
            let place = try scratch.directory("tree")
            let options = ["--uevents-to", "/proc/\(holder.process)/ns/net"]
            #expect(try scratch.hotmem(["mount"] + options + [place]).succeeded)
            let server = try #require(scratch.servers.first { $0 != holder.process })
            // CAP_SYS_ADMIN.
            expect(server, keeps: "0000000000200000", isRoot: true)
        }
    }

    @Test(arguments: Caller.allCases)
    func `are gone while a world runs, in which the command has what its caller had`(caller: Caller) throws {
        try Scratch.with { scratch in
            let script = "grep -E '^(NoNewPrivs|Seccomp):' /proc/self/status; echo up; exec sleep 1000"
            let words = [try Installation.shared.hotmem, "run", "--", "sh", "-c", script]
            let running = try scratch.program(words, by: caller).start()
            try running.wait(for: "up\n")
            let server = try #require(
                scratch.servers.first {
                    let words = Host.text("/proc/\($0)/cmdline").split(separator: "\0")
                    return words.dropFirst().first == "run" && Host.text("/proc/\($0)/comm") == "hotmem\n"
                })
            expect(server, keeps: noCapabilities, isRoot: caller == .root)
            running.send(SIGTERM)
            let lines = running.finish().output.split(separator: "\n").map { $0.filter { !$0.isWhitespace } }
            let own = try scratch.program(["grep", "-E", "^(NoNewPrivs|Seccomp):", "/proc/self/status"], by: caller)
                .run()
            #expect(lines.dropLast() == own.output.split(separator: "\n").map { $0.filter { !$0.isWhitespace } })
        }
    }

    @Test(arguments: Caller.allCases)
    func `that are needed are its steward's`(caller: Caller) throws {
        try mounted(by: caller) { scratch, place in
            let server = try #require(scratch.servers.first)
            let steward = try #require(scratch.steward)
            if caller == .root {
                // CAP_SYS_ADMIN, to unmount, and CAP_DAC_READ_SEARCH, to get there.
                expect(steward, keeps: "0000000000200004", isRoot: true)
            } else {
                // It may start fusermount3, which is setuid.
                #expect(privileges(steward).allSatisfy { $0["CapEff"] == noCapabilities && $0["NoNewPrivs"] == "0" })
            }
            // What ends services and what is typed is sent to both.
            kill(steward, SIGTERM)
            kill(steward, SIGINT)
            kill(server, SIGTERM)
            #expect(scratch.hasNoProcesses)
            #expect(scratch.mounts.isEmpty)
        }
    }

    @Test func `are not missed without a steward, but for unmounting`() throws {
        try mounted(options: ["--no-journal"]) { scratch, place in
            let server = try #require(scratch.servers.first)
            kill(try #require(scratch.steward), SIGKILL)
            #expect(Host.comesTrue { scratch.steward == nil })
            let script = "lsmem --sysroot \(place); echo 0x140000000 > \(place)/sys/devices/system/memory/probe"
            #expect(try scratch.program(["sh", "-ec", script]).run().succeeded)
            kill(server, SIGTERM)
            #expect(scratch.hasNoProcesses)
            #expect(scratch.mounts == [place])
        }
    }

    @Test func `of a keeper are those that its servers begin with`() throws {
        try mounted { scratch, place in
            let keeper = try #require(scratch.keeper)
            // CAP_SYS_ADMIN, CAP_SYS_PTRACE, CAP_SETPCAP and CAP_DAC_READ_SEARCH.
            expect(keeper, keeps: "0000000000280104", isRoot: true)
            let server = try #require(scratch.servers.first)
            kill(server, SIGKILL)
            #expect(try scratch.program(["lsmem", "--sysroot", place]).run().succeeded)
            let next = try #require(scratch.servers.first { $0 != server })
            expect(next, keeps: noCapabilities, isRoot: true)
        }
    }

    @Test func `are not missed when root's daemon reads a user's file again`() throws {
        try Scratch.with { scratch in
            let home = try scratch.directory("home")
            let place = try scratch.directory("home/tree")
            let shown = try scratch.hotmem(["machine", "show", "x86_64"]).output
            let path = try scratch.file("home/m.toml", shown)
            func close() {
                for path in [home, path] { chown(path, 65534, 65534) }
                chmod(home, 0o700)
                chmod(path, 0o600)
            }
            close()
            #expect(try scratch.hotmem(["mount", "--machine", path, place]).succeeded)
            let more = "\n[[workload]]\nname = \"db\"\nkind = \"anon\"\npages = 1000\n"
            _ = try scratch.file("home/m.toml", shown + more)
            close()
            kill(try #require(scratch.servers.first), SIGHUP)
            let isThere = Host.comesTrue {
                Host.text("\(place)/sys/kernel/debug/hotmem/workload").hasPrefix("name=db ")
            }
            #expect(isThere)
            #expect(try scratch.program(["umount", place]).run().succeeded)
        }
    }

    @Test func `are not gained by run, which needs none to gain`() throws {
        try Scratch.with { scratch in
            let script =
                "echo 0x140000000 > /sys/devices/system/memory/probe && cat /sys/devices/system/memory/memory40/state"
            let words = [
                "setpriv", "--no-new-privs", "--", try Installation.shared.hotmem, "run", "--", "sh", "-c", script,
            ]
            let ended = try scratch.program(words, by: .nobody).run()
            #expect(ended.succeeded && ended.output == "offline\n" && ended.errors.isEmpty, "\(ended)")
        }
    }
}

@Suite struct `Who may do what in a mounted tree` {
    private static let memory = "sys/devices/system/memory"
    private static let controls = "sys/kernel/debug/hotmem"

    /// What a shell says to a line, as another user or as the owner.
    private func tried(_ line: String, in place: String, by caller: Caller, _ scratch: Scratch) throws -> Ended {
        try scratch.program(["bash", "-c", "cd \(place) && \(line)"], by: caller).run()
    }

    @Test(arguments: Caller.allCases)
    func `is its owner's alone, root's included`(caller: Caller) throws {
        let other: Caller = caller == .root ? .nobody : .root
        try mounted(by: caller) { scratch, place in
            for path in ["", "/sys", "/\(Self.memory)/memory1/state", "/\(Self.controls)/workload"] {
                let ended = try scratch.program(["stat", place + path], by: other).run()
                #expect(!ended.succeeded && ended.errors.contains("Permission denied"), "\(ended)")
            }
        }
    }

    @Test(arguments: Caller.allCases)
    func `is read by others where modes allow it, with allow_other, and never written`(mode: Caller) throws {
        try mounted(options: ["-o", "allow_other", "-o", mode == .root ? "exact" : "cached"]) { scratch, place in
            let read = try tried("cat \(Self.memory)/memory1/state proc/meminfo", in: place, by: .nobody, scratch)
            #expect(read.succeeded && read.output.hasPrefix("online\nMemTotal:"), "\(read)")
            let writes = [
                "echo offline > \(Self.memory)/memory1/state", "echo 0x140000000 > \(Self.memory)/probe",
                "echo online > \(Self.memory)/auto_online_blocks", "chmod 666 \(Self.memory)/memory1/state",
                "chown 65534 \(Self.memory)/memory1/state", "cat \(Self.memory)/probe",
                "echo 'plug id=a size=128M' > \(Self.controls)/dimm", "ls \(Self.controls)",
                "cat \(Self.controls)/workload", "cat \(Self.controls)/events",
                "echo -12 > sys/kernel/debug/notifier-error-inject/memory/actions/MEM_GOING_ONLINE/error",
            ]
            for line in writes {
                let ended = try tried(line, in: place, by: .nobody, scratch)
                let isRefused = ended.errors.contains("Permission denied") || ended.errors.contains("not permitted")
                #expect(!ended.succeeded && isRefused, "\(ended)")
            }
            let state = try tried("cat \(Self.memory)/memory1/state; ls \(Self.memory)", in: place, by: .root, scratch)
            #expect(state.output.hasPrefix("online\n") && !state.output.contains("memory40"), "\(state)")
        }
    }

    @Test(arguments: Caller.allCases)
    func `is whose it is that mounted it, with the modes of sysfs`(caller: Caller) throws {
        try mounted(by: caller) { scratch, place in
            let user = caller == .root ? "0:0" : "65534:65534"
            let files = "\(Self.memory)/memory1/state \(Self.memory)/probe \(Self.memory)/block_size_bytes"
            let controls = "sys/kernel/debug \(Self.controls)/dimm \(Self.controls)/events"
            let ended = try tried("stat -c '%a %u:%g' \(files) \(controls)", in: place, by: caller, scratch)
            let lines = ended.output.split(separator: "\n").map { $0.split(separator: " ") }
            #expect(lines.map { $0[0] } == ["644", "200", "444", "700", "600", "600"], "\(ended)")
            #expect(lines.allSatisfy { $0[1] == user }, "\(ended)")
            let all = try tried("find . ! -uid \(user.prefix { $0 != ":" }) | head", in: place, by: caller, scratch)
            #expect(all.output.isEmpty, "\(all)")
            let open = try tried("find sys/kernel/debug -perm /022 | head", in: place, by: caller, scratch)
            #expect(open.output.isEmpty, "\(open)")
        }
    }

    @Test func `is another's as far as its owner allows`() throws {
        try mounted(options: ["-o", "allow_other"]) { scratch, place in
            let write = "echo offline > \(Self.memory)/memory33/state"
            #expect(!(try tried(write, in: place, by: .nobody, scratch).succeeded))
            #expect(try tried("chmod 666 \(Self.memory)/memory33/state", in: place, by: .root, scratch).succeeded)
            let allowed = try tried(write, in: place, by: .nobody, scratch)
            #expect(allowed.succeeded, "\(allowed)")
            #expect(try tried("chmod 600 \(Self.memory)/memory33/state", in: place, by: .root, scratch).succeeded)
            #expect(!(try tried("cat \(Self.memory)/memory33/state", in: place, by: .nobody, scratch).succeeded))
            let given = "chown 65534 \(Self.memory)/memory33/state"
            #expect(try tried(given, in: place, by: .root, scratch).succeeded)
            #expect(
                try tried("cat \(Self.memory)/memory33/state", in: place, by: .nobody, scratch).output == "offline\n")
        }
        // A user gives nothing to others.
        try mounted(by: .nobody) { scratch, place in
            let ended = try tried("chown 1 \(Self.memory)/memory33/state", in: place, by: .nobody, scratch)
            #expect(!ended.succeeded && ended.errors.contains("not permitted"), "\(ended)")
        }
    }
}

@Suite struct `A session` {
    /// System calls that change what is on a disk, and those that start programs.
    private static let traced =
        "open,openat,openat2,creat,mkdir,mkdirat,mknod,mknodat,unlink,unlinkat,rename,renameat,renameat2,link,linkat,"
        + "symlink,symlinkat,truncate,chmod,fchmodat,chown,fchownat,rmdir,execve,mount,umount2,connect"

    @Test(arguments: [["--no-journal"], ["--no-journal", "-o", "cached"], ["--state", "STATE"]])
    func `writes nowhere outside its mount and its state`(options: [String]) throws {
        try Scratch.with { scratch in
            let place = try scratch.directory("tree")
            let hotmem = try Installation.shared.hotmem
            // On the way to it nobody else may write.
            let state = SharedDirectory.directory("state")
            defer { try? FileManager.default.removeItem(atPath: state) }
            let command = ["mount", "--foreground"] + options.map { $0 == "STATE" ? state : $0 }
            let words = ["strace", "-f", "-y", "-qq", "-o", "trace", "-e", "trace=\(Self.traced)"]
            let running = try scratch.program(words + [hotmem] + command + [place]).start()
            let isThere = Host.comesTrue { access(place + "/sys", F_OK) == 0 }
            try #require(isThere)
            let script = """
                cd \(place)/sys; lsmem --sysroot \(place); echo 0x140000000 > devices/system/memory/probe
                echo online > devices/system/memory/memory40/state
                echo "plug id=a size=128M node=1" > kernel/debug/hotmem/dimm
                ! /bin/echo nonsense > devices/system/memory/memory40/state; grep -r . devices/system > /dev/null 2>&1 || true
                """
            #expect(try scratch.program(["sh", "-ec", script]).run().succeeded)
            #expect(try scratch.program(["umount", place]).run().succeeded)
            #expect(running.finish().succeeded)
            let lines = Host.text(scratch.path + "/trace").split(separator: "\n")
            #expect(lines.contains { $0.contains("/dev/fuse") && $0.contains("O_RDWR") }, "\(lines)")
            let writing = lines.filter { line in
                if line.contains("open") || line.contains("creat(") {
                    return ["O_WRONLY", "O_RDWR", "O_CREAT", "creat("].contains { line.contains($0) }
                }
                return !line.contains("+++") && !line.contains("--- SIG") && !line.contains("<detached")
            }
            for line in writing {
                let isState = line.contains("<\(state)>") || line.contains("<\(state)/")
                let isHarmless =
                    options.contains("STATE") && isState || line.contains("\"/dev/fuse\"")
                    || line.contains("\"/dev/null\"")
                    || line.contains("execve(\"\(hotmem)\"")
                    || line.contains("mount(\"hotmem\", \"\(place)\", \"fuse.hotmem\"") || line.contains("resumed>")
                #expect(isHarmless, "\(line)")
            }
        }
    }

    @Test func `sends no uevent to the host, mounted or as a world`() throws {
        try Scratch.with { scratch in
            let place = try scratch.directory("tree")
            let plug = """
                echo 0x140000000 > $root/sys/devices/system/memory/probe
                echo online > $root/sys/devices/system/memory/memory40/state
                echo "plug id=a size=128M node=1" > $root/sys/kernel/debug/hotmem/dimm
                """
            let script = """
                root=\(place); hotmem mount $root; \(plug); umount $root
                hotmem run -- sh -ec 'root=; \(plug); echo ran'
                """
            // In the network namespace that everything on this machine is in.
            let listen = ["python3", try Installation.shared.script("listen.py"), script]
            let ended = try scratch.program(listen).run()
            #expect(ended.succeeded && ended.output == "listening\nran\n", "\(ended)")
        }
    }
}
