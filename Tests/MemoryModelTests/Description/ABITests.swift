// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import MemoryModel

@Suite struct `Linux 3.8` {
    private var machine = Machine(booting: Machines.old(Machines.oneNode()))

    @Test(arguments: [OnlineType.online, .onlineKernel, .onlineMovable])
    mutating func `refuses to online an online block with EINVAL, and forgets the type`(type: OnlineType) throws {
        let before = MachineState(machine)
        #expect(machine.errno(of: .state(3, type)) == .invalid)
        #expect(MachineState(machine) == before && machine.block(3).stickyType == nil)
    }

    @Test func `brings nothing online by itself, and knows no policies, whatever its command line says`() throws {
        let line =
            "memhp_default_state=online memory_hotplug.online_policy=auto-movable memory_hotplug.memmap_on_memory=on"
        var machine = Machine(booting: Machines.old(Machines.oneNode(line)))
        #expect(machine.autoOnline == .offline && machine.policy == OnlinePolicy())
        #expect(machine.parameters.complaints.isEmpty)
        try machine.run(.probe(address: 4 * Machines.GiB), .plug("d1"))
        #expect(machine.block(32).state == .offline && machine.block(80).state == .offline)
        #expect(machine.block(80).ownMapPages == 0)
    }

    @Test func `takes blocks with holes offline, and brings back what is there`() throws {
        var description = Machines.old(Machines.oneNode())
        // Half of block 32, and all of 33, at whose top boot puts its memory map.
        description.memory.insert(.init(first: 4 << 30, last: (4 << 30) + (64 << 20) - 1, kind: .usable), at: 4)
        description.memory.insert(.init(first: 33 << 27, last: (34 << 27) - 1, kind: .usable), at: 5)
        var machine = Machine(booting: description)
        #expect(machine.block(32).presentPages == 16384)
        let before = machine.zone(.normal)
        try machine.run(.state(32, .offline))
        #expect(before.present - machine.zone(.normal).present == 16384)
        expectInvariants(machine)
        try machine.run(.state(32, .online))
        #expect(machine.zone(.normal) == before)
        expectInvariants(machine)
    }

    /// Newer kernels leave the node as long as another has memory.
    @Test(arguments: [(KernelABI.linux3_8, 0), (.linux6_1, 1)])
    func `moves the pages of a block within their node`(abi: KernelABI, node: Int) throws {
        var description = Machines.twoNodes()
        description.abi = abi
        var machine = Machine(booting: description)
        try machine.run(.allocate(Workload(name: "w", kind: .anon, block: BlockID(3), pages: 100)))
        let outcome = try machine.run(.state(3, .offline))
        #expect(
            outcome.changes.contains(.pagesMoved(from: BlockID(3), frames: 100, to: NodeID(node), .dma32)))
    }

    @Test mutating func `moves the last pages of a node to the nearest other`() throws {
        try machine.run(.plug("d1"), .state(80, .online))
        try machine.run(.allocate(Workload(name: "w", kind: .anon, block: BlockID(80), pages: 100)))
        let outcome = try machine.run(.state(80, .offline))
        #expect(outcome.changes.contains(.pagesMoved(from: BlockID(80), frames: 100, to: NodeID(0), .dma32)))
    }

    @Test mutating func `takes a device's blocks offline, and keeps them`() throws {
        try machine.run(.plug("d1", blocks: 2), .state(80, .online))
        #expect(machine.errno(of: .unplug(id: "d1")) == .busy)
        #expect(machine.block(80).state == .offline && machine.block(81).state == .offline)
        #expect(machine.devices[0].module?.isBound == true)
        try machine.run(.state(81, .online), .eject(slot: 0))
        #expect(machine.block(81).state == .offline)
        expectInvariants(machine)
    }

    @Test(arguments: KernelABI.allCases)
    func `and 6.1 say which node gains or loses its place in has_high_memory, where there is HighMem`(
        abi: KernelABI
    ) throws {
        var description = Machines.highMemory
        description.abi = abi
        // Without it, 3.8 would want normal memory first.
        description.commandLine = "movable_node"
        description.affinity[1].node = 1
        var machine = Machine(booting: description)
        try machine.run(.plug(id: "d1", size: 2 * machine.blockSize, node: NodeID(1)))
        for (type, block, change) in [(OnlineType.onlineKernel, 16, NodeID(1)), (.onlineKernel, 17, nil)] {
            let notice = try #require(try machine.run(.state(UInt32(block), type)).notice)
            #expect(notice.statusChangeNodeHigh == change && notice.statusChangeNode == change)
            #expect(notice.statusChangeNodeNormal == nil)
        }
        #expect(try machine.run(.state(16, .offline)).notice?.statusChangeNodeHigh == nil)
        #expect(try machine.run(.state(17, .offline)).notice?.statusChangeNodeHigh == NodeID(1))
        expectInvariants(machine)
    }

    @Test mutating func `says nothing of has_high_memory on a machine without HighMem`() throws {
        try machine.run(.plug("d1"))
        #expect(try machine.run(.state(80, .online)).notice?.statusChangeNodeHigh == nil)
    }
}
