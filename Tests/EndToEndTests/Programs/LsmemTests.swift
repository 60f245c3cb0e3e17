// SPDX-License-Identifier: Apache-2.0

import TestSupport
import Testing

/// `lsmem.py` computes from the files what must be printed, in every format, and runs lsmem on a plain copy of them too.
@Suite struct `lsmem` {
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

    @Test func `prints what the files say, however it is asked`() throws {
        try script("lsmem.py", ["every"], on: "two-nodes")
    }

    @Test(arguments: ["default", "i386", "ia64", "arm64", "s390x", "four-nodes", "large-server"])
    func `prints what the files say`(machine: String) throws {
        try script("lsmem.py", on: machine)
    }

    @Test(arguments: UnusualMachine.allCases)
    func `prints what the files say, be they unusual`(machine: UnusualMachine) throws {
        try script("lsmem.py", on: try machine.path)
    }

    @Test func `prints what the files say to an ordinary user`() throws {
        try script("lsmem.py", by: .nobody)
    }

    @Test func `lsmem takes the mount point as its system root`() throws {
        try mounted("two-nodes") { scratch, place in
            let ended = try scratch.program(["lsmem", "--sysroot", place, "--summary=only"]).run()
            #expect(ended.output.contains("Total online memory:       8G"), "\(ended)")
        }
    }
}
