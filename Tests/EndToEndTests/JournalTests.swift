// SPDX-License-Identifier: Apache-2.0

import Foundation
import Glibc
import TestSupport
import Testing

extension Host {
    /// What stat(2) says; nothing of a file that is not there.
    fileprivate static func status(_ path: String) -> stat {
        var status = stat()
        stat(path, &status)
        return status
    }
}

/// A mount with a keeper, in a scratch directory.
private struct KeptMount {
    let scratch: Scratch
    let place: String
    let state: String

    init(_ scratch: Scratch, _ options: [String] = [], by caller: Caller = .root) throws {
        self.scratch = scratch
        place = try scratch.directory("tree")
        state = scratch.path + "/state"
        if caller == .nobody {
            chown(place, 65534, 65534)
            chown(scratch.path, 65534, 65534)
        }
        chmod(scratch.path, 0o755)
        try mount(options, by: caller)
    }

    func mount(_ options: [String] = [], by caller: Caller = .root) throws {
        let ended = try scratch.hotmem(["mount", "--state", state] + options + [place], by: caller)
        #expect(ended.succeeded, "\(ended)")
    }

    /// The process that serves: what its keeper started, and not what is beside it, which is like it when it begins and ends.
    var daemon: pid_t? {
        guard let keeper = scratch.keeper else { return nil }
        return scratch.processes.first { process in
            Host.text("/proc/\(process)/status").contains("\nPPid:\t\(keeper)\n")
                && Host.text("/proc/\(process)/cmdline").split(separator: "\0").contains("--kept")
        }
    }

    func path(_ file: String) -> String { place + file }
    func text(_ file: String) -> String { Host.text(path(file)) }

    /// Writes; 0, or an errno.
    func write(_ file: String, _ text: String) -> Int32 {
        let descriptor = open(path(file), O_WRONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return errno }
        defer { close(descriptor) }
        return Glibc.write(descriptor, text, text.utf8.count) < 0 ? errno : 0
    }

    /// Kills the one that serves, and waits for another; what is there is said where none comes.
    func killDaemon(_ signal: Int32 = SIGKILL, sourceLocation: SourceLocation = #_sourceLocation) throws {
        let before = try #require(daemon, "\(scratch.processReport)", sourceLocation: sourceLocation)
        #expect(kill(before, signal) == 0, sourceLocation: sourceLocation)
        let isReplaced = Host.comesTrue { daemon.map { $0 != before } ?? false }
        #expect(
            isReplaced, "signal \(signal) to \(before): \(scratch.processReport)", sourceLocation: sourceLocation)
    }

    /// Writes much, until the journal is made shorter.
    ///
    /// - Returns: whether it was, as soon as it was long.
    func makeJournalShorter() -> Bool {
        let note = "note " + String(repeating: "x", count: 100_000)
        var size = Host.status(state + "/journal").st_size
        for _ in 0..<50 {
            guard write("/sys/kernel/debug/hotmem/events", note) == 0 else { return false }
            let now = Host.status(state + "/journal").st_size
            if now < size { return true }
            size = now
        }
        return false
    }

    func unmount() throws {
        let ended = try scratch.program(["umount", place]).run()
        #expect(ended.succeeded, "\(ended)")
        #expect(scratch.hasNoProcesses)
    }
}

@Suite struct `A mount whose daemon is killed` {
    private static let probe = "/sys/devices/system/memory/probe"
    private static let workload = "/sys/kernel/debug/hotmem/workload"
    private static let events = "/sys/kernel/debug/hotmem/events"

    @Test func `goes on for an ordinary user, too`() throws {
        try Scratch.with { scratch in
            let mount = try KeptMount(scratch, by: .nobody)
            let probe = "echo 0x140000000 > \(mount.path(Self.probe))"
            #expect(try scratch.program(["sh", "-c", probe], by: .nobody).run().succeeded)
            for _ in 0..<3 {
                try mount.killDaemon()
                let state = mount.path("/sys/devices/system/memory/memory40/state")
                #expect(try scratch.program(["cat", state], by: .nobody).run().output == "offline\n")
            }
            #expect(try scratch.program(["fusermount3", "-u", mount.place], by: .nobody).run().succeeded)
            #expect(scratch.hasNoProcesses)
        }
    }

