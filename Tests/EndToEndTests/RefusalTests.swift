// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport
import Testing

@Suite struct `What cannot be done` {
    @Test(
        arguments: [
            (["mount", "missing"], "missing: No such file"), (["mount", "file"], "file: not a directory"),
            (["mount", "file/below"], "file/below: Not a directory"), (["mount", "full"], "not empty"),
            (["mount", "-o", "bogus", "empty"], "-o bogus"),
            (["mount", "-o", "ro,allow_others", "empty"], "allow_others"),
            (["mount", "-o", "suid", "empty"], "-o suid"), (["mount", "-o", "dev", "empty"], "-o dev"),
            (["mount", "--bogus", "empty"], "--bogus"), (["mount", "-m", "vax", "empty"], "vax"),
            (["mount", "--machine", "missing.toml", "empty"], "missing.toml"),
            (["mount", "--machine", "empty", "empty"], "empty"), (["mount", "--machine", "", "empty"], "hotmem: "),
            (["mount"], "mountpoint"), (["mount", "empty", "more"], "more"), (["mount", ""], "hotmem: "),
            (["mount", "--machine"], "--machine"), (["mount", "--hand-over", "empty"], "$NOTIFY_SOCKET"),
            (["run"], "no command"), (["run", "--"], "no command"), (["run", "--", ""], "no command"),
            (["run", "--bogus", "--", "true"], "--bogus"), (["run", "-m", "vax", "--", "true"], "vax"),
            (["run", "-m", "/dev/null", "--", "true"], "/dev/null"), (["run", "-m", "binary", "--", "true"], "binary"),
            (["run", "--rules", "empty", "--", "true"], "--rules empty: a directory"),
            (["fault", "set", "offlin"], "the kind offlin is unknown"),
            (["export", "--machine", "default", "--tar", "a.zip"], "a.zip: tar writes no such archive"),
            (["web", "--root", "empty"], "empty/sys/kernel/debug/hotmem/map"), (["web", "--port", "x"], "--port"),
            (["bogus"], "bogus"), (["--bogus"], "--bogus"), (["machine", "bogus"], "bogus"),
            (["machine", "show", "vax"], "vax"), (["machine", "check"], "machine"),
            (["machine", "check", "missing.toml"], "missing.toml"), (["machine", "list", "--bogus"], "--bogus"),
        ] as [(arguments: [String], part: String)], Caller.allCases)
    func `is said in one line, with status 1 or 2`(refusal: (arguments: [String], part: String), caller: Caller) throws
    {
        try Scratch.with { scratch in
            for name in ["empty", "full/inner"] { _ = try scratch.directory(name) }
            _ = try scratch.file("file", "")
            try Data((0...255).map { UInt8($0) }).write(to: URL(fileURLWithPath: scratch.path + "/binary"))
            let ended = try scratch.hotmem(refusal.arguments, by: caller)
            expectRefusal(ended, scratch, refusal.part)
        }
    }

    @Test(
        arguments: [
            (["bogus"], "Unexpected argument 'bogus' (see hotmem --help)"),
            (["machine", "bogus"], "Unexpected argument 'bogus' (see hotmem machine --help)"),
            (["mount", "--bogus", "x"], "Unknown option '--bogus' (see hotmem mount --help)"),
            (["fault", "clear"], "give names, or --all (see hotmem fault clear --help)"),
            (
                ["plan", "remove-node", "x"],
                "The value 'x' is invalid for '<node>': x: not a node; one is called by its number, or node1 (see hotmem plan "
                    + "remove-node --help)"
            ),
            (["plan", "remove-node"], "Missing expected argument '<node>' (see hotmem plan remove-node --help)"),
            (["plan", "remove-node", "-1"], "-1: no number here may be negative (see hotmem plan remove-node --help)"),
            (
                ["journal", "cut", "--after", "-1", "x"],
                "--after -1: no number here may be negative (see hotmem journal cut --help)"
            ),
            (
                ["run", "--web-port", "99999", "--", "true"],
                "The value '99999' is invalid for '--web-port <port>': a port is a number up to 65535 (see hotmem run --help)"
            ),
            (
                ["run", "--seed", "x", "--", "true"],
                "The value 'x' is invalid for '--seed <seed>': it takes a whole number (see hotmem run --help)"
            ),
            (
                ["fault", "set", "slow", "--time", "-1s"],
                "--time -1s: no number here may be negative (see hotmem fault set --help)"
            ),
            (
                ["fault", "set", "lose", "--next", "-2"],
                "--next -2: no number here may be negative (see hotmem fault set --help)"
            ),
        ] as [(arguments: [String], line: String)])
    func `names the help of the command that it is about`(refusal: (arguments: [String], line: String)) throws {
        try Scratch.with { scratch in
            let ended = try scratch.hotmem(refusal.arguments)
            #expect(ended.ending == .exited(2) && ended.errors == "hotmem: \(refusal.line)\n", "\(ended)")
        }
    }

