// SPDX-License-Identifier: Apache-2.0

import TestSupport
import Testing

/// Scripts of their users' own, and what they are written with.
@Suite struct `Scripts and their tools` {
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

    @Test func `a shell script works on relative paths`() throws {
        try mounted { scratch, place in
            var program = scratch.program(["dash", "-ec", "echo 0x140000000 > probe; cat ./memory40/state"])
            program.directory = place + "/sys/devices/system/memory"
            let ended = try program.run()
            #expect(ended.output == "offline\n", "\(ended)")
        }
    }

    /// As test scripts of the kernel's own do it: sysfs is where mount(8) says that it is, and only root may go on.
    @Test(arguments: Caller.allCases)
    func `a script finds sysfs by mount and takes each block offline and online`(caller: Caller) throws {
        let ended = try world(
            [
                "bash", "-c",
                """
                sysfs=$(mount -t sysfs | head -1 | awk '{ print $3 }')
                [ "$UID" = 0 ] && [ -d "$sysfs/devices/system/memory" ] || exit 1
                went=0 stayed=0
                for block in "$sysfs"/devices/system/memory/memory[0-9]*; do
                    [ "$(cat "$block/removable")" = 1 ] && grep -q online "$block/state" || exit 2
                    if echo offline > "$block/state" 2> /dev/null; then
                        grep -q offline "$block/state" && echo online > "$block/state" || exit 3
                        went=$((went + 1))
                    else
                        stayed=$((stayed + 1))
                    fi
                    grep -q online "$block/state" || exit 4
                done
                echo "$went went, $stayed stayed"
                """,
            ], by: caller)
        // Block 0 has holes, and the last one the node's maps.
        #expect(ended.output == "30 went, 2 stayed\n" && ended.succeeded, "\(ended)")
    }

    /// What many web pages say: it names the blocks that are online already, too, and those are refused.
    @Test func `a line that brings every block online is told of those that are`() throws {
        let line = "for state in /sys/devices/system/memory/memory*/state; do echo online > $state; done"
        let ended = try world(
            shell: "echo 0x140000000 > /sys/devices/system/memory/probe; bash -c '\(line)'; "
                + "grep -L online /sys/devices/system/memory/memory*/state | wc -l")
        #expect(ended.output == "0\n", "\(ended)")
        #expect(ended.errorLines.count == 32, "\(ended)")
        #expect(ended.errorLines.allSatisfy { $0.hasSuffix("echo: write error: Invalid argument") }, "\(ended)")
    }
}
