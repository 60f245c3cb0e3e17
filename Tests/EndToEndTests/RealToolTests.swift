// SPDX-License-Identifier: Apache-2.0

import TestSupport
import Testing

@Suite struct `Real tools in a world` {
    @Test(arguments: Caller.allCases)
    func `lsmem lists the blocks of the default machine`(caller: Caller) throws {
        let ended = try world(["lsmem"], by: caller)
        #expect(
            ended.output == """
                RANGE                                 SIZE  STATE REMOVABLE BLOCK
                0x0000000000000000-0x00000000bfffffff   3G online       yes  0-23
                0x0000000100000000-0x000000013fffffff   1G online       yes 32-39

                Memory block size:       128M
                Total online memory:       4G
                Total offline memory:      0B

                """, "\(ended)")
        #expect(ended.succeeded)
    }

    @Test func `lsmem lists every block by itself`() throws {
        let ended = try world(["lsmem", "--all", "--noheadings", "--summary=never", "--raw"])
        let lines = ended.output.split(separator: "\n")
        #expect(lines.count == 32)
        #expect(lines.first == "0x0000000000000000-0x0000000007ffffff 128M online yes 0", "\(ended)")
        #expect(lines.last == "0x0000000138000000-0x000000013fffffff 128M online yes 39")
    }

    @Test func `lsmem shows bytes, zones and nodes`() throws {
        let ended = try world(["lsmem", "--bytes", "--output", "+ZONES,NODE", "--raw", "--summary=never"])
        #expect(
            ended.output == """
                RANGE SIZE STATE REMOVABLE BLOCK ZONES NODE
                0x0000000000000000-0x0000000007ffffff 134217728 online yes 0 None 0
                0x0000000008000000-0x00000000bfffffff 3087007744 online yes 1-23 DMA32 0
                0x0000000100000000-0x000000013fffffff 1073741824 online yes 32-39 Normal 0

                """, "\(ended)")
    }

    @Test func `lsmem writes JSON`() throws {
        let script = """
            import json, subprocess
            blocks = json.loads(subprocess.check_output(["lsmem", "--json", "--all"]))["memory"]
            print(len(blocks), {block["size"] for block in blocks}, blocks[0]["range"])
            """
        let ended = try world(["python3", "-c", script])
        #expect(ended.output == "32 {'128M'} 0x0000000000000000-0x0000000007ffffff\n", "\(ended)")
    }

    @Test func `chmem switches blocks by number, by range and by size`() throws {
        let ended = try world(
            shell: """
                set -e
                state() { cat /sys/devices/system/memory/memory$1/state; }
                chmem --disable -b 33-34; state 32; state 33; state 34
                chmem --disable 0x118000000-0x11fffffff; state 35
                chmem --enable -b 33; state 33
                chmem --enable 0x110000000-0x11fffffff; state 34; state 35
                chmem --disable 256M; lsmem --summary=only --bytes | tail -n 1 | tr -s " "
                chmem --enable 256M; lsmem --summary=only --bytes | tail -n 1 | tr -s " "
                """)
        #expect(
            ended.output == """
                online
                offline
                offline
                offline
                online
                online
                online
                Total offline memory: 268435456
                Total offline memory: 0

                """, "\(ended)")
    }

    @Test func `chmem takes an added block to the zone asked for`() throws {
        let ended = try world(
            shell: """
                echo 0x140000000 > /sys/devices/system/memory/probe
                for zone in Movable Normal; do
                    chmem --enable --zone $zone -b 40
                    cat /sys/devices/system/memory/memory40/valid_zones
                    chmem --disable -b 40
                done
                """)
        #expect(ended.output == "Movable\nNormal\n", "\(ended)")
    }

    @Test(arguments: Caller.allCases)
    func `chmem cannot take a block that is in use`(caller: Caller) throws {
        let ended = try world(
            shell: """
                echo "alloc name=pin kind=kernel block=33" > /sys/kernel/debug/hotmem/workload
                chmem --disable -b 33; echo $?
                echo "free name=pin" > /sys/kernel/debug/hotmem/workload
                chmem --disable -b 33; echo $?
                """, by: caller)
        #expect(ended.output == "1\n0\n", "\(ended)")
        #expect(ended.errors.contains("disable failed"))
    }

    @Test(arguments: Caller.allCases)
    func `numactl shows two nodes and their distances`(caller: Caller) throws {
        let ended = try world(["numactl", "--hardware"], on: "two-nodes", by: caller)
        let expected = """
            available: 2 nodes (0-1)
            node 0 cpus: 0 1 2 3
            node 0 size: 3998 MB
            node 0 free: 3998 MB
            node 1 cpus: 4 5 6 7
            node 1 size: 4031 MB
            node 1 free: 4031 MB
            node distances:
            node   0   1
              0:  10  21
              1:  21  10
            """
        #expect(trimmed(ended.output) == expected, "\(ended)")
    }

    @Test func `numactl sees a node come with its memory`() throws {
        let ended = try world(
            shell: """
                numactl --hardware | head -n 1
                echo "plug id=a size=256M node=1" > /sys/kernel/debug/hotmem/dimm
                echo online > /sys/devices/system/memory/memory80/state
                numactl --hardware | grep -e available -e "node 1"
                """)
        #expect(
            trimmed(ended.output) == """
                available: 1 nodes (0)
                available: 2 nodes (0-1)
                node 1 cpus:
                node 1 size: 128 MB
                node 1 free: 128 MB
                """, "\(ended)")
    }

    @Test func `numastat adds the nodes up`() throws {
        let ended = try world(["numastat", "-m"], on: "two-nodes")
        let line = ended.output.split(separator: "\n").first { $0.hasPrefix("MemTotal") } ?? ""
        #expect(
            line.split(separator: " ").map(String.init) == ["MemTotal", "3998.83", "4031.83", "8030.66"], "\(ended)")
        #expect(ended.succeeded)
        let counters = try world(["numastat"], on: "two-nodes")
        #expect(counters.succeeded && counters.output.contains("numa_hit"), "\(counters)")
    }

    @Test func `lscpu shows which processors a node has`() throws {
        let ended = try world(["lscpu"], on: "two-nodes")
        for line in ["NUMA node(s):2", "NUMA node0 CPU(s):0-3", "NUMA node1 CPU(s):4-7", "CPU(s):8"] {
            #expect(
                ended.output.split(separator: "\n").contains { text in
                    text.split(separator: ":", maxSplits: 1).map { part in
                        String(part.drop { $0 == " " })
                    }.joined(separator: ":") == line
                }, "\(line) is missing from \(ended)")
        }
    }

    @Test(arguments: Caller.allCases)
    func `udevadm info describes a block`(caller: Caller) throws {
        let ended = try world(["udevadm", "info", "/sys/devices/system/memory/memory33"], by: caller)
        #expect(ended.succeeded, "\(ended)")
        for line in ["P: /devices/system/memory/memory33", "E: SUBSYSTEM=memory"] {
            #expect(ended.output.split(separator: "\n").contains { $0 == line }, "\(ended)")
        }
        let walk = try world(["udevadm", "info", "--attribute-walk", "--path", "/devices/system/memory/memory33"])
        #expect(walk.output.contains("ATTR{state}==\"online\""), "\(walk)")
        #expect(walk.output.contains("ATTRS{block_size_bytes}==\"8000000\""))
        #expect(walk.output.contains("SUBSYSTEM==\"memory\""))
    }

    @Test func `udevadm finds every block on the bus`() throws {
        let ended = try world(["udevadm", "trigger", "--dry-run", "--verbose", "--subsystem-match=memory"])
        #expect(ended.output.split(separator: "\n").count == 32, "\(ended)")
    }

    @Test func `udevadm trigger makes every block announce itself`() throws {
        let script = "udevadm trigger --action=change --subsystem-match=memory"
        let ended = try world(["python3", try Installation.shared.script("listen.py"), script])
        let lines = ended.output.split(separator: "\n").dropFirst()
        #expect(lines.count == 32, "\(ended)")
        #expect(lines.allSatisfy { $0.hasPrefix("change@/devices/system/memory/memory") }, "\(ended)")
    }

    @Test(arguments: Caller.allCases)
    func `udevadm monitor sees a block added and brought online`(caller: Caller) throws {
        let ended = try world(
            shell: """
                : > monitor
                stdbuf -oL udevadm monitor --kernel --subsystem-match=memory > monitor &
                until grep -q "the kernel uevent" monitor; do :; done
                echo 0x140000000 > /sys/devices/system/memory/probe
                echo online > /sys/devices/system/memory/memory40/state
                until grep -q online monitor; do :; done
                grep "^KERNEL.[0-9]" monitor | tr -s " " | cut -d" " -f2-
                """, by: caller)
        #expect(
            ended.output == """
                add /devices/system/memory/memory40 (memory)
                online /devices/system/memory/memory40 (memory)

                """, "\(ended)")
    }

    @Test(arguments: [["dash"], ["busybox", "sh"], ["bash"]])
    func `a script with globs runs in a shell`(shell: [String]) throws {
        let script = """
            for address in 0x140000000 0x148000000; do echo $address > /sys/devices/system/memory/probe; done
            \(shell.joined(separator: " ")) \(try Installation.shared.script("blocks.sh"))
            """
        let ended = try world(shell: script)
        #expect(ended.output == "34\n34 online, 0 offline\n", "\(ended)")
        #expect(ended.errors.isEmpty)
    }

    @Test func `busybox's own tools read and write the tree`() throws {
        let ended = try world(
            shell: """
                cd /sys/devices/system/memory
                busybox echo 0x140000000 > probe
                busybox cat memory40/state
                busybox echo online | busybox tee memory40/state
                busybox find . -maxdepth 1 -name 'memory4?' -type d
                busybox stat -c '%a %s' memory40/state
                busybox grep -c . memory40/valid_zones
                """)
        #expect(ended.output == "offline\nonline\n./memory40\n644 4096\n1\n", "\(ended)")
    }

    @Test func `a Perl script brings blocks online`() throws {
        let script = "echo 0x140000000 > /sys/devices/system/memory/probe; perl \"$0\""
        let ended = try world(["dash", "-c", script, try Installation.shared.script("blocks.pl")])
        #expect(ended.output == "33 blocks, 1 brought online\n", "\(ended)")
    }

    @Test func `find, grep and ls walk the trees in a world`() throws {
        let trees = "/sys/devices/system/memory /sys/devices/system/node /sys/devices/system/cpu /sys/bus/memory"
        let ended = try world(shell: "find \(trees) > /dev/null && ls -lR \(trees) > /dev/null && echo walked")
        #expect(ended.output == "walked\n", "\(ended)")
        #expect(ended.errors.isEmpty)
        let grep = try world(shell: "grep -r . \(trees) > /dev/null")
        #expect(grep.errorLines.filter { !isTheKernelsRefusal($0) }.isEmpty, "\(grep)")
    }
}

