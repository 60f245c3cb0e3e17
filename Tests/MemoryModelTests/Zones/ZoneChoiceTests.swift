// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import MemoryModel

@Suite struct `The zone a block goes to` {
    /// A machine with blocks 32 to 40 offline, and with spans set by hand.
    ///
    ///          32  33  34  35  36  37 ... 40
    ///     K    [=============]
    ///     M            [=============]
    private func machine(kernel: ClosedRange<UInt32>?, movable: ClosedRange<UInt32>?, _ commandLine: String) throws
        -> Machine
    {
        var machine = Machine(booting: Machines.oneNode(commandLine))
        try machine.probe(32...40)
        for (kind, blocks) in [(ZoneKind.normal, kernel), (.movable, movable)] {
            guard let blocks else { continue }
            let (first, last) = (BlockID(blocks.lowerBound), BlockID(blocks.upperBound))
            let span = machine.pages(of: first).lowerBound..<machine.pages(of: last).upperBound
            machine[NodeID(0)].withZone(kind) { $0.widen(to: span) }
        }
        return machine
    }

    @Test(
        arguments: [
            (33, "Normal Movable", "Normal Movable"), (36, "Movable Normal", "Movable Normal"),
            (34, "Normal Movable", "Movable Normal"), (40, "Normal Movable", "Movable Normal"),
        ] as [(UInt32, String, String)])
    func `plain online follows the spans, and movable_node decides where they do not`(
        block: UInt32, usual: String, movableNode: String
    ) throws {
        let spans = (kernel: 32...35 as ClosedRange<UInt32>, movable: 34...37 as ClosedRange<UInt32>)
        #expect(try machine(kernel: spans.kernel, movable: spans.movable, "").zones(for: block) == usual)
        #expect(
            try machine(kernel: spans.kernel, movable: spans.movable, "movable_node").zones(for: block) == movableNode)
    }

    @Test func `a block inside Movable's span prefers Movable, until Normal's span covers it too`() throws {
        var machine = Machine(booting: Machines.oneNode())
        try machine.probe(32...36)
        try machine.run(.state(32, .onlineMovable), .state(36, .onlineMovable))
        #expect(machine.zones(for: 34) == "Movable Normal")
        try machine.run(.state(33, .onlineKernel), .state(35, .onlineKernel))
        #expect(machine.zones(for: 34) == "Normal Movable")
    }

    @Test func `a block that waits on its way offline could go to either zone`() throws {
        var machine = Machine(booting: Machines.oneNode())
        try machine.probe(32...32)
        try machine.run(
            .state(32, .onlineMovable), .allocate(Workload(name: "w", kind: .file, block: BlockID(32), pages: 1)),
            .stall(name: "w", true))
        #expect(machine.zones(for: 32) == "Movable")
        #expect(machine.apply(.state(32, .offline)).waiting != nil)
        #expect(machine.zones(for: 32) == "Movable Normal")
    }

    @Test func `a block below 4 GiB that no low zone's span reaches goes to Normal`() throws {
        var machine = Machine(booting: Machines.oneNode())
        try machine.probe(8...8)
        #expect(machine.zones(for: 8) == "Normal Movable")
        try machine.run(.state(3, .offline))
        #expect(machine.zones(for: 3) == "DMA32 Movable")
        try machine.run(.state(8, .online))
        #expect(machine.block(8).zone == .normal)
        expectInvariants(machine)
    }

    @Test(arguments: [OnlineType.onlineKernel, .onlineMovable])
    func `the type that names a zone gets it, wherever the spans are`(type: OnlineType) throws {
        var machine = try machine(kernel: 32...35, movable: 34...37, "")
        for block in [32, 34, 37, 40] as [UInt32] {
            try machine.run(.state(block, type))
            #expect(machine.block(block).zone == (type == .onlineKernel ? .normal : .movable))
            #expect(machine.zones(for: block) == machine.block(block).zone?.name)
        }
    }

    @Test func `auto-movable allows 24 blocks for 262046 early pages, and the 25th is Normal`() throws {
        var machine = Machine(booting: Machines.oneNode("memory_hotplug.online_policy=auto-movable"))
        try machine.probe(32...57)
        for block in 32...56 as ClosedRange<UInt32> { try machine.run(.state(block, .online)) }
        #expect((32...55).allSatisfy { machine.block($0).zone == .movable })
        #expect(machine.block(56).zone == .normal)
        #expect(machine.zones(for: 57) == "Normal Movable")
        // Hot-added kernel memory does not make room for more; a block less of Movable does.
        try machine.run(.state(40, .offline))
        #expect(machine.zones(for: 40) == "Movable Normal")
        try machine.run(.setAutoMovableRatio(300))
        #expect(machine.zones(for: 40) == "Normal Movable", "24 blocks are 786432 pages, 300 % 786138")
        try machine.run(.setAutoMovableRatio(0))
        #expect(machine.zones(for: 40) == "Normal Movable")
        try machine.run(.setAutoMovableRatio(.max))
        #expect(machine.zones(for: 57) == "Movable Normal")
    }

    @Test(arguments: [true, false])
    func `numa_aware asks for early memory on the block's own node`(aware: Bool) throws {
        var machine = Machine(booting: Machines.oneNode("memory_hotplug.online_policy=auto-movable"))
        try machine.run(.setAutoMovableNumaAware(aware), .plug("d1", blocks: 1, node: 1))
        // Node 1 has nothing of its own from boot.
        #expect(machine.zones(for: 80) == (aware ? "Normal Movable" : "Movable Normal"))
        try machine.probe(32...32)
        #expect(machine.zones(for: 32) == "Movable Normal")
    }

    @Test func `a DIMM goes to Movable only if all of it fits, and never half of it`() throws {
        var machine = Machine(booting: Machines.oneNode("memory_hotplug.online_policy=auto-movable"))
        try machine.run(.setAutoMovableNumaAware(false), .plug("large", blocks: 25), .plug("small", blocks: 24))
        #expect(machine.zones(for: 80) == "Normal Movable", "25 blocks do not fit 788758 pages")
        #expect(machine.zones(for: 105) == "Movable Normal", "24 do")
        try machine.run(.state(105, .online))
        #expect(machine.zones(for: 106) == "Movable Normal", "what is online of it is not counted twice")
        try machine.run(.state(110, .onlineKernel))
        #expect(machine.zones(for: 106) == "Normal Movable", "part of it is kernel memory")
        expectInvariants(machine)
    }

    @Test func `machines with HighMem or without low zones use the highest kernel zone they have`() throws {
        var high = Machine(booting: Machines.highMemory)
        try high.run(.plug(id: "d", size: high.blockSize, node: NodeID(0)))
        #expect(high.zones(for: 16) == "HighMem Movable")
        var power = Machine(booting: Machines.power)
        try power.run(.plug(id: "d", size: power.blockSize, node: NodeID(0)))
        #expect(power.zones(for: 16) == "Normal Movable")
    }
}
