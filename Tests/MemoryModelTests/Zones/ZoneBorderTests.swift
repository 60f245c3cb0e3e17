// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import MemoryModel

/// In the pictures N and M are the zones Normal and Movable, capitals are online, and brackets are spans.
@Suite struct `Where memory has its zone when it is added` {
    private let size: UInt64 = 32768
    private var machine = Machine(booting: Machines.old(Machines.oneNode()))

    /// The blocks a zone spans, from and below.
    private func span(_ kind: ZoneKind, of node: Int = 0, in machine: Machine) -> Range<UInt64> {
        let zone = machine.zone(kind, of: node)
        let blocks = zone.spanned == 0 ? 0..<0 : zone.start / machine.pagesPerBlock..<zone.end / machine.pagesPerBlock
        return blocks
    }

    private func spans(of node: Int = 0) -> [Range<UInt64>] {
        [span(.normal, of: node, in: machine), span(.movable, of: node, in: machine)]
    }

    /*
        added        [ 32 n  33 n  34 n ]
        33 online    [ 32 n  33 N  34 n ]
        33 offline   [ 32 n  33 n  34 n ]
    */
    @Test mutating func `a span grows when memory is added, and present pages come when it is online`() throws {
        try machine.probe(32...34)
        #expect(spans() == [32..<35, 0..<0] && machine.zone(.normal).present == 0)
        #expect(machine[NodeID(0)].start + machine[NodeID(0)].spanned == 35 * size)
        try machine.run(.state(33, .online))
        #expect(spans() == [32..<35, 0..<0])
        #expect(machine.zone(.normal).present == size && machine.zone(.normal).managed == size)
        try machine.run(.state(33, .offline))
        #expect(spans() == [32..<35, 0..<0] && machine.zone(.normal).present == 0)
        expectInvariants(machine)
    }

    /*
                       [ 32 n  33 n  34 n ]
        34: movable    [ 32 n  33 n ][ 34 M ]
        33: movable    [ 32 n ][ 33 M  34 M ]
    */
    @Test mutating func `the highest block of Normal may go to Movable, which may be empty; no other may`() throws {
        try machine.probe(32...34)
        let before = MachineState(machine)
        for block in [32, 33] as [UInt32] {
            #expect(machine.errno(of: .state(block, .onlineMovable)) == .notPermitted)
        }
        #expect(MachineState(machine) == before)
        try machine.run(.state(34, .onlineMovable))
        #expect(spans() == [32..<34, 34..<35] && machine.block(34).zone == .movable)
        #expect(machine.errno(of: .state(32, .onlineMovable)) == .notPermitted)
        try machine.run(.state(33, .onlineMovable))
        #expect(spans() == [32..<33, 33..<35])
        expectInvariants(machine)
    }

    /*
                      [ 32 N ][ 33 m  34 m ]
        33: kernel    [ 32 N  33 N ][ 34 m ]
        34: kernel    [ 32 N  33 N  34 N ]
    */
    @Test mutating func `the lowest block of Movable may go to Normal; no other may`() throws {
        try machine.probe(32...34)
        try machine.run(.state(34, .onlineMovable), .state(33, .onlineMovable), .state(32, .online))
        try machine.run(.state(34, .offline), .state(33, .offline))
        #expect(machine.errno(of: .state(34, .onlineKernel)) == .notPermitted)
        #expect(spans() == [32..<33, 33..<35])
        try machine.run(.state(33, .onlineKernel))
        #expect(spans() == [32..<34, 34..<35])
        try machine.run(.state(34, .onlineKernel))
        #expect(spans() == [32..<35, 0..<0] && machine.zone(.movable).start == 0)
        expectInvariants(machine)
    }

    /*
                       [ 32 n ]
        32: movable            [ 32 M ]
        32: kernel     [ 32 N ]
    */
    @Test mutating func `an empty Normal is given the lowest block of Movable, as an empty Movable was given it`()
        throws
    {
        try machine.probe(32...32)
        try machine.run(.state(32, .onlineMovable))
        #expect(spans() == [0..<0, 32..<33] && machine.zone(.normal).start == 0)
        try machine.run(.state(32, .offline), .state(32, .onlineKernel))
        #expect(spans() == [32..<33, 0..<0])
        expectInvariants(machine)
    }

    @Test mutating func `online keeps the zone, whichever it is`() throws {
        try machine.probe(32...33)
        try machine.run(.state(33, .onlineMovable), .state(33, .offline), .state(33, .online))
        #expect(machine.block(33).zone == .movable)
        try machine.run(.state(33, .offline), .state(33, .onlineMovable), .state(32, .onlineKernel))
        #expect(machine.block(33).zone == .movable && machine.block(32).zone == .normal)
        for type in [OnlineType.online, .onlineKernel] {
            try machine.run(.state(3, .offline), .state(3, type))
            #expect(machine.block(3).zone == .dma32)
        }
    }

