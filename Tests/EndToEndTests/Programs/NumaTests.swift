// SPDX-License-Identifier: Apache-2.0

import TestSupport
import Testing

/// `numa.py` asks numactl, numastat, lscpu, lstopo, free and vmstat for what it has read in the files.
@Suite struct `Programs that show nodes` {
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

    @Test(arguments: ["default", "i386", "ppc64", "ia64", "arm64", "s390x", "two-nodes", "four-nodes", "large-server"])
    func `show what the files say`(machine: String) throws {
        try script("numa.py", on: machine)
    }

    @Test(arguments: UnusualMachine.allCases)
    func `show what the files say, be they unusual`(machine: UnusualMachine) throws {
        try script("numa.py", on: try machine.path)
    }

    /// Node 1 has memory and no processors then; of node 0 a gigabyte is in use, and some is gone.
    @Test(arguments: Caller.allCases)
    func `show what the files say after changes`(caller: Caller) throws {
        let changes = """
            echo "plug id=a size=512M node=1" > /sys/kernel/debug/hotmem/dimm
            echo online_movable > /sys/devices/system/memory/memory80/state
            echo online > /sys/devices/system/memory/memory83/state
            echo offline > /sys/devices/system/memory/memory5/state
            echo "alloc name=db kind=anon pages=262144" > /sys/kernel/debug/hotmem/workload
            """
        try script("numa.py", after: changes, by: caller)
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
}
