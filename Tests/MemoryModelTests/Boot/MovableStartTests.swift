// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import MemoryModel

@Suite struct `Where Movable begins` {
    private func starts(_ description: MachineDescription) -> [Int: PageFrame] {
        let machine = Machine(booting: description)
        return Dictionary(
            uniqueKeysWithValues: machine.nodes.compactMap { node in
                node.zone(.movable).flatMap { $0.spanned > 0 ? (node.id.rawValue, $0.start) : nil }
            })
    }

    @Test func `movablecore is spread evenly over two nodes, as on a live kernel`() {
        // 262046 and 262144 pages: kernel memory is 393118, 196559 a node, from page 1 and 262144 on, less holes.
        let machine = Machine(booting: Machines.twoNodes("movablecore=512M"))
        #expect(machine.ram.filter { $0.node == NodeID(0) }.reduce(0) { $0 + $1.pages.count } == 262046)
        #expect(starts(Machines.twoNodes("movablecore=512M")) == [0: 197632, 1: 458752])
        expectInvariants(machine)
    }

    @Test(
        arguments: [
            ("", [:]), ("kernelcore=0", [:]), ("kernelcore=100%", [:]), ("kernelcore=2G", [:]), ("movablecore=0", [:]),
            ("movablecore=2G", [:]),
            // Half of 524190 pages is 262095; a node's share is 131047.
            ("kernelcore=50%", [0: 132096, 1: 393216]),
            ("kernelcore=1G", [0: 132096, 1: 393216]),
            ("movablecore=50%", [0: 131072 + 1024, 1: 393216]),
            // The larger of both kernel amounts counts.
            ("kernelcore=1G movablecore=512M", [0: 197632, 1: 458752]),
            ("kernelcore=1536M movablecore=1G", [0: 197632, 1: 458752]),
            // No amount is no amount, of either.
            ("kernelcore=1G movablecore=none", [0: 132096, 1: 393216]),
            ("kernelcore=1G movablecore=0%", [0: 132096, 1: 393216]),
            ("kernelcore=1G movablecore=512", [0: 132096, 1: 393216]),
            ("kernelcore=none movablecore=512M", [0: 197632, 1: 458752]),
            ("kernelcore=1G kernelcore=none", [:]), ("kernelcore=1024MB", [0: 132096, 1: 393216]),
            ("kernelcore=150% movablecore=512M", [:]), ("movablecore=150%", [:]),
            ("kernelcore=mirror kernelcore=1G", [:]),
        ] as [(String, [Int: PageFrame])])
    func `sizes and percentages decide it`(line: String, expected: [Int: PageFrame]) {
        #expect(starts(Machines.twoNodes(line)) == expected)
    }

    @Test(arguments: ["movablecore=1900M", "movablecore=99%", "kernelcore=4K", "kernelcore=1%"])
    func `it is never below the highest zone, and always on a boundary of the largest chunk`(line: String) {
        for description in [Machines.twoNodes(line), Machines.hotpluggableNode(line)] {
            let machine = Machine(booting: description)
            expectInvariants(machine)
            let highest =
                machine.nodes.flatMap(\.zones).filter { $0.kind != .movable && $0.present > 0 }.map(\.start).min() ?? 0
            for start in starts(description).values {
                #expect(start.isMultiple(of: 1024) && start >= highest)
            }
            #expect(!starts(description).isEmpty)
        }
    }

    @Test func `kernelcore=mirror without mirrors leaves everything from 4 GiB to Movable`() {
        let machine = Machine(booting: Machines.hotpluggableNode("kernelcore=mirror"))
        #expect(starts(machine.description) == [0: 1 << 20, 1: 5 << 18])
        #expect(machine.zone(.normal).present == 0)
        #expect(machine.zone(.movable).present == 262144)
        #expect(starts(Machines.twoNodes("kernelcore=mirror")).isEmpty, "all memory is below 4 GiB")
    }

    @Test func `Linux 6.18 ignores kernelcore=mirror without mirrors`() {
        let machine = Machine(booting: Machines.new(Machines.hotpluggableNode("kernelcore=mirror")))
        #expect(starts(machine.description).isEmpty)
        #expect(machine.complaints == ["kernelcore=mirror: no memory is mirrored, ignored"])
        #expect(starts(Machines.new(Machines.mirrored)) == starts(Machines.mirrored))
        expectInvariants(machine)
    }

    @Test func `movable_node makes hot-pluggable nodes Movable, but not the kernel's own`() {
        #expect(starts(Machines.hotpluggableNode("movable_node")) == [1: 5 << 18])
        #expect(
            starts(Machines.hotpluggableNode("movable_node kernelcore=1G")) == [1: 5 << 18], "it comes before sizes")
        var description = Machines.hotpluggableNode("movable_node")
        description.affinity = [.init(node: 0, first: 0, last: 20 * Machines.GiB - 1, hotplug: true)]
        #expect(starts(description).isEmpty, "the kernel lives on the node")
    }
}
