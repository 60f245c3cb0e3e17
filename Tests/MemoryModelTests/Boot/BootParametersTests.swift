// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import MemoryModel

@Suite struct `The kernel's command line` {
    private func parameters(_ line: String) -> BootParameters { BootParameters(commandLine: line) }

    @Test(
        arguments: [
            ("kernelcore=512M", .bytes(512 << 20)), ("kernelcore=0x1000", .bytes(4096)),
            ("kernelcore=50%", .percent(50)),
            ("kernelcore=10% kernelcore=1G", .bytes(1 << 30)), ("kernelcore=1G kernelcore=bad", .bytes(0)),
            ("kernelcore=1G kernelcore=10%", .percent(10)), ("kernelcore=1G kernelcore=0%", .bytes(1 << 30)),
            ("kernelcore=512MB", .bytes(512 << 20)), ("kernelcore=1G@2G", .bytes(1 << 30)),
            ("kernelcore=lots", .bytes(0)), ("kernelcore=", .bytes(0)), ("kernelcore=-5%", .bytes(0)),
            ("kernelcore=50%!", .percent(50)), ("kernelcore=2.5G", .bytes(2)), ("kernelcore=1Q", .bytes(1)),
            ("kernelcore=0x10%", .percent(16)), ("kernelcore=010%", .percent(8)), ("kernelcore=150%", .percent(150)),
            ("kernelcore=1G%", .bytes(1 << 30)), ("kernelcore=1e%", .bytes(1 << 60)),
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
        #expect(!all.policy.autoMovableNumaAware && all.policy.memmapOnMemory == .yes)
        #expect(all.complaints.isEmpty)
    }

    @Test func `nodes are left out or made up`() {
        #expect(parameters("numa=noacpi").numaOff && parameters("numa=off numa=fake=2").numaOff)
        #expect(parameters("numa=fake=4").fakeNodes == .count(4))
        #expect(parameters("numa=fake=9999").fakeNodes == .count(1024))
        #expect(parameters("numa=fake=2U").fakeNodes == .perNode(2))
        #expect(parameters("numa=fake=512M").fakeNodes == .size(512 << 20))
        #expect(parameters("numa=fake=2 numa=fake=x").fakeNodes == .count(2))
        #expect(!parameters("numa=fake=2").numaOff)
    }

    @Test func `changes of the memory map are kept in their order`() {
        let line = "mem=2G memmap=exactmap,64K$0x1000 mem=1G memmap=1G"
        #expect(
            parameters(line).mapChanges == [
                .limit(2 << 30), .memmap(.exact, text: "exactmap"),
                .memmap(.entry(.init(first: 0x1000, last: 0x10fff, kind: .reserved)), text: "64K$0x1000"),
                .limit(1 << 30), .memmap(.limit(1 << 30), text: "1G"),
            ])
        let partly = parameters("memmap=1M@1M,nonsense,1M#2M")
        #expect(partly.mapChanges.count == 2 && partly.complaints == ["memmap=nonsense: bad value, ignored"])
    }

    @Test(arguments: ["lots", "", "-5%", "x1G"])
    func `an amount that is none is complained about, and is 0`(text: String) {
        let all = parameters("movablecore=\(text)")
        #expect(all.movableCore == .bytes(0))
        #expect(all.complaints == ["movablecore=\(text): no amount, counts as 0"])
    }

    @Test func `what follows a size does not count`() {
        #expect(parameters("mem=1G@2G").mapChanges == [.limit(1 << 30)])
        #expect(
            parameters("memmap=1G@x").mapChanges
                == parameters("memmap=1G@0x").mapChanges.map { _ in
                    .memmap(.entry(.init(first: 0, last: (1 << 30) - 1, kind: .usable)), text: "1G@x")
                })
        #expect(parameters("numa=offline").numaOff)
    }

    @Test(arguments: ["mirror", "mirror,512M", "x,mirror"])
    func `mirror may stand among other words`(text: String) {
        let all = parameters("kernelcore=\(text)")
        #expect(all.kernelCoreMirror && all.kernelCore == nil && all.complaints.isEmpty)
    }

    @Test func `memory devices can be ignored`() {
        #expect(parameters("acpi_no_memhotplug").ignoresMemoryDevices && !parameters("").ignoresMemoryDevices)
    }

    @Test func `a dash in a name is an underscore`() {
        let same = parameters("movable-node memhp-default-state=online memory-hotplug.online-policy=auto-movable")
        #expect(same.movableNode && same.defaultState == .online && same.policy.kind == .autoMovable)
        // In a value it is not.
        #expect(parameters("memory_hotplug.online_policy=auto_movable").policy.kind == .contigZones)
    }

    @Test(
        arguments: [
            "kernelcore", "movablecore",
            "memhp_default_state=on", "memhp_default_state=Online", "memhp_default_state",
            "memory_hotplug.online_policy=", "memory_hotplug.auto_movable_ratio=-1",
            "memory_hotplug.auto_movable_ratio=4294967296", "memory_hotplug.auto_movable_ratio",
            "memory_hotplug.auto_movable_numa_aware=2", "memory_hotplug.memmap_on_memory=",
            "mem=", "mem", "mem=0", "mem=lots", "memmap", "memmap=", "memmap=0", "memmap=$1G", "memmap=0@1G",
            "memmap=1G%1G", "memmap=2@0xffffffffffffffff", "numa", "numa=", "numa=on",
            "numa=fake=", "numa=fake=0", "numa=fake=-1", "numa=fake=0U", "numa=fake=xM", "numa=fake=4x",
        ])
    func `a bad value is complained about, and changes nothing`(word: String) {
        let bad = parameters("quiet \(word) splash")
        #expect(bad.complaints.count == 1 && bad.complaints.first?.hasPrefix(word) == true, "\(bad.complaints)")
        var rest = bad
        rest.complaints = []
        #expect(rest == parameters(""))
    }

    @Test(
        arguments: [
            "", "  \n", "root=/dev/sda1", "memory_hotplug.unknown=1", "=", "==x", "mem=nopentium", "numa=nohmat",
            "quiet -- movable_node mem=1",
        ])
    func `what is not about memory passes`(line: String) {
        #expect(parameters(line) == parameters(""))
    }
}
