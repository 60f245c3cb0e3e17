// SPDX-License-Identifier: Apache-2.0

import TestSupport
import Testing

/// udevadm where no udevd runs; `UdevTests` has it beside one.
@Suite struct `udevadm in a world` {
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
}