    @Test func `goes on with the machine that it was`() throws {
        try Scratch.with { scratch in
            let mount = try KeptMount(scratch)
            let device = Host.status(mount.place).st_dev
            let held = open(mount.path("/sys/devices/system/memory/memory33/state"), O_RDWR | O_CLOEXEC)
            defer { close(held) }
            #expect(mount.write(Self.probe, "0x140000000") == 0)
            #expect(mount.write(Self.workload, "alloc name=db kind=anon pages=100") == 0)
            #expect(mount.write("/sys/devices/system/memory/memory40/state", "onlin") == EINVAL)
            for signal in [SIGKILL, SIGUSR1, SIGSEGV] {
                let events = mount.text(Self.events)
                try mount.killDaemon(signal)
                #expect(mount.text("/sys/devices/system/memory/memory40/state") == "offline\n")
                #expect(mount.text(Self.workload).hasPrefix("name=db kind=anon pages=100 "))
                #expect(mount.text(Self.events) == events)
                #expect(pwrite(held, "offline", 7, 0) == 7)
                #expect(pwrite(held, "online", 6, 0) == 6)
                #expect(mount.text(Self.events).hasPrefix(events))
                #expect(mount.write(Self.probe, "0x140000000") == EEXIST)
            }
            #expect(Host.status(mount.place).st_dev == device)
        }
    }

    @Test func `is mounted anew in its place where the kernel sends no request again`() throws {
        try Scratch.with { scratch in
            let mount = try KeptMount(scratch, ["--no-repeats", "-o", "allow_other"])
            #expect(mount.write(Self.probe, "0x140000000") == 0)
            for _ in 0..<2 {
                let before = try #require(mount.daemon)
                kill(before, SIGKILL)
                // Who asks meanwhile may hear that nobody is there.
                #expect(Host.comesTrue { mount.text("/sys/devices/system/memory/memory40/state") == "offline\n" })
                #expect(mount.daemon != before)
            }
            #expect(scratch.mounts.count == 1)
            #expect(Host.text(mount.state + "/journal").split(separator: " connection init=").count == 6)
            let file = mount.path("/sys/devices/system/memory/block_size_bytes")
            #expect(try scratch.program(["cat", file], by: .nobody).run().output == "8000000\n")
            try mount.unmount()
        }
    }

    @Test func `is taken away where nobody knows how it was mounted`() throws {
        try Scratch.with { scratch in
            let mount = try KeptMount(scratch)
            let daemon = try #require(mount.daemon)
            kill(daemon, SIGSTOP)
            let lines = try String(contentsOfFile: mount.state + "/journal", encoding: .utf8).split(separator: "\n")
            let beginning = lines.prefix(2).map { $0 + "\n" }.joined()
            #expect(truncate(mount.state + "/journal", beginning.utf8.count) == 0)
            kill(daemon, SIGKILL)
            #expect(Host.comesTrue { scratch.mounts.isEmpty } && scratch.hasNoProcesses)
        }
    }

