// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport
import Testing

/// A preset, and what is known of it.
struct KnownMachine: CustomTestStringConvertible {
    var name: String
    var blockSize: String
    var firstBlock = 0
    var online: String
    var offline = "0B"

    var testDescription: String { name }

    static let all = [
        KnownMachine(name: "default", blockSize: "8000000", online: "4G"),
        KnownMachine(name: "x86_64", blockSize: "8000000", online: "8G"),
        KnownMachine(name: "i386", blockSize: "4000000", online: "2G"),
        KnownMachine(name: "ppc64", blockSize: "1000000", online: "1G"),
        KnownMachine(name: "ia64", blockSize: "40000000", online: "4G"),
        KnownMachine(name: "arm64", blockSize: "8000000", firstBlock: 8, online: "4G"),
        KnownMachine(name: "s390x", blockSize: "10000000", online: "4G", offline: "2G"),
        KnownMachine(name: "two-nodes", blockSize: "8000000", online: "8G"),
        KnownMachine(name: "four-nodes", blockSize: "8000000", online: "8G"),
        KnownMachine(name: "large-server", blockSize: "80000000", online: "2T"),
        KnownMachine(name: "huge", blockSize: "8000000", online: "64T"),
    ]
}

@Suite struct `The machines that come with hotmem` {
    private let python = "import json, sys; data = json.load(sys.stdin); "

    /// What a Python expression makes of JSON.
    private func evaluate(_ expression: String, _ json: String) throws -> String {
        var program = Program(["python3", "-c", python + "print(\(expression))"])
        program.input = json
        let ended = try program.run()
        #expect(ended.succeeded, "\(ended)")
        return ended.output
    }

    @Test func `are listed, as text and as JSON`() throws {
        try Scratch.with { scratch in
            let names = KnownMachine.all.map(\.name)
            let text = try scratch.hotmem(["machine", "list"])
            let lines = text.output.split(separator: "\n")
            #expect(lines.map { String($0.prefix { $0 != " " }) } == names, "\(text)")
            #expect(lines.allSatisfy { $0.count <= 120 })
            let json = try scratch.hotmem(["machine", "list", "--json"])
            let found = try evaluate("*(item['name'] for item in data if item['summary'])", json.output)
            #expect(found == names.joined(separator: " ") + "\n")
        }
    }

    @Test(arguments: KnownMachine.all)
    func `are mounted and read by lsmem`(machine: KnownMachine) throws {
        try mounted(machine.name) { scratch, place in
            let memory = place + "/sys/devices/system/memory"
            #expect(Host.text(memory + "/block_size_bytes") == machine.blockSize + "\n")
            let before = "\(memory)/memory\(machine.firstBlock - 1)"
            #expect(access("\(memory)/memory\(machine.firstBlock)/state", F_OK) == 0)
            #expect(access(before, F_OK) != 0)
            // With half a million blocks lsmem takes minutes.
            if machine.name == "huge" {
                let list = try scratch.program(["sh", "-c", "ls \(memory) | grep -c '^memory[0-9]'"]).run()
                #expect(list.output == "524288\n", "\(list)")
                #expect(Host.text("\(memory)/memory524303/state") == "online\n")
                return
            }
            let lsmem = try scratch.program(["lsmem", "--sysroot", place]).run()
            #expect(lsmem.succeeded && lsmem.errors.isEmpty, "\(lsmem)")
            let summary = lsmem.output.split(separator: "\n").suffix(2).map { $0.split(separator: " ").last ?? "" }
            #expect(summary.map(String.init) == [machine.online, machine.offline], "\(lsmem)")
        }
    }

    @Test(arguments: KnownMachine.all)
    func `run a command`(machine: KnownMachine) throws {
        let ended = try world(["cat", "/sys/devices/system/memory/block_size_bytes"], on: machine.name)
        #expect(ended.output == machine.blockSize + "\n", "\(ended)")
    }

    @Test(arguments: KnownMachine.all)
    func `are shown as files that can be checked`(machine: KnownMachine) throws {
        try Scratch.with { scratch in
            let shown = try scratch.hotmem(["machine", "show", machine.name])
            let path = try scratch.file("m.toml", shown.output)
            let checked = try scratch.hotmem(["machine", "check", path, "--json"])
            let preset = try scratch.hotmem(["machine", "check", machine.name, "--json"])
            #expect(checked.succeeded && checked.output == preset.output, "\(checked)")
            let size = try evaluate("format(data['block_size'], 'x')", checked.output)
            #expect(size == machine.blockSize + "\n")
        }
    }