@Suite struct `Real tools on a mounted tree` {
    @Test func `find, grep and ls walk the whole tree`() throws {
        try mounted("two-nodes") { scratch, place in
            for command in [["find", place], ["ls", "-lR", place], ["du", "-a", place]] {
                let ended = try scratch.program(command).run()
                #expect(ended.succeeded && ended.errors.isEmpty, "\(ended)")
            }
            let grep = try scratch.program(["grep", "-r", ".", place]).run()
            #expect(grep.output.contains("/memory32/state:online"))
            #expect(grep.errorLines.filter { !isTheKernelsRefusal($0) }.isEmpty, "\(grep.errors)")
        }
    }

    @Test func `no link in the tree dangles`() throws {
        try mounted("four-nodes") { scratch, place in
            let ended = try scratch.program(["find", place, "-xtype", "l"]).run()
            #expect(ended.succeeded && ended.output.isEmpty, "\(ended)")
        }
    }

    @Test func `lsmem takes the mount point as its system root`() throws {
        try mounted("two-nodes") { scratch, place in
            let ended = try scratch.program(["lsmem", "--sysroot", place, "--summary=only"]).run()
            #expect(ended.output.contains("Total online memory:       8G"), "\(ended)")
        }
    }

    @Test func `lstopo shows the nodes`() throws {
        try mounted("two-nodes") { scratch, place in
            var program = scratch.program(["lstopo-no-graphics", "--of", "console", "--only", "numanode"])
            program.environment["HWLOC_FSROOT"] = place
            let ended = try program.run()
            #expect(ended.output == "NUMANode L#0 (P#0 3999MB)\nNUMANode L#1 (P#1 4032MB)\n", "\(ended)")
            program.arguments = ["lstopo-no-graphics", "--of", "console", "--only", "pu"]
            #expect(try program.run().output.split(separator: "\n").count == 8)
        }
    }

    @Test func `a shell script works on relative paths`() throws {
        try mounted { scratch, place in
            var program = scratch.program(["dash", "-ec", "echo 0x140000000 > probe; cat ./memory40/state"])
            program.directory = place + "/sys/devices/system/memory"
            let ended = try program.run()
            #expect(ended.output == "offline\n", "\(ended)")
        }
    }
}

/// The text without blanks at the ends of lines and without empty lines at its end.
func trimmed(_ text: String) -> String {
    var lines = text.split(separator: "\n", omittingEmptySubsequences: false).map { line in
        String(line.reversed().drop { $0 == " " }.reversed())
    }
    while lines.last?.isEmpty == true { lines.removeLast() }
    return lines.joined(separator: "\n")
}

/// Whether a line of grep's is about a file that cannot be read on a live kernel either.
private func isTheKernelsRefusal(_ line: Substring) -> Bool {
    let unreadable = ["probe", "soft_offline_page", "hard_offline_page", "compact", "drivers_probe", "uevent", "eject"]
    return line.hasSuffix("/power/autosuspend_delay_ms: Input/output error")
        || unreadable.contains { line.hasSuffix("/\($0): Permission denied") }
}
