// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import MemoryModel

@Suite struct `A machine after boot` {
    @Test func `zones are those of a live kernel of 1 GiB`() {
        let machine = Machine(booting: Machines.oneNode())
        let (dma, dma32) = (machine.zone(.dma), machine.zone(.dma32))
        #expect([dma.start, dma.spanned, dma.present] == [1, 4095, 3998])
        #expect([dma32.start, dma32.spanned, dma32.present] == [4096, 258048, 258048])
        for kind in [ZoneKind.normal, .movable] {
            #expect(machine.zone(kind) == Zone(kind: kind, number: machine.zone(kind).number))
        }
        #expect(machine.nodes.map(\.isOnline) == [true, false])
        #expect(machine.onlineNodes.map(\.cpus) == [[0, 1]])
    }

    @Test func `block 0 has pages of two zones and is none's`() {
        let machine = Machine(booting: Machines.oneNode())
        #expect(machine.blocks.map(\.id.rawValue) == Array(0..<8))
        #expect(machine.zones(for: 0) == "")
        #expect((1..<8).map { machine.zones(for: $0) } == Array(repeating: "DMA32", count: 7))
        #expect(
            machine.blocks.allSatisfy {
                $0.isBoot && $0.isOnline && $0.presentPages + ($0.id.rawValue == 0 ? 98 : 0) == 32768
            })
    }

    @Test func `a block at the border of two nodes belongs to both and to no zone`() {
        let machine = Machine(booting: Machines.sharedBlock())
        let shared = machine.block(12)
        #expect(shared.nodes == [NodeID(0), NodeID(1)])
        #expect(shared.zone == nil)
        #expect(machine.zone(.dma32).end == machine.zone(.dma32, of: 1).start)
        #expect(machine.block(11).nodes == [NodeID(0)] && machine.block(13).nodes == [NodeID(1)])
    }

    @Test func `reserved pages are the difference between present and managed`() {
        for (name, description) in Machines.all {
            let machine = Machine(booting: description)
            let zones = machine.nodes.flatMap(\.zones)
            let held = machine.reserved.reduce(0 as UInt64) { sum, taken in
                machine.ram.reduce(sum) { $0 + UInt64($1.pages.clamped(to: taken).count) }
            }
            #expect(zones.reduce(0) { $0 + $1.present - $1.managed } == held, "\(name)")
            let maps = machine.blocks.reduce(0) { $0 + ($1.memoryMapOwner == nil ? 0 : machine.memoryMapPages) }
            #expect(zones.reduce(0) { $0 + $1.managed - $1.free } == maps, "\(name)")
            #expect(zones.allSatisfy { $0.presentEarly == $0.present }, "\(name)")
            #expect(held > 0, "\(name)")
        }
    }

    @Test func `memory that firmware holds ready has offline blocks, and can come online`() throws {
        var machine = Machine(booting: Machines.mainframe)
        let ready = machine.blocks.filter { $0.state == .offline }.map(\.id.rawValue)
        #expect(ready == [12, 13, 14, 15])
        let before = machine.zone(.normal).present
        try machine.run(.state(13, .online))
        #expect(machine.zone(.normal).present == before + machine.pagesPerBlock)
        expectInvariants(machine)
    }

    @Test func `numa=off makes one node of all`() {
        let machine = Machine(booting: Machines.twoNodes("numa=off"))
        #expect(machine.nodes.map(\.id) == [NodeID(0)])
        #expect(machine[NodeID(0)].cpus == [0, 1])
        #expect(machine[NodeID(0)].present == 524190)
        expectInvariants(machine)
    }

    @Test func `distances are the firmware's, or 10 and 20`() {
        var description = Machines.twoNodes()
        let plain = Machine(booting: description)
        #expect(plain.distance(from: NodeID(1), to: NodeID(1)) == 10)
        #expect(plain.distance(from: NodeID(0), to: NodeID(1)) == 20)
        description.distances = [[10, 31], [32, 10]]
        let told = Machine(booting: description)
        #expect(told.distance(from: NodeID(0), to: NodeID(1)) == 31)
        #expect(told.distance(from: NodeID(1), to: NodeID(0)) == 32)
        #expect(told.distance(from: NodeID(0), to: NodeID(5)) == 20)
    }

    @Test(
        arguments: [
            (1, true, 128 << 20), (63, true, 128 << 20), (64, false, 2 << 30), (64, true, 2 << 30), (65, true, 1 << 30),
            (96, false, 2 << 30),
        ] as [(UInt64, Bool, UInt64)])
    func `the block size follows from the end of memory`(gigabytes: UInt64, hypervisor: Bool, size: UInt64) {
        #expect(MachineDescription(hypervisor: hypervisor, memory: []).blockSize(endOfMemory: gigabytes << 30) == size)
    }

    @Test(arguments: [(1, 512), (2, 256), (3, 128)] as [(UInt64, UInt64)])
    func `under a hypervisor it divides the end exactly`(odd: UInt64, megabytes: UInt64) {
        let end: UInt64 = 64 << 30 + (odd == 1 ? 512 << 20 : odd == 2 ? 256 << 20 : 128 << 20)
        #expect(MachineDescription(hypervisor: true, memory: []).blockSize(endOfMemory: end) == megabytes << 20)
    }

    @Test(arguments: Architecture.allCases)
    func `an architecture's sizes fit together`(architecture: Architecture) {
        for geometry in architecture.geometries {
            let pages = geometry.sectionSize / geometry.pageSize
            #expect(pages.isMultiple(of: 1 << UInt64(geometry.maxOrder)))
            #expect(geometry.pageblockOrder <= geometry.maxOrder)
        }
        #expect(architecture.zones == architecture.zones.sorted() && architecture.zones.last == .movable)
        #expect(architecture.highestMappableAddress(pagingLevels: 4) > architecture.geometries[0].sectionSize)
    }

    @Test func `a block's page is in its own node's zone where nodes interleave`() throws {
        let GiB = Machines.GiB
        var machine = Machine(
            booting: MachineDescription(
                blockSize: 2 * GiB, addressBits: 40,
                memory: [
                    .init(first: 0, last: 2 * GiB - 1, kind: .usable),
                    .init(first: 4 * GiB, last: 8 * GiB - 1, kind: .usable),
                ],
                affinity: [
                    .init(node: 0, first: 0, last: 5 * GiB - 1), .init(node: 1, first: 5 * GiB, last: 7 * GiB - 1),
                    .init(node: 0, first: 7 * GiB, last: 8 * GiB - 1),
                ], cpus: [.init(node: 0), .init(node: 1)]))
        try machine.run(.allocate(Workload(name: "a", kind: .anon, node: NodeID(1), pages: 400_000)))
        #expect(machine.use(ofWorkload: "a")?.pages == 400_000)
        try machine.run(.free(name: "a"))
        expectInvariants(machine)
    }
}
