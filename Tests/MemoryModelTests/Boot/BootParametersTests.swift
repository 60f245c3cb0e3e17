// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import MemoryModel

@Suite struct `The kernel's command line` {
    private func parameters(_ line: String) -> BootParameters { BootParameters(commandLine: line) }

    @Test(
        arguments: [
            ("kernelcore=512M", .bytes(512 << 20)), ("kernelcore=0x1000", .bytes(4096)),
            ("kernelcore=50%", .percent(50)),
            ("kernelcore=10% kernelcore=1G", .bytes(1 << 30)), ("kernelcore=1G kernelcore=bad", .bytes(1 << 30)),
        ] as [(String, BootParameters.Amount)])
    func `kernelcore is a size or a percentage, and the last good one counts`(
        line: String, amount: BootParameters.Amount
    ) {
        #expect(parameters(line).kernelCore == amount)
    }

    @Test func `every parameter of memory is read`() {
        let all = parameters(
            "console=ttyS0 movable_node kernelcore=mirror movablecore=1G memhp_default_state=online_kernel numa=off"
                + " memory_hotplug.online_policy=auto-movable memory_hotplug.auto_movable_ratio=200\tquiet"
                + " memory_hotplug.auto_movable_numa_aware=n memory_hotplug.memmap_on_memory\n")
        #expect(all.movableNode && all.kernelCoreMirror && all.numaOff)
        #expect(all.movableCore == .bytes(1 << 30) && all.kernelCore == nil)
        #expect(all.defaultState == .onlineKernel)
        #expect(all.policy.kind == .autoMovable && all.policy.autoMovableRatio == 200)
        #expect(!all.policy.autoMovableNumaAware && all.policy.memmapOnMemory)
        #expect(all.complaints.isEmpty)
    }

    @Test func `a dash in a name is an underscore`() {
        let same = parameters("movable-node memhp-default-state=online memory-hotplug.online-policy=auto-movable")
        #expect(same.movableNode && same.defaultState == .online && same.policy.kind == .autoMovable)
        // In a value it is not.
        #expect(parameters("memory_hotplug.online_policy=auto_movable").policy.kind == .contigZones)
    }

    @Test(
        arguments: [
            "kernelcore=", "kernelcore", "kernelcore=lots", "kernelcore=101%", "kernelcore=-5%", "movablecore=1Q",
            "memhp_default_state=on", "memhp_default_state=Online", "memhp_default_state",
            "memory_hotplug.online_policy=", "memory_hotplug.auto_movable_ratio=-1",
            "memory_hotplug.auto_movable_ratio=4294967296", "memory_hotplug.auto_movable_ratio",
            "memory_hotplug.auto_movable_numa_aware=2", "memory_hotplug.memmap_on_memory=",
        ])
    func `a bad value is complained about, and changes nothing`(word: String) {
        let bad = parameters("quiet \(word) splash")
        #expect(bad.complaints.count == 1 && bad.complaints.first?.hasPrefix(word) == true, "\(bad.complaints)")
        var rest = bad
        rest.complaints = []
        #expect(rest == parameters(""))
    }

    @Test(arguments: ["", "  \n", "root=/dev/sda1", "numa=fake=4", "memory_hotplug.unknown=1", "=", "==x"])
    func `what is not about memory passes`(line: String) {
        #expect(parameters(line) == parameters(""))
    }
}
