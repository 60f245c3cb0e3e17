// SPDX-License-Identifier: Apache-2.0

import Glibc
import TestSupport
import Testing

/// Block 40 in Movable, full of pages that belong to `db`; the first is pinned.
private let pinned = """
    cd /sys/devices/system/memory
    echo 0x140000000 > probe
    echo online_movable > memory40/state
    workload=/sys/kernel/debug/hotmem/workload
    echo 'alloc name=db kind=anon pages=20000 block=40' > $workload
    echo 'pin name=db pages=1' > $workload
    going() { until [ "$(cat memory40/state)" = going-offline ]; do sleep 0.01; done; }

    """

@Suite struct `Offlining that has to wait` {
    @Test(arguments: Caller.allCases)
    func `goes on when another process unpins the page, and all else is answered meanwhile`(caller: Caller) throws {
        let ended = try world(
            shell: pinned + """
                (echo offline > memory40/state; echo "writer $?") &
                going
                cat memory40/state memory40/valid_zones memory39/online
                grep -c . /proc/zoneinfo > /dev/null && lsmem --summary=only | grep -c Total
                echo 'unpin name=db' > $workload
                wait
                cat memory40/state memory40/online
                grep -o 'pages=20000' $workload
                """, by: caller)
        #expect(ended.output == "going-offline\nMovable Normal\n1\n2\nwriter 0\noffline\n0\npages=20000\n", "\(ended)")
        #expect(ended.succeeded)
    }

    @Test(arguments: [SIGINT, SIGTERM, SIGKILL], Caller.allCases)
    func `ends with a signal to the writer, and all is as it was`(signal: Int32, caller: Caller) throws {
        let ended = try world(
            shell: pinned + """
                env --default-signal sh -c 'echo offline > memory40/state' & writer=$!
                going
                kill -\(signal) $writer
                wait $writer || echo "writer $?"
                until [ "$(cat memory40/state)" = online ]; do sleep 0.01; done
                cat memory40/state memory40/online memory40/valid_zones
                echo 'unpin name=db' > $workload
                echo offline > memory40/state && cat memory40/state
                """, by: caller)
        #expect(ended.output == "writer \(128 + signal)\nonline\n1\nMovable\noffline\n", "\(ended)")
    }

    @Test func `lets readers of the block's online wait, and other writers queue`() throws {
        let ended = try world(
            shell: pinned + """
                (echo offline > memory40/state; echo first) &
                going
                (cat memory40/online) &
                (echo 0x148000000 > probe; echo second) &
                sleep 0.3
                ls -d memory41 2> /dev/null
                echo unpinning
                echo 'unpin name=db' > $workload
                wait
                ls -d memory41
                """)
        let lines = ended.output.split(separator: "\n")
        #expect(lines.first == "unpinning" && lines.last == "memory41", "\(ended)")
        #expect(Set(lines.dropFirst().dropLast()) == ["first", "0", "second"], "\(ended)")
    }

    @Test func `is nobody's any more when the world ends`() throws {
        try Scratch.with { scratch in
            let ended = try scratch.hotmem([
                "run", "--", "sh", "-c", pinned + "(echo offline > memory40/state) & going; exit 3",
            ])
            #expect(ended.ending == .exited(3), "\(ended)")
            #expect(scratch.hasNoProcesses)
        }
    }

    @Test func `an interrupted python writer gets EINTR`() throws {
        let ended = try world(
            shell: pinned + """
                python3 - <<'END'
                import os, signal
                class Alarm(Exception): pass
                def alarm(*_): raise Alarm
                signal.signal(signal.SIGALRM, alarm)
                signal.setitimer(signal.ITIMER_REAL, 0.3)
                try: os.write(os.open("memory40/state", os.O_WRONLY), b"offline")
                except Alarm: print("interrupted")
                END
                cat memory40/state
                """)
        #expect(ended.output == "interrupted\nonline\n", "\(ended)")
    }
}
