// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport
import Testing

@Suite struct `The helper of mount(8)` {
    /// Runs the program under the name that mount(8) knows.
    private func helper(_ arguments: [String], in scratch: Scratch) throws -> Ended {
        let link = scratch.path + "/mount.fuse.hotmem"
        if access(link, F_OK) != 0 { symlink(try Installation.shared.hotmem, link) }
        return try scratch.program([link] + arguments).run()
    }

    @Test func `mounts a machine and names it`() throws {
        try Scratch.with { scratch in
            let place = try scratch.directory("tree")
            let options = "rw,cmdline=movable_node hotmem.migrate=near,allow_other,nofail"
            let ended = try helper(["two-nodes", place, "-o", options, "-t", "fuse.hotmem"], in: scratch)
            #expect(ended.succeeded && ended.errors.isEmpty && ended.output.isEmpty, "\(ended)")
            #expect(Host.text(place + "/proc/cmdline").hasSuffix("movable_node hotmem.migrate=near\n"))
            let shown = try scratch.program(["findmnt", "--noheadings", "--output", "SOURCE,FSTYPE", place]).run()
            #expect(shown.output.split { " \n".contains($0) } == ["two-nodes", "fuse.hotmem"], "\(shown)")
            #expect(try scratch.program(["umount", place]).run().succeeded)
            #expect(scratch.hasNoProcesses && scratch.mounts.isEmpty)
        }
    }