    @Test mutating func `a block of a zone that does not border on Movable cannot go there`() throws {
        try machine.run(.state(3, .offline))
        #expect(machine.errno(of: .state(3, .onlineMovable)) == .notPermitted)
        #expect(machine.block(3).assignedZone == .dma32)
    }

    /*
        34: movable    [ 32 n  33 n ][ 34 M ]
        35 added       [ 32 n  33 n  [ 34 M ]  35 n ]
        35: movable    [ 32 n  33 n  [ 34 M ]  35 M ]
    */
    @Test mutating func `what is added above Movable is Normal again, and spans overlap`() throws {
        try machine.probe(32...34)
        try machine.run(.state(34, .onlineMovable))
        try machine.probe(35...35)
        #expect(spans() == [32..<36, 34..<35] && machine.block(35).assignedZone == .normal)
        #expect(machine.errno(of: .state(33, .onlineMovable)) == .notPermitted, "it is not the highest any more")
        try machine.run(.state(35, .onlineMovable))
        #expect(spans() == [32..<35, 34..<36])
        expectInvariants(machine)
    }

    @Test mutating func `the border has moved before the chain refuses, and stays`() throws {
        try machine.probe(32...33)
        try machine.run(.injectError(.goingOnline, .inputOutput))
        #expect(machine.errno(of: .state(33, .onlineMovable)) == .inputOutput)
        #expect(spans() == [32..<33, 33..<34] && machine.zone(.movable).present == 0)
        try machine.run(.injectError(.goingOnline, nil), .state(33, .online))
        #expect(machine.block(33).zone == .movable)
        expectInvariants(machine)
    }

    @Test mutating func `a node gets normal memory before any other, and keeps it longest`() throws {
        try machine.run(.plug("d1", blocks: 3))
        #expect(machine.errno(of: .state(82, .onlineMovable)) == .notPermitted)
        #expect(spans(of: 1) == [80..<83, 0..<0])
        try machine.run(.state(80, .online), .state(82, .onlineMovable))
        #expect(machine.errno(of: .state(80, .offline)) == .invalid)
        #expect(machine.block(80).state == .online)
        try machine.run(.state(81, .online), .state(80, .offline))
        #expect(machine.errno(of: .state(81, .offline)) == .invalid)
        try machine.run(.state(82, .offline), .state(81, .offline))
        #expect(machine.errno(of: .state(82, .online)) == .notPermitted, "it is in Movable, online or not")
        expectInvariants(machine)
    }

    @Test func `with movable_node a node may have no normal memory`() throws {
        var machine = Machine(booting: Machines.old(Machines.oneNode("movable_node")))
        try machine.run(.plug("d1", blocks: 2), .state(81, .onlineMovable), .state(80, .onlineMovable))
        #expect(span(.movable, of: 1, in: machine) == 80..<82 && span(.normal, of: 1, in: machine) == 0..<0)
        #expect(!machine[NodeID(1)].hasNormalMemory)
        try machine.run(.state(80, .offline), .state(80, .onlineKernel), .state(80, .offline))
        expectInvariants(machine)
    }

    @Test(
        arguments: [(Machines.highMemory, ZoneKind.highMem, 16), (Machines.power, .normal, 16)]
            as [(MachineDescription, ZoneKind, UInt32)])
    func `memory goes to the highest kernel zone, and from its top to Movable`(
        description: MachineDescription, kind: ZoneKind, block: UInt32
    ) throws {
        var machine = Machine(booting: Machines.old(description))
        let boot = span(kind, in: machine)
        try machine.probe(block...block + 1)
        #expect(machine.block(block).assignedZone == kind && span(kind, in: machine).upperBound == UInt64(block) + 2)
        #expect(machine.errno(of: .state(block, .onlineMovable)) == .notPermitted)
        try machine.run(.state(block + 1, .onlineMovable), .state(block, .onlineMovable))
        #expect(span(kind, in: machine) == boot && span(.movable, in: machine) == UInt64(block)..<UInt64(block) + 2)
        expectInvariants(machine)
    }

    @Test func `memory that firmware holds ready has a zone from boot`() throws {
        var machine = Machine(booting: Machines.old(Machines.mainframe))
        let top = try #require(machine.blocks.last)
        #expect(top.state == .offline && top.assignedZone == .normal)
        #expect(machine.zone(.normal).end == machine.pages(of: top.id).upperBound)
        try machine.run(.setState(top.id, .onlineMovable))
        expectInvariants(machine)
    }
}