    @Test func `does not come back when it is unmounted in that moment`() throws {
        try Scratch.with { scratch in
            for pause: UInt32 in [0, 0, 2000, 5000, 10_000, 15_000, 20_000, 25_000] {
                let mount = try KeptMount(scratch)
                kill(try #require(mount.daemon), SIGKILL)
                usleep(pause)
                // A server that begins looks at the mount, which is then busy for a moment.
                #expect(Host.comesTrue { umount2(mount.place, 0) == 0 })
                #expect(scratch.hasNoProcesses && scratch.mounts.isEmpty)
            }
        }
    }

    @Test func `has its keeper take it away when it is asked to end`() throws {
        try Scratch.with { scratch in
            let mount = try KeptMount(scratch)
            let daemon = try #require(mount.daemon)
            kill(daemon, SIGTERM)
            #expect(Host.comesTrue { scratch.mounts.isEmpty } && scratch.hasNoProcesses)
        }
    }

    @Test func `is replaced by the program that is there by then`() throws {
        try Scratch.with { scratch in
            let mount = try KeptMount(scratch)
            #expect(mount.write(Self.workload, "alloc name=db kind=anon pages=100") == 0)
            try mount.killDaemon(SIGUSR1)
            #expect(mount.text(Self.workload).hasPrefix("name=db "))
            try mount.unmount()
        }
    }

    /// Somebody who takes block 34 offline, and waits for I/O on its pages.
    private func startWriter(on mount: KeptMount, _ scratch: Scratch) throws -> (writer: Running, state: String) {
        #expect(mount.write(Self.workload, "alloc name=disk kind=file block=34 pages=5") == 0)
        #expect(mount.write(Self.workload, "stall name=disk") == 0)
        let state = mount.path("/sys/devices/system/memory/memory34/state")
        let writer = try scratch.program(["sh", "-c", "echo offline > \(state); echo \"status $?\""]).start()
        #expect(Host.comesTrue { mount.text(Self.events).contains("waiting block=memory34") })
        return (writer, state)
    }

    @Test func `answers who waits for it`() throws {
        try Scratch.with { scratch in
            let mount = try KeptMount(scratch)
            let (writer, state) = try startWriter(on: mount, scratch)
            for _ in 0..<3 { try mount.killDaemon() }
            #expect(mount.write(Self.workload, "resume name=disk") == 0)
            let ended = writer.finish()
            #expect(ended.output == "status 0\n", "\(ended)")
            #expect(Host.text(state) == "offline\n")
            try mount.unmount()
        }
    }

    @Test func `answers who waits for it, and once only, though its journal was made shorter`() throws {
        try Scratch.with { scratch in
            let mount = try KeptMount(scratch)
            let (writer, state) = try startWriter(on: mount, scratch)
            for _ in 0..<2 {
                #expect(mount.makeJournalShorter())
                try mount.killDaemon()
            }
            #expect(mount.write(Self.workload, "resume name=disk") == 0)
            let ended = writer.finish()
            #expect(ended.output == "status 0\n" && ended.errors.isEmpty, "\(ended)")
            #expect(Host.text(state) == "offline\n")
            #expect(!mount.text(Self.events).contains("refused"))
        }
    }

    @Test func `has its journal made shorter as soon as nothing of the one before can come again`() throws {
        try Scratch.with { scratch in
            let mount = try KeptMount(scratch)
            for _ in 0..<3 {
                try mount.killDaemon()
                #expect(mount.makeJournalShorter())
            }
        }
    }

    @Test func `forgets who polls no more`() throws {
        try Scratch.with { scratch in
            let mount = try KeptMount(scratch)
            func polled() throws -> Bool {
                try scratch.hotmem(["journal", "show", mount.state]).output.contains("somebody polls")
            }
            let events = open(mount.path(Self.events), O_RDWR | O_CLOEXEC)
            var source = pollfd(fd: events, events: Int16(POLLIN), revents: 0)
            #expect(poll(&source, 1, 50) == 0)
            #expect(try polled())
            #expect(mount.makeJournalShorter())
            #expect(try polled())
            try mount.killDaemon()
            close(events)
            #expect(mount.makeJournalShorter())
            #expect(try !polled())
        }
    }

    @Test func `goes on telling who follows its events`() throws {
        try Scratch.with { scratch in
            let mount = try KeptMount(scratch)
            #expect(mount.write(Self.events, "note first") == 0)
            let hotmem = try Installation.shared.hotmem
            let reader = try scratch.program([
                "sh", "-c", "\(hotmem) events --follow --root \(mount.place) | head -n 3 | cut -d' ' -f 1,3-",
            ]).start()
            usleep(200_000)
            for note in ["second", "third"] {
                try mount.killDaemon()
                #expect(mount.write(Self.events, "note \(note)") == 0)
            }
            let ended = reader.finish()
            #expect(ended.output == "1 note: first\n2 note: second\n3 note: third\n", "\(ended)")
        }
    }

    @Test func `gives the rest of a text as it was begun`() throws {
        try Scratch.with { scratch in
            let mount = try KeptMount(scratch)
            for number in 0..<200 {
                #expect(mount.write(Self.workload, "alloc name=w\(number) kind=anon pages=1") == 0)
            }
            let whole = mount.text(Self.workload)
            let file = open(mount.path(Self.workload), O_RDONLY | O_CLOEXEC)
            defer { close(file) }
            var (bytes, buffer): ([UInt8], [UInt8]) = ([], [UInt8](repeating: 0, count: 1000))
            try #require(read(file, &buffer, 1000) == 1000)
            bytes += buffer
            #expect(mount.write(Self.workload, "free name=w0") == 0)
            try mount.killDaemon()
            for _ in 0..<2 {
                #expect(mount.makeJournalShorter())
                try mount.killDaemon()
            }
            while case let count = read(file, &buffer, 1000), count > 0 { bytes += buffer[..<count] }
            #expect(String(decoding: bytes, as: UTF8.self) == whole)
        }
    }

    @Test func `keeps what the kernel keeps right`() throws {
        try Scratch.with { scratch in
            let mount = try KeptMount(scratch, ["-o", "cached"])
            let list = { try FileManager.default.contentsOfDirectory(atPath: mount.path("/sys/devices/system/memory")) }
            #expect(try !list().contains("memory40"))
            #expect(mount.write(Self.probe, "0x140000000") == 0)
            #expect(try list().contains("memory40"))
            #expect(mount.text("/sys/devices/system/memory/memory40/state") == "offline\n")
            try mount.killDaemon()
            #expect(mount.write("/sys/devices/system/memory/memory40/state", "online_movable") == 0)
            #expect(mount.text("/sys/devices/system/memory/memory40/state") == "online\n")
            #expect(mount.text("/sys/devices/system/memory/memory40/valid_zones") == "Movable\n")
            #expect(mount.write("/sys/kernel/debug/hotmem/dimm", "plug id=d size=256M node=1") == 0)
            #expect(mount.text("/sys/devices/system/node/online") == "0-1\n")
            try mount.killDaemon()
            #expect(mount.write("/sys/kernel/debug/hotmem/dimm", "unplug id=d") == 0)
            #expect(mount.text("/sys/devices/system/node/online") == "0\n")
            #expect(try !list().contains("memory80"))
        }
    }
}

@Suite struct `A journal of a mounted machine` {
    private static let workload = "/sys/kernel/debug/hotmem/workload"

