// SPDX-License-Identifier: Apache-2.0

import TestSupport
import Testing

@Suite struct `An explanation, from the command line` {
    @Test(arguments: Caller.allCases)
    func `of a block agrees with what comes of the write`(caller: Caller) throws {
        let script = """
            control=/sys/kernel/debug/hotmem
            echo 'alloc name=driver kind=dma block=35 pages=3' > $control/workload
            hotmem explain memory35 > refused; echo $?
            echo offline > /sys/devices/system/memory/memory35/state || echo no
            sh -c "$(grep "echo 'free" refused)"
            hotmem explain 35 | grep -c 'would be done'
            echo offline > /sys/devices/system/memory/memory35/state && hotmem explain /sys/devices/system/memory/memory35 | grep -c 'zone Normal'
            """
        let ended = try world(shell: "cd $(mktemp -d)\n" + script + "\nrm -r $PWD", by: caller)
        #expect(ended.output == "1\nno\n1\n2\n", "\(ended)")
    }

    @Test func `of a block that cannot come online says what to do`() throws {
        let script = """
            block=/sys/devices/system/memory/memory34
            echo offline > $block/state; hotmem explain memory34 > before; echo $?
            echo -12 > /sys/kernel/debug/notifier-error-inject/memory/actions/MEM_GOING_ONLINE/error
            hotmem fault set online --every 1
            hotmem explain memory34 > refused; echo $?
            grep -A 9 'What keeps it' refused
            grep -E '^  (echo 0|hotmem fault clear)' refused > steps; sh -e steps
            hotmem explain memory34 | cmp - before && echo online > $block/state && cat $block/state
            """
        let ended = try world(shell: "cd $(mktemp -d)\n" + script + "\nrm -r $PWD")
        #expect(
            ended.output == """
                0
                1
                What keeps it:
                  an error injected into MEM_GOING_ONLINE (errno 12) (until it is taken back)
                  fault online, of kind online (until it is cleared or over)

                What would have to happen first:
                  echo 0 > /sys/kernel/debug/notifier-error-inject/memory/actions/MEM_GOING_ONLINE/error
                  hotmem fault clear 'online'
                online

                """, "\(ended)")
    }

    @Test func `without a subject is of the latest refusal`() throws {
        let ended = try world(
            shell: """
                hotmem explain; echo $?
                /bin/echo offline > /sys/devices/system/memory/memory39/state
                hotmem explain | cut -d ' ' -f 2-; hotmem explain --json | cut -c 1-9
                """)
        #expect(ended.output.hasPrefix("Nothing was refused.\n0\nwriting \"offline\" to /sys/"), "\(ended)")
        #expect(
            ended.output.contains("refused with errno 16 (Device or resource busy): failure to isolate"), "\(ended)")
        #expect(ended.output.contains("reserved since boot (for good)") && ended.output.hasSuffix("{\"number\"\n"))
    }

    @Test func `is not of a question that cannot be answered`() throws {
        let ended = try world(
            shell: """
                /bin/echo offline > /sys/devices/system/memory/memory39/state
                hotmem explain zone node0 HighMem; hotmem explain memory99
                hotmem explain | head -1 | cut -d ' ' -f 2-5
                """)
        #expect(ended.output == "writing \"offline\" to /sys/devices/system/memory/memory39/state\n", "\(ended)")
    }

    @Test func `of what is for good says so`() throws {
        let script = """
            echo 0x140000000 > /sys/devices/system/memory/probe
            hotmem explain memory32 | grep 'memory map of.*(for good)'
            hotmem explain zone node0 DMA | grep 'several zones (for good)'; hotmem explain zone node0 DMA > /dev/null; echo $?
            printf 0x%x $((33 << 27)) > /sys/devices/system/memory/hard_offline_page
            echo offline > /sys/devices/system/memory/memory33/state
            hotmem explain memory33 | grep 'broken memory'
            """
        try Scratch.with { scratch in
            let text = try scratch.hotmem(["machine", "show", "default"]).output
            let lines = text.split(separator: "\n").filter { !$0.hasPrefix("abi") }
            _ = try scratch.file("new.toml", "abi = \"linux-6.18\"\n" + lines.joined(separator: "\n") + "\n")
            let ended = try scratch.hotmem(["run", "--machine", "new.toml", "--", "sh", "-c", script])
            #expect(
                ended.output == """
                      memory map of memory40 (for good)
                      memory0: pages of several zones (for good)
                    1
                      broken memory in it, which was taken out of use (for good)

                    """, "\(ended)")
        }
    }

    @Test func `is had of a machine that does not run, and of a mounted one`() throws {
        let ended = try world(shell: "hotmem explain node 1 --machine two-nodes --json")
        #expect(ended.ending == .exited(1) && ended.output.contains("\"emptied\": 31"), "\(ended)")
        try mounted("two-nodes") { scratch, place in
            let asked = try scratch.hotmem(["explain", "zone", "node1", "normal", "--root", place, "--json"])
            #expect(asked.ending == .exited(1) && asked.output.contains("\"result\": \"kept\""), "\(asked)")
        }
    }

    @Test(arguments: [["explain", "memory32"], ["plan", "remove-node", "0"]])
    func `that cannot be had is no answer`(words: [String]) throws {
        try Scratch.with { scratch in
            let place = try scratch.directory("tree")
            #expect(try scratch.hotmem(["mount", "-o", "ro", place]).succeeded)
            let closed = try scratch.hotmem(words + ["--root", place])
            #expect(closed.ending == .exited(2) && closed.output.isEmpty, "\(closed)")
            #expect(closed.errors.contains("which is mounted with -o ro: mount it without"), "\(closed)")
            let nowhere = try scratch.hotmem(words + ["--root", "/nowhere"])
            #expect(nowhere.ending == .exited(2), "\(nowhere)")
            let unread = try scratch.program([
                "sh", "-c", "exec hotmem \(words.joined(separator: " ")) --machine default > /dev/full",
            ]).run()
            #expect(unread.ending == .exited(2), "\(unread)")
        }
    }

    @Test func `is asked by many at once`() throws {
        let ended = try world(
            shell: """
                cd $(mktemp -d)
                for time in 1 2 3 4 5 6; do for block in 1 2 33; do
                    hotmem explain memory$block | head -1 >> answers$block &
                done; done; wait
                sort -u answers1 answers2 answers33; cat answers* | wc -l
                rm -r $PWD
                """)
        #expect(
            ended.output == """
                memory1, online, node0, zone DMA32
                memory2, online, node0, zone DMA32
                memory33, online, node0, zone Normal
                18

                """, "\(ended)")
    }

    @Test(arguments: [
        (["nonsense"], "nonsense: not a subject"), (["memory900"], "memory900: the machine below / has no such memory"),
        (["zone", "node0", "Movable"], "zone Movable of node0: the machine below / has no such memory"),
        (["node", "1"], "node1: the machine"), (["memory4294967297"], "has no such memory"),
        (["node0", "--pages"], "--pages is for a block"),
        (["zone", "node0", "Normal", "--pages"], "--pages is for a block"),
        (["memory99999999999999999999"], "not a subject"),
    ])
    func `says what was wrong with the question`(words: [String], line: String) throws {
        let ended = try world(["sh", "-c", "exec hotmem explain \"$@\"", "sh"] + words)
        #expect(ended.errors.contains(line) && ended.ending == .exited(2), "\(ended)")
    }
}