    @Test func `takes a machine file, whatever its name`() throws {
        try Scratch.with { scratch in
            let place = try scratch.directory("tree")
            let text = try scratch.hotmem(["machine", "show", "ppc64"]).output
            let file = try scratch.file("a,b\\c d.toml", text)
            #expect(try helper([file, place, "-v"], in: scratch).output == "\(file) mounted on \(place).\n")
            let shown = try scratch.program(["findmnt", "--noheadings", "--raw", "--output", "SOURCE", place]).run()
            #expect(
                shown.output == file.replacing("\\", with: "\\x5c").replacing(" ", with: "\\x20") + "\n", "\(shown)")
        }
    }

    @Test(
        arguments: [
            (["default"], 1, "usage: "), (["default", "tree", "-x"], 1, "-x"),
            (["default", "tree", "-o", "bogus"], 1, "-o bogus"), (["m.d/m.toml", "tree"], 1, "absolute path"),
            (["default", "tree", "-o", "remount"], 1, "unmount it first"), (["vax", "tree"], 32, "vax"),
            (["/missing.toml", "tree"], 32, "/missing.toml"), (["default", "missing"], 32, "missing: No such file"),
            (["default", "full"], 32, "not empty"), (["default", "tree", "-N", "/missing"], 2, "-N /missing"),
            (["default", "tree", "-o", "cmdline=mem=1M"], 32, "mem"),
        ] as [([String], Int32, String)])
    func `says what is wrong, with mount(8)'s exit statuses`(
        arguments: [String], status: Int32, part: String
    ) throws {
        try Scratch.with { scratch in
            for name in ["tree", "full/inner"] { _ = try scratch.directory(name) }
            let ended = try helper(arguments, in: scratch)
            #expect(ended.ending == .exited(status), "\(ended)")
            #expect(ended.errorLines.count == 1 && ended.errors.hasPrefix("hotmem: "), "\(ended)")
            #expect(ended.errors.contains(part) && scratch.mounts.isEmpty && scratch.hasNoProcesses, "\(ended)")
        }
    }

    @Test func `checks everything and mounts nothing with -f; passes over what it does not know with -s`() throws {
        try Scratch.with { scratch in
            let place = try scratch.directory("tree")
            #expect(try helper(["default", place, "-f"], in: scratch).succeeded && scratch.mounts.isEmpty)
            #expect(try helper(["vax", place, "-f"], in: scratch).ending == .exited(32))
            #expect(try helper(["default", place, "-s", "-o", "bogus"], in: scratch).succeeded)
            #expect(scratch.mounts == [place])
        }
    }

    @Test func `takes every option that mount(8) has for all file systems`() throws {
        try Scratch.with { scratch in
            let place = try scratch.directory("tree")
            let options = """
                rw,exec,relatime,norelatime,nodiratime,diratime,strictatime,nostrictatime,lazytime,nolazytime,silent,loud,\
                nosymfollow,symfollow,noowner,nogroup,nousers,noiversion,nomand,noatime
                """
            #expect(try helper(["default", place, "-o", options], in: scratch).succeeded)
            #expect(scratch.mounts == [place])
            for label in ["context", "fscontext", "defcontext", "rootcontext"] {
                // Only SELinux has labels: the kernel may refuse them, hotmem does not.
                let directory = try scratch.directory(label)
                let ended = try helper(["default", directory, "-o", "\(label)=\"a:b:c:d,e\""], in: scratch)
                #expect(ended.succeeded || ended.ending == .exited(32), "\(ended)")
            }
        }
    }

    @Test func `mounts in another mount namespace and does not stay there`() throws {
        try Scratch.with { scratch in
            let place = try scratch.directory("tree")
            let other = try scratch.program(["unshare", "--mount", "sh", "-c", "echo there; exec sleep 60"]).start()
            try other.wait(for: "there")
            let seen = "/proc/\(other.process)/root\(place)/sys/devices/system/memory/block_size_bytes"
            func mount() throws -> pid_t {
                let ended = try helper(["default", place, "-N", "\(other.process)"], in: scratch)
                #expect(ended.succeeded && ended.errors.isEmpty, "\(ended)")
                #expect(scratch.mounts.isEmpty && Host.text(seen) == "8000000\n")
                return try #require(scratch.servers.first { $0 != other.process })
            }
            let daemon = try mount()
            let namespaces = ["self", "\(daemon)"].map {
                try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\($0)/ns/mnt")
            }
            #expect(namespaces[0] == namespaces[1])
            kill(daemon, SIGTERM)
            #expect(Host.comesTrue { !scratch.processes.contains(daemon) })
            #expect(!Host.text("/proc/\(other.process)/mounts").contains(place))
            _ = try mount()
            other.send(SIGKILL)
            #expect(scratch.hasNoProcesses)
        }
    }

    @Test func `is found by mount(8), for a command and for a line of fstab`() throws {
        try Scratch.with { scratch in
            let place = try scratch.directory("tree")
            let line = "two-nodes \(place) fuse.hotmem cmdline=movable_node\\040quiet,allow_other,nofail 0 0\n"
            let table = try scratch.file("fstab", line)
            // mount(8) looks in /sbin only: one of this script's own.
            let script = """
                mount -t tmpfs none /usr/sbin && ln -s "$1" /usr/sbin/mount.fuse.hotmem
                mount -t fuse.hotmem -o 'cmdline="mem=2G quiet",ro' s390x "$2"
                tail -n 1 "$2/proc/cmdline"; findmnt -no SOURCE,FSTYPE "$2"; umount "$2"
                mount --fstab "$3" "$2"
                tail -n 1 "$2/proc/cmdline"; findmnt -no SOURCE,FSTYPE "$2"; umount "$2"
                ! mount -t fuse.hotmem vax "$2" || exit 1
                """
            let words = ["unshare", "--mount", "sh", "-ec", script, "sh", try Installation.shared.hotmem, place, table]
            let ended = try scratch.program(words).run()
            #expect(ended.succeeded && ended.errors.contains("vax"), "\(ended)")
            let lines = ended.output.split(separator: "\n")
            #expect(lines.count == 4, "\(ended)")
            #expect(lines.first?.hasSuffix("mem=2G quiet") == true, "\(ended)")
            #expect(
                ended.output.contains("s390x  fuse.hotmem") || ended.output.contains("s390x fuse.hotmem"), "\(ended)")
            #expect(ended.output.contains("movable_node quiet\ntwo-nodes fuse.hotmem\n"), "\(ended)")
            #expect(scratch.hasNoProcesses)
        }
    }
}
