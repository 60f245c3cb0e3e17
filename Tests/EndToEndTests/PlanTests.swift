// SPDX-License-Identifier: Apache-2.0

import TestSupport
import Testing

/// Node 1 is two devices; block 80 holds the memory maps of 82 and 83.
private let twoDevices = """
    cd /sys/devices/system/memory
    control=/sys/kernel/debug/hotmem
    echo 'plug id=d1 size=256M node=1' > $control/dimm
    echo online_kernel > memory80/state; echo online_movable > memory81/state
    echo 'plug id=d2 size=256M node=1' > $control/dimm
    echo online_movable > memory82/state; echo online_movable > memory83/state
    echo 'alloc name=db kind=anon block=83 pages=1200' > $control/workload

    """

/// What Python makes of JSON.
private func evaluate(_ expression: String, _ json: String) throws -> String {
    var program = Program(["python3", "-c", "import json, sys; data = json.load(sys.stdin); print(\(expression))"])
    program.input = json
    let ended = try program.run()
    #expect(ended.succeeded, "\(ended)")
    return ended.output
}

@Suite struct `A plan, from the command line` {
    @Test(arguments: Caller.allCases)
    func `asks the machine that runs`(caller: Caller) throws {
        let ended = try world(shell: twoDevices + "hotmem plan remove-node 1; echo $?", by: caller)
        #expect(
            ended.output == """
                node1 can be removed:
                  1-2  offline memory81-82 (nothing to move)
                    3  offline memory83, moving 1200 pages to node0 (nearest with room, distance 20)
                    4  eject d2, memory82-83 (all of it is offline; frees its memory maps)
                    5  offline memory80 (the memory map of memory82-83 is gone; nothing to move)
                    6  node1 leaves the zonelists of all nodes by itself (its last memory is offline)
                    7  eject d1, memory80-81 (all of it is offline; frees its memory maps)
                    8  node1 goes by itself (it has neither memory nor processors)
                0

                """, "\(ended)")
    }

    @Test func `is what the control file says, as JSON too`() throws {
        let ended = try world(shell: twoDevices + "hotmem plan remove-node 1 --json")
        let facts =
            "data['node'], data['result'], [s['block'] for s in data['steps'] if s['do'] == 'offline'], "
            + "data['steps'][2]['to'], data['left'], data['blocked']"
        let text = try evaluate(facts, ended.output)
        #expect(text == "1 possible ['81', '82', '83', '80'] {'node0': 1200} [] []\n", "\(ended)")
    }

    @Test func `asks a mounted tree below its root`() throws {
        try mounted("two-nodes") { scratch, place in
            let ended = try scratch.hotmem(["plan", "remove-node", "1", "--root", place, "--json"])
            #expect(ended.ending == .exited(1), "\(ended)")
            let text = try evaluate("data['result'], len(data['steps']), data['blocked']", ended.output)
            let cause = "node data of node1 and boot's memory map of node1, 16427 pages reserved since boot"
            #expect(text == "blocked 31 [{'block': '71', 'by': \"\(cause)\", 'until': 'never'}]\n")
            let missing = try scratch.hotmem(["plan", "remove-node", "9", "--root", place])
            #expect(missing.ending == .exited(2) && missing.errors.contains("\(place)/sys/devices/system/node/online"))
        }
    }

    @Test func `of a machine that does not run is the same as of one that just booted`() throws {
        try Scratch.with { scratch in
            let booted = try scratch.hotmem(["plan", "remove-node", "1", "--machine", "two-nodes"])
            let running = try world(shell: "hotmem plan remove-node 1", on: "two-nodes")
            #expect(booted.ending == .exited(1) && booted.output == running.output, "\(booted)")
            #expect(booted.output.contains("\n  1-31  offline memory40-70 (nothing to move)\n"), "\(booted)")
        }
    }

    @Test(
        arguments: [
            (["plan", "remove-node"], 2, "<node>"), (["plan", "remove-node", "x"], 2, "'x'"),
            (["plan", "remove-node", "1"], 2, "--root DIR"),
            (["plan", "remove-node", "1", "--root", "/tmp"], 2, "/tmp/sys"),
            (["plan", "remove-node", "1", "--machine", "vax"], 2, "vax"),
            (["plan", "remove-node", "7", "--machine", "two-nodes"], 2, "node0, node1"),
            (["plan", "remove-node", "1", "--machine", "default", "--root", "/"], 2, "not both"),
            (["plan", "remove-node", "1", "--cmdline", "a"], 2, "--machine"),
            (["study", "section-size", "--workload", "99"], 2, "0 to 95"),
            (["study", "section-size", "--steps", "0"], 2, "1 to 100000"),
            (["study", "section-size", "--microseconds-per-page", "-1"], 2, "microseconds-per-page"),
            (["study", "section-size", "--microseconds-per-page", "1e300"], 2, "microseconds-per-page"),
            (["study", "section-size", "--microseconds-per-page", "nan"], 2, "microseconds-per-page"),
            (["study", "section-size", "--machine", "vax"], 2, "vax"), (["study", "bogus"], 2, "bogus"),
        ] as [(arguments: [String], status: Int32, part: String)])
    func `that cannot be made is told in one line, and a study too`(
        refusal: (arguments: [String], status: Int32, part: String)
    ) throws {
        try Scratch.with { scratch in
            let ended = try scratch.hotmem(refusal.arguments)
            #expect(ended.ending == .exited(refusal.status) && ended.output.isEmpty, "\(ended)")
            #expect(ended.errorLines.count == 1 && ended.errors.contains(refusal.part), "\(ended)")
        }
    }

    @Test func `a block offlined in the wrong order is refused with the memory maps it holds`() throws {
        let ended = try world(
            shell: twoDevices + "sh -c 'echo offline > memory80/state' 2> /dev/null; cat memory80/state",
            options: ["--verbose"])
        #expect(ended.output == "online\n")
        #expect(ended.errors.contains("memory map of memory82-83"), "\(ended)")
    }
}

