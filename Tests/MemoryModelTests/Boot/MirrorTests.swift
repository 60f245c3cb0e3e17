// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import MemoryModel

@Suite struct `Mirrored memory` {
    private static let GiB = Machines.GiB

    /*
         GiB        4    5    6   6.5       8    9   10  10.2    12
         mirrored   [####]    [###]         [####]    [##]
         Normal     [ node 0               ][ node 1             ]
         Movable         [ node 0          ]     [ node 1        ]
     */
    @Test func `is the kernel's, and the rest Movable's, in spans that overlap`() {
        let machine = Machine(booting: Machines.mirrored)
        func gib(_ zone: Zone) -> [Double] {
            [zone.start, zone.end, zone.present].map { Double($0) / Double(1 << 18) }
        }
        #expect(gib(machine.zone(.normal)) == [4, 8, 1.5])
        #expect(gib(machine.zone(.movable)) == [5, 8, 2.5])
        #expect(gib(machine.zone(.normal, of: 1)) == [8, 12, 1.1875])
        #expect(gib(machine.zone(.movable, of: 1)) == [9, 12, 2.8125])
        #expect(machine.complaints.isEmpty)
        expectInvariants(machine)
    }

    @Test func `a block in both spans is in no zone, and stays online for ever`() {
        var machine = Machine(booting: Machines.mirrored)
        for block in [39, 40, 48, 52, 71] as [UInt32] {
            let overlaps = block >= 40 && block < 64 || block >= 72
            #expect(machine.zones(for: block) == (overlaps ? "" : "Normal"), "block \(block)")
        }
        #expect(machine.errno(of: .state(48, .offline)) == .invalid)
        #expect(machine.errno(of: .state(32, .offline)) == nil)
        expectInvariants(machine)
    }

    @Test func `each page is in one zone`() {
        let machine = Machine(booting: Machines.mirrored)
        let mirrored = machine.ram.filter(\.isMirrored)
        #expect(!machine.mixedExtents.isEmpty)
        for extent in machine.mixedExtents where extent.zone >= .normal {
            let part = mirrored.filter { $0.node == extent.node }.map { $0.pages.clamped(to: extent.pages) }
                .reduce(0) { $0 + $1.count }
            #expect(part == (extent.zone == .normal ? extent.pages.count : 0), "\(extent)")
        }
        for (lower, upper) in zip(machine.mixedExtents, machine.mixedExtents.dropFirst()) {
            #expect(lower.pages.upperBound <= upper.pages.lowerBound)
        }
    }

    @Test func `reserved pages are charged to the zone they are in`() {
        let machine = Machine(booting: Machines.mirrored)
        for node in 0...1 {
            let (normal, movable) = (machine.zone(.normal, of: node), machine.zone(.movable, of: node))
            #expect(movable.managed == movable.present, "what the kernel took is mirrored")
            #expect(normal.managed < normal.present)
        }
    }

    @Test func `counts for nothing unless it is asked for`() {
        for line in ["", "movable_node", "kernelcore=2G"] {
            var description = Machines.mirrored
            description.commandLine = line
            var plain = description
            for index in plain.memory.indices { plain.memory[index].isMirrored = false }
            #expect(Machine(booting: description).nodes == Machine(booting: plain).nodes, "\(line)")
        }
    }

    @Test func `movable_node comes before it, and it before sizes`() {
        var (description, both) = (Machines.mirrored, Machines.mirrored)
        both.commandLine = "kernelcore=mirror kernelcore=10G movablecore=1G"
        #expect(Machine(booting: both).nodes == Machine(booting: description).nodes)
        both.commandLine = "kernelcore=mirror movable_node"
        description.commandLine = "movable_node"
        #expect(Machine(booting: both).nodes.map(\.zones) == Machine(booting: description).nodes.map(\.zones))
    }

    @Test func `below 4 GiB the kernel takes what is not mirrored too, with a warning`() {
        var description = Machines.mirrored
        description.memory[3].isMirrored = false
        let machine = Machine(booting: description)
        #expect(machine.zone(.dma32).present == Machine(booting: Machines.mirrored).zone(.dma32).present)
        #expect(machine.complaints.count == 1 && machine.complaints[0].contains("not mirrored"))
        expectInvariants(machine)
    }

    /*
         GiB       0          3    4          6         8
         mirrored  [##########]    .          [#########]
         Movable                   [ present  :         ]
         Normal                    [          : present ]   it would begin in Movable, and not be there at all
     */
    @Test func `above Movable's start is in Normal even where that would be empty`() {
        let description = MachineDescription(
            commandLine: "kernelcore=mirror",
            memory: [
                .init(first: 0, last: 3 * Self.GiB - 1, kind: .usable, isMirrored: true),
                .init(first: 4 * Self.GiB, last: 6 * Self.GiB - 1, kind: .usable),
                .init(first: 6 * Self.GiB, last: 8 * Self.GiB - 1, kind: .usable, isMirrored: true),
            ])
        let machine = Machine(booting: description)
        #expect(machine.zone(.normal).present == 2 << 18 && machine.zone(.movable).present == 2 << 18)
        expectInvariants(machine)
    }

    @Test func `where Movable begins is rounded up, and what is below is Normal's`() {
        var description = Machines.mirrored
        let border = 5 * Self.GiB + 1 << 20
        let index = description.memory.firstIndex { $0.first == 5 * Self.GiB } ?? 0
        description.memory[index - 1].last = border - 1
        description.memory[index].first = border
        let machine = Machine(booting: description)
        #expect(machine.zone(.movable).start == (5 << 18) + 1024)
        #expect(machine.zone(.normal).present == 3 << 17 + 1024)
        expectInvariants(machine)
    }
}
