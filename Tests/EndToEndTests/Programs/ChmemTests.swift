// SPDX-License-Identifier: Apache-2.0

import TestSupport
import Testing

/// `chmem.py` looks at states and uevents after each run: what chmem says must have happened, and nothing else.
@Suite struct `chmem` {
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

    @Test(arguments: ["default", "i386", "s390x"])
    func `does what it says, and says what it did`(machine: String) throws {
        try script("chmem.py", on: machine)
    }

    @Test(arguments: UnusualMachine.allCases)
    func `does what it says on unusual machines`(machine: UnusualMachine) throws {
        try script("chmem.py", on: try machine.path)
    }

    @Test func `does what it says for an ordinary user`() throws {
        try script("chmem.py", by: .nobody)
    }
}