    @Test func `is gone with the mount, unless somebody said where it is`() throws {
        try Scratch.with { scratch in
            let place = try scratch.directory("tree")
            var program = scratch.program([try Installation.shared.hotmem, "mount", place])
            program.caller = .nobody
            let runtime = try scratch.directory("runtime")
            chown(runtime, 65534, 65534)
            chmod(runtime, 0o700)
            chmod(scratch.path, 0o755)
            chown(place, 65534, 65534)
            program.environment["XDG_RUNTIME_DIR"] = runtime
            #expect(try program.run().succeeded)
            let made = try FileManager.default.subpathsOfDirectory(atPath: runtime)
            #expect(made.contains { $0.hasSuffix("/journal") }, "\(made)")
            #expect(try scratch.program(["fusermount3", "-u", place], by: .nobody).run().succeeded)
            #expect(Host.comesTrue { (try? FileManager.default.subpathsOfDirectory(atPath: runtime)) == ["hotmem"] })
        }
    }

    @Test func `is gone on with, and says what it holds`() throws {
        try Scratch.with { scratch in
            let mount = try KeptMount(scratch, ["--machine", "two-nodes"])
            #expect(mount.write(Self.workload, "alloc name=db kind=anon pages=7") == 0)
            #expect(mount.write("/sys/devices/system/memory/memory1/state", "nonsense") == EINVAL)
            let events = mount.text("/sys/kernel/debug/hotmem/events")
            try mount.unmount()
            try mount.mount()
            #expect(mount.text(Self.workload).hasPrefix("name=db "))
            #expect(mount.text("/sys/kernel/debug/hotmem/events") == events)
            let other = try scratch.hotmem(["mount", "--state", mount.state, try scratch.directory("other")])
            #expect(other.ending == .exited(1) && other.errors.contains("another hotmem serves"), "\(other)")
            try mount.unmount()
            let different = try scratch.hotmem(["mount", "--state", mount.state, "--machine", "ppc64", mount.place])
            #expect(different.ending == .exited(1) && different.errors.contains("the journal of another machine"))

            let shown = try scratch.hotmem(["journal", "show", mount.state])
            #expect(shown.output.contains("boot preset two-nodes, by hotmem "), "\(shown)")
            #expect(shown.output.contains("write \"alloc name=db kind=anon pages=7\" to \(Self.workload)\n"))
            let replayed = try scratch.hotmem(["journal", "replay", mount.state])
            #expect(replayed.output.contains("pages=7\" to \(Self.workload): done\n"), "\(replayed)")
            #expect(replayed.output.contains("/state: refused: "))
            let told = try scratch.hotmem(["journal", "replay", "--events", mount.state])
            #expect(told.output == events)
            let json = try scratch.hotmem(["journal", "replay", "--json", mount.state])
            #expect(json.output.contains("\"answer\": \"refused\", \"errno\": 22, "))
        }
    }