@Suite struct `A study, from the command line` {
    private let few = ["study", "section-size", "--machine", "ppc64", "--steps", "10"]

    @Test func `is a table, the same each time`() throws {
        try Scratch.with { scratch in
            let ended = try scratch.hotmem(few)
            #expect(ended.succeeded && ended.errors.isEmpty, "\(ended)")
            let lines = ended.output.split(separator: "\n")
            #expect(lines.count == 11 && lines[0].hasPrefix("SECTION  SECTIONS  ARRAY"), "\(ended)")
            #expect(Set(lines.prefix(10).map(\.count)).count == 1, "\(ended)")
            #expect(lines[10] == "Machine ppc64, 50 % in use, seed 1; 1.00 us a page.")
            #expect(try scratch.hotmem(few).output == ended.output)
        }
    }

    @Test func `is JSON for programs`() throws {
        try Scratch.with { scratch in
            let ended = try scratch.hotmem(few + ["--json", "--microseconds-per-page", "2.5", "--workload", "20"])
            let facts =
                "len(data['rows']), data['workload_percent'], [r['sections'] for r in data['rows']][:3], "
                + "all(r['mean_microseconds'] == 2.5 * r['mean_pages_moved'] for r in data['rows'] if r['removed'])"
            #expect(try evaluate(facts, ended.output) == "9 20 [64, 32, 16] True\n", "\(ended)")
        }
    }

    @Test func `says which sizes were not tried, and why`() throws {
        try Scratch.with { scratch in
            let ended = try scratch.hotmem(["study", "section-size", "--machine", "ia64", "--workload", "0"])
            #expect(ended.output.contains("\n16M: not tried: smaller than the buddy allocator's largest chunk, 1G.\n"))
        }
    }

    @Test(arguments: [["plan", "--help"], ["plan", "remove-node", "--help"], ["study", "section-size", "--help"]])
    func `has help with examples, as plans have`(arguments: [String]) throws {
        try Scratch.with { scratch in
            let ended = try scratch.hotmem(arguments)
            #expect(ended.succeeded && ended.output.contains("EXAMPLES:"), "\(ended)")
        }
    }
}