    @Test(
        arguments: [
            (
                "[[memory]]\nfirst = 0\nlast = 0x3fffffff\n[[memory]]\nfirst = 0x20000000\nlast = 0x7fffffff",
                ["m.toml:4:", "memory[1]", "overlaps"]
            ),
            (
                "[[memory]]\nfirst = 0\nlast = 0x3fffffff\n[[memory]]\nfirst = 0x20000000\nsize = \"1G\"",
                ["m.toml:4:", "memory[1]", "overlaps"]
            ),
            ("colour = \"red\"", ["m.toml:1:", "colour", "unknown key"]),
            ("adress_bits = 40", ["m.toml:1:", "did you mean \"address_bits\"?"]),
            ("block_size = \"64M\"", ["m.toml:1:", "block_size", "multiple", "128M"]),
            ("block_size = \"192M\"", ["m.toml:1:", "block_size", "power of two"]),
            ("arch = \"vax\"", ["m.toml:1:", "arch", "vax", "x86_64"]),
            ("abi = \"linux-2.4\"", ["m.toml:1:", "abi", "linux-6.1"]),
            ("[[memory]]\nfirst = 0x1000\nlast = 0xfff", ["memory[1].last", "below first"]),
            ("[[affinity]]\nfirst = 0\nlast = 9", ["affinity[0]", "needs \"node\""]),
            (
                "[[affinity]]\nnode = 0\nfirst = 0\nlast = 9\n[[cpu]]\nnode = 3",
                ["cpu[0].node", "node 3 has no [[affinity]] range"]
            ),
            ("distances = [[10, 20], [20, 10]]", ["distances", "node 1"]),
            ("this is not TOML", ["m.toml:1:"]),
        ] as [(String, [String])])
    func `a bad machine file is told with its line or key`(text: String, parts: [String]) throws {
        try Scratch.with { scratch in
            let usable = "\n[[memory]]\nfirst = 0x100000000\nlast = 0x13fffffff\n"
            // Keys come before the first table; tables may stand behind another.
            let whole: String
            if text.hasPrefix("[[memory]]\nfirst = 0x1000") || text.hasPrefix("[[affinity]]") {
                whole = usable + text
            } else {
                whole = text + usable
            }
            _ = try scratch.file("m.toml", whole)
            _ = try scratch.directory("empty")
            for arguments in [
                ["mount", "--machine", "m.toml", "empty"], ["run", "--machine", "m.toml", "--", "touch", "marker"],
                ["machine", "check", "m.toml"],
            ] {
                let ended = try scratch.hotmem(arguments)
                for part in parts { expectRefusal(ended, scratch, part) }
            }
            #expect(!FileManager.default.fileExists(atPath: scratch.path + "/marker"))
        }
    }

    @Test func `a missing FUSE device is said, and what to do`() throws {
        try Scratch.with { scratch in
            _ = try scratch.directory("empty")
            let script = "mount -t tmpfs none /dev && mknod -m 666 /dev/null c 1 3 && exec hotmem mount empty"
            let ended = try scratch.program(["unshare", "--mount", "sh", "-c", script]).run()
            expectRefusal(ended, scratch, "modprobe fuse")
            expectRefusal(ended, scratch, "hotmem export")
        }
    }

    @Test func `an ordinary user cannot mount on a directory of another's`() throws {
        try Scratch.with { scratch in
            let place = try scratch.directory("roots")
            chmod(place, 0o755)
            expectRefusal(try scratch.hotmem(["mount", "roots"], by: .nobody), scratch, "roots")
            chmod(place, 0o700)
            expectRefusal(try scratch.hotmem(["mount", "roots"], by: .nobody), scratch, "roots")
        }
    }

    @Test func `a machine whose memory fills no block is no machine`() throws {
        try Scratch.with { scratch in
            _ = try scratch.file("m.toml", "[[memory]]\nfirst = 0\nlast = 1000\n")
            expectRefusal(try scratch.hotmem(["machine", "check", "m.toml"]), scratch, "memory")
        }
    }

    private func expectRefusal(
        _ ended: Ended, _ scratch: Scratch, _ part: String, sourceLocation: SourceLocation = #_sourceLocation
    ) {
        let isRefused = ended.ending == .exited(1) || ended.ending == .exited(2)
        #expect(isRefused, "\(ended)", sourceLocation: sourceLocation)
        let isOneLine = ended.errors.hasPrefix("hotmem: ") && ended.errors.filter { $0 == "\n" }.count == 1
        #expect(isOneLine && ended.errors.count < 600, "\(ended)", sourceLocation: sourceLocation)
        #expect(ended.errors.contains(part), "\(ended)", sourceLocation: sourceLocation)
        #expect(ended.output.isEmpty, "\(ended)", sourceLocation: sourceLocation)
        #expect(scratch.mounts.isEmpty && scratch.hasNoProcesses, "\(ended)", sourceLocation: sourceLocation)
    }
}
