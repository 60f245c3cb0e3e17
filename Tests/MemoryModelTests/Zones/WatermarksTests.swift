// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import MemoryModel

@Suite struct `The watermarks` {
    @Test(arguments: Machines.all.indices)
    func `rise from min to high, and all zones' minima share the reserve`(index: Int) {
        let machine = Machine(booting: Machines.all[index].description)
        var sum: UInt64 = 0
        for node in machine.nodes {
            for (zone, marks) in zip(node.zones, machine.watermarks(of: node)) {
                #expect(marks.min <= marks.low && marks.low <= marks.high)
                if zone.managed > 0 {
                    #expect(marks.high < zone.managed || zone.managed < 2048, "\(node.id) \(zone.kind.name)")
                    if zone.kind != .highMem { #expect(marks.low - marks.min >= zone.managed / 1000) }
                } else if zone.kind != .highMem {
                    #expect(marks.min == 0 && marks.high == 0)
                }
                if zone.kind != .highMem { sum += marks.min }
            }
        }
        let reserve = machine.minimumFreeKilobytes / (machine.pageSize / 1024)
        let zones = UInt64(machine.nodes.count * machine.description.architecture.zones.count)
        // Each zone's share is rounded down; HighMem's is not part of it.
        #expect(sum <= reserve)
        if !machine.description.architecture.zones.contains(.highMem) { #expect(sum + zones >= reserve) }
    }

    @Test func `protect a zone by what is managed above it`() throws {
        var machine = Machine(booting: Machines.oneNode())
        try machine.probe(32...33)
        try machine.run(.state(32, .onlineKernel), .state(33, .onlineMovable))
        let node = machine[NodeID(0)]
        let marks = machine.watermarks(of: node)
        let dma32 = node.zones[1].managed
        #expect(marks[0].protection == [0, dma32 / 256, (dma32 + 32768) / 256, (dma32 + 65536) / 256])
        #expect(marks[1].protection == [0, 0, 32768 / 256, 65536 / 256])
        #expect(marks[2].protection == [0, 0, 0, 32768 / 32])
        #expect(marks[3].protection == [0, 0, 0, 0])
    }

    @Test func `follow memory as it comes`() throws {
        var machine = Machine(booting: Machines.oneNode())
        let before = machine.watermarks(of: machine[NodeID(0)])
        try machine.probe(32...33)
        try machine.run(.state(32, .onlineKernel), .state(33, .onlineKernel))
        let after = machine.watermarks(of: machine[NodeID(0)])
        #expect(before[2].high == 0 && after[2].min > 0)
        #expect(machine.minimumFreeKilobytes > Machine(booting: Machines.oneNode()).minimumFreeKilobytes)
    }
}
