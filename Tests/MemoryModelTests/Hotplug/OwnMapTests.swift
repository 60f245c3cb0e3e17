// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import MemoryModel

/// `memmap_on_memory`: a block of 32768 pages whose first 512 hold its own memory map.
@Suite struct `A block with its own memory map` {
    private static let line = "memory_hotplug.memmap_on_memory=on"
    private var machine = Machine(booting: Machines.oneNode(line))

    @Test mutating func `takes no memory elsewhere, and manages what is left of itself`() throws {
        let before = machine.unused(.dma32)
        try machine.run(.plug("a", blocks: 1))
        #expect(machine.block(80).ownMapPages == 512 && machine.unused(.dma32) == before)
        let outcome = try machine.run(.state(80, .onlineMovable))
        let zone = machine.zone(.movable, of: 1)
        #expect([zone.start, zone.spanned] == [80 * 32768, 32768])
        #expect([zone.present, zone.managed, zone.free] == [32768, 32256, 32256])
        #expect(machine.groups[0].presentMovable == 32768)
        #expect(outcome.notices.allSatisfy { $0.startPage == 80 * 32768 + 512 && $0.pages == 32256 })
        #expect(machine.pageblocks(of: zone, on: NodeID(1)) == [.movable: 63, .unmovable: 1])
        expectInvariants(machine)
    }

    @Test mutating func `goes offline although its map stays, and leaves nothing behind`() throws {
        try machine.run(.plug("a", blocks: 1), .plug("b", blocks: 1))
        try machine.run(.state(80, .onlineKernel), .state(81, .onlineKernel), .state(80, .offline))
        let zone = machine.zone(.normal, of: 1)
        #expect([zone.start, zone.spanned, zone.present, zone.managed] == [81 * 32768, 32768, 32768, 32256])
        try machine.run(.state(81, .offline))
        #expect(machine.zone(.normal, of: 1).spanned == 0 && !machine[NodeID(1)].hasMemory)
        #expect(machine.groups.allSatisfy { $0.presentKernel == 0 })
        try machine.run(.unplug(id: "a"), .unplug(id: "b"))
        #expect(!machine[NodeID(1)].isOnline)
        expectInvariants(machine)
    }

    @Test mutating func `has the pages of its map taken out while it is on its way, and back if it stays`() throws {
        try machine.run(.plug("a", blocks: 1), .state(80, .onlineMovable))
        try machine.run(
            .allocate(Workload(name: "w", kind: .file, block: BlockID(80), pages: 1)), .stall(name: "w", true))
        let ticket = try #require(machine.apply(.state(80, .offline)).waiting)
        #expect(machine.zone(.movable, of: 1).present == 32256 && machine.groups[0].presentMovable == 32256)
        _ = machine.apply(.interrupt(ticket))
        #expect(machine.zone(.movable, of: 1).present == 32768 && machine.groups[0].presentMovable == 32768)
        for command in [Command.injectError(.goingOffline, .busy), .stall(name: "w", false), .free(name: "w")] {
            try machine.run(command)
        }
        #expect(machine.errno(of: .state(80, .offline)) == .busy)
        #expect(machine.zone(.movable, of: 1).present == 32768)
        expectInvariants(machine)
    }

    @Test mutating func `refuses a page of its map as the kernel's, and poisons others`() throws {
        try machine.run(.plug("a", blocks: 1), .state(80, .onlineMovable))
        #expect(machine.errno(of: .softOffline(address: 10 << 30)) == .inputOutput)
        #expect(machine.errno(of: .hardOffline(address: 10 << 30)) == .busy)
        try machine.run(.softOffline(address: 10 << 30 + 2 << 20))
        #expect(machine.zone(.movable, of: 1).free == 32255)
        expectInvariants(machine)
    }

    @Test mutating func `is only one of a device of one block, or one that was not probed`() throws {
        try machine.run(.plug("a", blocks: 2))
        try machine.probe(32...32)
        #expect(
            [80, 81, 32].allSatisfy { machine.block($0).ownMapPages == 0 && machine.block($0).memoryMapOwner != nil })
    }

    @Test func `is any of a device on Linux 6.18`() throws {
        var machine = Machine(booting: Machines.new(Machines.oneNode(Self.line)))
        try machine.run(.plug("a", blocks: 2), .state(80, .online), .state(81, .online))
        #expect([80, 81].allSatisfy { machine.block($0).ownMapPages == 512 })
        #expect(machine.zone(.normal, of: 1).managed == 2 * 32256)
        try machine.run(.unplug(id: "a"))
        expectInvariants(machine)
    }

    @Test(
        arguments: [
            ("", .no, 0), ("=Y", .yes, 512), ("=0", .no, 0), ("=force", .no, 0), ("=FORCE", .no, 0),
            ("=forced", .no, 0),
        ] as [(String, OnlinePolicy.MemmapOnMemory, UInt32)])
    func `was not forced before`(value: String, mode: OnlinePolicy.MemmapOnMemory, pages: UInt32) throws {
        var machine = Machine(
            booting: Machines.oneNode(value.isEmpty ? "" : "memory_hotplug.memmap_on_memory" + value))
        #expect(machine.policy.memmapOnMemory == mode)
        try machine.run(.plug("a", blocks: 1))
        #expect(machine.block(80).ownMapPages == pages)
        let new = Machine(booting: Machines.new(machine.description))
        #expect(new.policy.memmapOnMemory == (value.uppercased() == "=FORCE" ? .force : mode))
    }

    /// Pages of 16 KiB: 32 of them hold a block's map, which is less than a huge page maps.
    @Test func `is none where a map is no whole huge page`() throws {
        var description = Machines.new(Machines.largePages)
        description.commandLine = "memory_hotplug.memmap_on_memory=force"
        var machine = Machine(booting: description)
        try machine.run(.plug(id: "a", size: 128 << 20, node: NodeID(0)))
        #expect(machine.block(8208).ownMapPages == 0 && machine.block(8208).memoryMapOwner != nil)
    }
}