    @Test(arguments: Caller.allCases)
    func `is found by where the machine is mounted`(caller: Caller) throws {
        try Scratch.with { scratch in
            chmod(scratch.path, 0o755)
            if caller == .nobody { chown(scratch.path, 65534, 65534) }
            let mounts: [(String, [String])] = [
                ("usual", []), ("named", ["--state", "state"]), ("in it", ["--state=./more"]),
            ]
            for (name, options) in mounts {
                let place = try scratch.directory(name)
                if caller == .nobody { chown(place, 65534, 65534) }
                #expect(try scratch.hotmem(["mount"] + options + [name], by: caller).succeeded)
                let write = "echo note \(name.first!) > '\(place)/sys/kernel/debug/hotmem/events'"
                #expect(try scratch.program(["sh", "-c", write], by: caller).run().succeeded)
                for words in [["show", "--root", name], ["show", "./\(name)/"], ["replay", "--root", place]] {
                    let ended = try scratch.hotmem(["journal"] + words, by: caller)
                    #expect(
                        ended.succeeded && ended.output.contains("write \"note \(name.first!)\\n\" to "), "\(ended)")
                }
                let same = try scratch.hotmem(["journal", "diff", name, place], by: caller)
                #expect(same.succeeded && same.output.isEmpty, "\(same)")
            }
        }
    }