    @Test func `are checked with the boot parameters given`() throws {
        try Scratch.with { scratch in
            let json = try scratch.hotmem(["machine", "check", "two-nodes", "--cmdline", "a=\"b\" c", "--json"])
            let text = try evaluate("data['nodes'], data['cpus'], data['cmdline'].endswith('a=\"b\" c')", json.output)
            #expect(text == "2 8 True\n", "\(json)")
            let lines = try scratch.hotmem(["machine", "check", "default"]).output
            #expect(lines.contains("\nblocks = 32\n") && lines.contains("\narch = \"x86_64\"\n"))
        }
    }

    @Test func `say what boot complained of when checked, or when asked to be verbose`() throws {
        try Scratch.with { scratch in
            let line = ["--cmdline", "mem=lots numa=fake=2"]
            let json = try scratch.hotmem(["machine", "check", "default", "--json"] + line)
            #expect(json.errors.isEmpty, "\(json)")
            #expect(
                try evaluate("data['complaints'], data['nodes']", json.output) == "['mem=lots: bad value, ignored'] 2\n"
            )
            let text = try scratch.hotmem(["machine", "check", "default"] + line)
            #expect(text.output.hasSuffix("complaints = [\"mem=lots: bad value, ignored\"]\n"), "\(text)")
            let quiet = try scratch.hotmem(["run"] + line + ["--", "true"])
            #expect(quiet.succeeded && !quiet.errors.contains("mem=lots"), "\(quiet)")
            let verbose = try scratch.hotmem(["run", "--verbose"] + line + ["--", "true"])
            #expect(verbose.errors.contains("hotmem: mem=lots: bad value, ignored\n"), "\(verbose)")
        }
    }

    @Test func `whose memory the command line takes away are refused`() throws {
        try Scratch.with { scratch in
            let refused = try scratch.hotmem(["machine", "check", "default", "--cmdline", "mem=1M"])
            #expect(
                refused.ending == .exited(2) && refused.errors.hasPrefix("hotmem: preset default: cmdline: mem= and"),
                "\(refused)")
        }
    }

    @Test func `show in debugfs how memory was shared out at boot`() throws {
        let ended = try world(
            ["cat", "/sys/kernel/debug/memblock/memory"], on: "s390x")
        #expect(ended.output == "   0: 0x0000000000000000..0x000000017fffffff\n", "\(ended)")
    }

    @Test func `on Itanium the memory at 4 GiB is block 4`() throws {
        let ended = try world(["lsmem", "--raw", "--noheadings", "--summary=never"], on: "ia64")
        #expect(
            ended.output == """
                0x0000000000000000-0x000000007fffffff 2G online yes 0-1
                0x0000000100000000-0x000000017fffffff 2G online yes 4-5

                """, "\(ended)")
    }

    @Test func `on IBM Z standby memory is there and offline`() throws {
        let ended = try world(
            shell: """
                cd /sys/devices/system/memory
                cat memory15/state memory16/state memory23/state
                chmem --enable -b 16; cat memory16/state
                ls probe 2> /dev/null
                """, on: "s390x")
        #expect(ended.output == "online\noffline\noffline\nonline\n", "\(ended)")
    }

    @Test(arguments: ["s390x", "ppc64"])
    func `without ACPI the host's ACPI devices are not to be seen either`(machine: String) throws {
        let paths = "/sys/bus/acpi/devices/* /sys/devices/LNXSYSTM:00/*"
        let ended = try world(shell: "ls -d \(paths) 2> /dev/null", on: machine)
        #expect(ended.output.isEmpty, "\(ended)")
    }

    @Test func `on i386 there is high memory`() throws {
        let ended = try world(
            shell: "cat /sys/devices/system/memory/memory20/valid_zones /sys/devices/system/node/has_high_memory",
            on: "i386")
        #expect(ended.output == "HighMem\n0\n", "\(ended)")
    }

    @Test func `on four nodes the distances make a ring`() throws {
        let ended = try world(["cat", "/sys/devices/system/node/node0/distance"], on: "four-nodes")
        #expect(ended.output == "10 16 22 16\n", "\(ended)")
    }

    @Test func `a machine file may be given by any path`() throws {
        try Scratch.with { scratch in
            let text = "arch = \"ppc64\"\n[[memory]]\nfirst = 0\nsize = \"256M\"\n"
            let path = try scratch.file("a machine", text)
            for name in ["a machine", "./a machine", path] {
                let ended = try scratch.hotmem(["run", "--machine", name, "--", "lsmem", "--summary=only"])
                #expect(ended.output.contains("Total online memory:     256M"), "\(ended)")
            }
            var program = scratch.program([
                try Installation.shared.hotmem, "machine", "check", "/dev/stdin",
            ])
            program.input = text
            let ended = try program.run()
            #expect(ended.output.contains("block_size = 16777216\n"), "\(ended)")
        }
    }

    @Test(arguments: [["--help"], ["run", "--help"], ["mount", "--help"], ["machine", "--help"], ["help", "run"]])
    func `help has examples`(arguments: [String]) throws {
        try Scratch.with { scratch in
            let ended = try scratch.hotmem(arguments)
            #expect(ended.succeeded && ended.errors.isEmpty, "\(ended)")
            #expect(ended.output.contains("EXAMPLES:") && ended.output.contains("USAGE: hotmem"), "\(ended)")
        }
    }

    @Test(arguments: [
        (["check", "-shrink.jsonl"], "-shrink.jsonl: no options; help is -h or --help"),
        (["map", "-fh"], "-fh: no options"), (["help", "vax"], "hotmem vax: no such command (see hotmem --help)"),
        (["help", "map", "more"], "hotmem map more: no such command (see hotmem map --help)"),
        (["plan", "vax", "-h"], "hotmem plan vax: no such command (see hotmem plan --help)"),
    ])
    func `help is given to who asks for it, about what there is`(arguments: [String], line: String) throws {
        try Scratch.with { scratch in
            let ended = try scratch.hotmem(arguments)
            #expect(ended.ending == .exited(2) && ended.output.isEmpty, "\(ended)")
            #expect(ended.errors.hasPrefix("hotmem: " + line), "\(ended)")
        }
    }

    @Test func `every command has help, asked for either way`() throws {
        try Scratch.with { scratch in
            // {command: {commandName, subcommands: [...]}}
            let dump = try scratch.hotmem(["--experimental-dump-help"])
            let root = try JSONSerialization.jsonObject(with: Data(dump.output.utf8)) as? [String: Any]
            func walk(_ command: [String: Any], _ path: [String]) throws -> Int {
                let subcommands = command["subcommands"] as? [[String: Any]] ?? []
                return try subcommands.reduce(1) { count, next in
                    let name = try #require(next["commandName"] as? String)
                    // The parser's own, which has none.
                    guard name != "help" else { return count }
                    for words in [path + [name, "--help"], ["help"] + path + [name]] {
                        let ended = try scratch.hotmem(words)
                        #expect(ended.succeeded && ended.output.hasPrefix("OVERVIEW: "), "\(ended)")
                    }
                    return try count + walk(next, path + [name])
                }
            }
            let count = try walk(try #require(root?["command"] as? [String: Any]), [])
            #expect(count > 20)
            for words in [["--version", "-lh"], ["run", "--version", "--", "ls", "-lh"]] {
                #expect(try scratch.hotmem(words).succeeded)
            }
        }
    }

    @Test(arguments: ["--help", "help run", "map -h", "--version", "--generate-completion-script bash"])
    func `what was asked for and cannot be written is a failure`(words: String) throws {
        try Scratch.with { scratch in
            for place in ["> /dev/full", ">&-"] {
                let ended = try scratch.program(["sh", "-c", "exec hotmem \(words) \(place)"]).run()
                #expect(ended.ending == .exited(1), "\(ended)")
                #expect(ended.errors.hasPrefix("hotmem: standard output: "), "\(ended)")
            }
        }
    }

    @Test func `the version is printed`() throws {
        try Scratch.with { scratch in
            let ended = try scratch.hotmem(["--version"])
            #expect(ended.succeeded && ended.output.wholeMatch(of: /\d+\.\d+\.\d+\n/) != nil, "\(ended)")
        }
    }
}

@Suite struct `Completion of a machine's name` {
    @Test(arguments: [
        ("two", ["two-nodes"]), ("mine", ["mine.toml", "mine/"]), ("mine/", ["mine/own.toml"]),
        ("./m", ["./mine.toml", "./mine/"]),
        ("nothing", []),
    ])
    func `offers presets, machine files and directories`(prefix: String, expected: [String]) throws {
        try Scratch.with { scratch in
            _ = try scratch.directory("mine")
            for name in ["mine.toml", "mine.txt", "mine/own.toml", ".mine.toml"] { _ = try scratch.file(name, "") }
            let ended = try scratch.program(
                [
                    "bash", "-c",
                    """
                    source <(hotmem --generate-completion-script bash)
                    # Beside words that are not hotmem's.
                    COMP_WORDS=(hotmem run -exh --machine "$0") COMP_CWORD=4 COMP_LINE="hotmem run -exh --machine $0"
                    COMP_POINT=${#COMP_LINE}
                    _hotmem hotmem "$0" --machine
                    printf '%s\\n' "${COMPREPLY[@]}"
                    """, prefix,
                ]
            ).run()
            #expect(ended.output.split(separator: "\n").map(String.init).sorted() == expected, "\(ended)")
        }
    }
}