    @Test func `is found where a server in the foreground has it, and nowhere where there is none`() throws {
        try Scratch.with { scratch in
            chmod(scratch.path, 0o755)
            let place = try scratch.directory("tree")
            let none = try scratch.hotmem(["journal", "show", "--root", "tree"])
            #expect(none.ending == .exited(1) && none.errors.contains("no hotmem tree is mounted there"), "\(none)")
            for options in [["--state", "state"], []] {
                let words = [try Installation.shared.hotmem, "mount", "--foreground"] + options + ["tree"]
                let running = try scratch.program(words).start()
                #expect(
                    Host.comesTrue {
                        scratch.mounts == [place]
                            && !Host.text(place + "/sys/devices/system/memory/block_size_bytes").isEmpty
                    })
                let ended = try scratch.hotmem(["journal", "show", "--root", "tree"])
                #expect(ended.output.contains("boot preset default"), "\(ended)")
                running.send(SIGTERM)
                #expect(running.finish().errors.isEmpty)
            }
            #expect(try scratch.hotmem(["mount", "--no-journal", place]).succeeded)
            let ended = try scratch.hotmem(["journal", "show", "--root", "tree"])
            #expect(ended.ending == .exited(1) && ended.errors.contains("mounted with --no-journal"), "\(ended)")
            for words in [["show"], ["show", "--root", "tree", "state"]] {
                let ended = try scratch.hotmem(["journal"] + words)
                #expect(ended.errors.hasPrefix("hotmem: name a journal, or --root DIR (see "), "\(ended)")
            }
        }
    }

    @Test func `is kept where a path from the working directory leads`() throws {
        try Scratch.with { scratch in
            chmod(scratch.path, 0o755)
            let place = try scratch.directory("tree")
            let below = try scratch.directory("below")
            func mount(_ state: String) throws -> Ended {
                let words = [try Installation.shared.hotmem, "mount", "--state", state, place]
                var program = scratch.program(words)
                program.directory = below
                return try program.run()
            }
            #expect(try mount("../state").succeeded)
            #expect(FileManager.default.fileExists(atPath: scratch.path + "/state/journal"))
            #expect(try scratch.program(["umount", place]).run().succeeded && scratch.hasNoProcesses)
            let refused = try mount("x/../state")
            #expect(refused.ending == .exited(1) && refused.errors.contains(".. may stand at the beginning only"))
        }
    }

    @Test func `of another's is refused, and one that others may read is theirs no more`() throws {
        try Scratch.with { scratch in
            let mount = try KeptMount(scratch)
            #expect(mount.write(Self.workload, "alloc name=db kind=anon pages=7") == 0)
            try mount.unmount()
            for name in ["journal", "followed"] {
                let path = mount.state + "/" + name
                for (owner, mode) in [(65534, 0o600), (0, 0o620)] as [(uid_t, mode_t)] {
                    chown(path, owner, owner)
                    chmod(path, mode)
                    let refused = try scratch.hotmem(["mount", "--state", mount.state, mount.place])
                    #expect(refused.ending == .exited(1) && refused.errors.contains("\(path): "), "\(refused)")
                    #expect(scratch.mounts.isEmpty)
                }
                chmod(path, 0o644)
            }
            try mount.mount()
            #expect(mount.text(Self.workload).hasPrefix("name=db "))
            for name in ["journal", "followed"] {
                #expect(Host.status(mount.state + "/" + name).st_mode & 0o777 == 0o600)
            }
        }
    }

    @Test func `is a bug report`() throws {
        try Scratch.with { scratch in
            let mount = try KeptMount(scratch)
            #expect(mount.write("/sys/devices/system/memory/probe", "0x140000000") == 0)
            let report = scratch.path + "/report"
            try FileManager.default.copyItem(atPath: mount.state + "/journal", toPath: report)
            try mount.unmount()
            let place = try scratch.directory("again")
            let ended = try scratch.hotmem(["mount", "--journal", report, "--state", scratch.path + "/new", place])
            #expect(ended.succeeded, "\(ended)")
            #expect(Host.text(place + "/sys/devices/system/memory/memory40/state") == "offline\n")
            #expect(try scratch.hotmem(["journal", "diff", report, scratch.path + "/new"]).output == "")
            try "online".write(
                toFile: place + "/sys/devices/system/memory/memory40/state", atomically: false, encoding: .utf8)
            let different = try scratch.hotmem(["journal", "diff", report, scratch.path + "/new"])
            #expect(different.ending == .exited(1) && different.output.contains("- (its end)\n+ "), "\(different)")
            #expect(different.output.contains("/sys/devices/system/memory/memory40/state:\n"))
        }
    }

    @Test func `drops a record that was cut short, and says where it is damaged`() throws {
        try Scratch.with { scratch in
            let mount = try KeptMount(scratch)
            for number in 0..<5 { #expect(mount.write(Self.workload, "alloc name=w\(number) kind=anon pages=1") == 0) }
            try mount.unmount()
            let journal = mount.state + "/journal"
            let whole = try String(contentsOfFile: journal, encoding: .utf8)
            try String(whole.dropLast(9)).write(toFile: journal, atomically: false, encoding: .utf8)
            let torn = try scratch.hotmem(["mount", "--state", mount.state, mount.place])
            #expect(torn.succeeded && torn.errors.contains("was cut short"), "\(torn)")
            #expect(mount.text(Self.workload).contains("name=w3 ") && !mount.text(Self.workload).contains("name=w4 "))
            try mount.unmount()

            try whole.replacing("name=w2", with: "name=w9").write(toFile: journal, atomically: false, encoding: .utf8)
            let damaged = try scratch.hotmem(["mount", "--state", mount.state, mount.place])
            #expect(damaged.ending == .exited(1) && scratch.mounts.isEmpty, "\(damaged)")
            #expect(damaged.errors.contains("the record after number 4: its checksum"), "\(damaged)")
            #expect(damaged.errors.contains("hotmem journal cut --after 4 "), "\(damaged)")
            for whole in ["journal.whole", "journal.whole.2"] {
                #expect(try scratch.hotmem(["journal", "cut", "--after", "4", mount.state]).succeeded)
                #expect(FileManager.default.fileExists(atPath: mount.state + "/" + whole))
            }
            #expect(try String(contentsOfFile: mount.state + "/journal.whole", encoding: .utf8).contains("name=w9"))
            try mount.mount()
            let served = try scratch.hotmem(["journal", "cut", "--after", "4", mount.state])
            #expect(served.ending == .exited(1) && served.errors.contains("unmount it first"), "\(served)")
            #expect(mount.text(Self.workload).contains("name=w1 ") && !mount.text(Self.workload).contains("name=w2 "))
        }
    }

    @Test func `is made shorter while it is served, and loses nothing by it`() throws {
        try Scratch.with { scratch in
            let mount = try KeptMount(scratch)
            #expect(mount.write(Self.workload, "alloc name=db kind=anon pages=100") == 0)
            let note = "note " + String(repeating: "x", count: 100_000)
            let journal = mount.state + "/journal"
            var largest = 0
            for _ in 0..<60 {
                #expect(mount.write("/sys/kernel/debug/hotmem/events", note) == 0)
                largest = max(largest, Int(Host.status(journal).st_size))
            }
            #expect(largest > 3 << 20 && Host.status(journal).st_size < 4 << 20)
            let events = mount.text("/sys/kernel/debug/hotmem/events")
            #expect(events.split(separator: "\n").count >= 60)
            try mount.killDaemon()
            #expect(mount.text("/sys/kernel/debug/hotmem/events") == events)
            #expect(mount.text(Self.workload).hasPrefix("name=db kind=anon pages=100 "))
            #expect(mount.write(Self.workload, "free name=db") == 0)
            let shown = try scratch.hotmem(["journal", "replay", mount.state])
            #expect(shown.succeeded && shown.output.contains(" snapshot "), "\(shown)")
            try mount.unmount()
            try mount.mount()
            #expect(mount.text(Self.workload) == "" && mount.text("/sys/kernel/debug/hotmem/events").hasPrefix(events))
        }
    }

    @Test func `that cannot be written refuses what it cannot hold`() throws {
        try Scratch.with { scratch in
            let disk = try scratch.directory("disk")
            chmod(scratch.path, 0o755)
            #expect(Glibc.mount("none", disk, "tmpfs", 0, "size=64k,mode=700") == 0)
            let place = try scratch.directory("tree")
            #expect(try scratch.hotmem(["mount", "--state", disk + "/state", place]).succeeded)
            let path = place + Self.workload
            func write(_ text: String) -> Int32 {
                let descriptor = open(path, O_WRONLY | O_CLOEXEC)
                defer { close(descriptor) }
                return Glibc.write(descriptor, text, text.utf8.count) < 0 ? errno : 0
            }
            var number = 0
            while number < 2000, case let errno = write("alloc name=w\(number) kind=anon pages=1"), errno == 0 {
                number += 1
            }
            #expect(number > 100 && number < 2000)
            #expect(write("alloc name=x kind=anon pages=1") == ENOSPC)
            let before = Host.text(path)
            #expect(before.split(separator: "\n").count == number && !before.contains("name=x "))
            #expect(Glibc.mount("none", disk, "tmpfs", UInt(MS_REMOUNT), "size=1m") == 0)
            #expect(write("alloc name=y kind=anon pages=1") == 0)
            #expect(try scratch.program(["umount", place]).run().succeeded && scratch.hasNoProcesses)
            #expect(try scratch.hotmem(["mount", "--state", disk + "/state", place]).succeeded)
            #expect(Host.text(path).split(separator: "\n").count == number + 1)
        }
    }

    @Test func `that cannot be written loses no signal`() throws {
        try Scratch.with { scratch in
            let disk = try scratch.directory("disk")
            chmod(scratch.path, 0o755)
            #expect(Glibc.mount("none", disk, "tmpfs", 0, "size=64k,mode=700") == 0)
            let place = try scratch.directory("tree")
            #expect(try scratch.hotmem(["mount", "--state", disk + "/state", place]).succeeded)
            func write(_ text: String) -> Int32 {
                let descriptor = open(place + Self.workload, O_WRONLY | O_CLOEXEC)
                defer { close(descriptor) }
                return Glibc.write(descriptor, text, text.utf8.count) < 0 ? errno : 0
            }
            #expect(write("alloc name=disk kind=file block=34 pages=5") == 0 && write("stall name=disk") == 0)
            let state = place + "/sys/devices/system/memory/memory34/state"
            let writer = try scratch.program(["sh", "-c", "echo ready; exec /bin/echo offline > \(state)"]).start()
            let events = place + "/sys/kernel/debug/hotmem/events"
            #expect(Host.comesTrue { Host.text(events).contains("waiting block=memory34") })
            // Fills the last page of the journal, but for less than what says that a signal came.
            let size = { Int(Host.status(disk + "/state/journal").st_size) }
            func note(_ length: Int) -> Int32 {
                let text = "note " + String(repeating: "x", count: length)
                let descriptor = open(events, O_WRONLY | O_CLOEXEC)
                defer { close(descriptor) }
                return Glibc.write(descriptor, text, text.utf8.count) < 0 ? errno : 0
            }
            let before = size()
            #expect(note(1) == 0)
            let base = size() - before - 1
            while 4096 - size() % 4096 < base + 60 { #expect(note(50) == 0) }
            let filler = open(disk + "/filler", O_WRONLY | O_CREAT | O_CLOEXEC, 0o600)
            let page = [UInt8](repeating: 0, count: 4096)
            while Glibc.write(filler, page, page.count) > 0 {}
            close(filler)
            #expect(note(4096 - size() % 4096 - base - 20) == 0 && note(1) == ENOSPC)
            let full = size()
            writer.send(SIGTERM)
            usleep(300_000)
            #expect(size() == full)
            #expect(Glibc.mount("none", disk, "tmpfs", UInt(MS_REMOUNT), "size=1m") == 0)
            #expect(writer.finish().ending == .signalled(SIGTERM))
            #expect(try scratch.program(["umount", place]).run().succeeded && scratch.hasNoProcesses)
        }
    }

    @Test func `is not kept where nobody wants one`() throws {
        try Scratch.with { scratch in
            let place = try scratch.directory("tree")
            #expect(try scratch.hotmem(["mount", "--no-journal", place]).succeeded)
            #expect(try scratch.hotmem(["mount", "--no-journal", "--state", "x", place]).ending == .exited(2))
            #expect(scratch.processes.allSatisfy { !Host.text("/proc/\($0)/comm").hasPrefix("hotmem-keeper") })
        }
    }
}
