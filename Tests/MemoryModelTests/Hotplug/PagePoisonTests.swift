// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import MemoryModel

@Suite struct `Taking a page out of use` {
    private var machine = Machine(booting: Machines.oneNode())
    private let page: UInt64 = (4 << 30) + 0x5000

    init() throws {
        try machine.probe(32...33)
        try machine.run(.state(32, .onlineKernel))
    }

    enum How: CaseIterable {
        case soft, hard
        func command(_ address: UInt64) -> Command {
            self == .soft ? .softOffline(address: address) : .hardOffline(address: address)
        }
    }

    @Test(arguments: How.allCases)
    mutating func `a free page goes: one free page less, present and managed stay`(how: How) throws {
        let before = machine.zone(.normal)
        try machine.run(how.command(page + 0xabc))
        let zone = machine.zone(.normal)
        #expect(zone.free == before.free - 1 && zone.managed == before.managed && zone.present == before.present)
        #expect(machine.poisonedPages == [page / 4096] && machine.hardwareCorrupted == 1)
        expectInvariants(machine)
    }

    @Test(
        arguments: [
            (1 << 39, .noAddress, .noAddress),  // no memory there
            (.max, .noAddress, .noAddress), ((33 << 27) + 1, .inputOutput, .noAddress),  // its block is offline
            (16 << 20, .inputOutput, .busy),  // the kernel's image
            (0x123, .inputOutput, .busy),  // page 0, which is set aside
        ] as [(UInt64, Errno, Errno)])
    mutating func `a page that is not free is refused`(address: UInt64, soft: Errno, hard: Errno) {
        let before = MachineState(machine)
        #expect(machine.errno(of: .softOffline(address: address)) == soft)
        #expect(machine.errno(of: .hardOffline(address: address)) == hard)
        #expect(
            before.kept(byRefused: .hardOffline(address: 0))
                == MachineState(machine).kept(byRefused: .hardOffline(address: 0)))
    }

    @Test mutating func `a poisoned page is a success for soft and EHWPOISON for hard`() throws {
        try machine.run(.softOffline(address: page), .softOffline(address: page))
        #expect(machine.errno(of: .hardOffline(address: page)) == .hardwarePoison)
        #expect(machine.hardwareCorrupted == 1)
    }

    @Test mutating func `a kernel page keeps the mark, so that the second try is EHWPOISON`() {
        #expect(machine.errno(of: .hardOffline(address: 16 << 20)) == .busy)
        #expect(machine.hardwareCorrupted == 1)
        #expect(machine.errno(of: .hardOffline(address: 16 << 20)) == .hardwarePoison)
        #expect(machine.errno(of: .softOffline(address: 16 << 20)) == nil)
        #expect(machine.hardwareCorrupted == 1)
        expectInvariants(machine)
    }

    @Test mutating func `a block with a poisoned page goes offline and comes back whole`() throws {
        try machine.run(.hardOffline(address: page), .state(32, .offline))
        #expect(machine.poisonedPages.isEmpty)
        try machine.run(.state(32, .onlineKernel))
        #expect(machine.zone(.normal).free == 32768)
        #expect(machine.hardwareCorrupted == 1, "it counts what happened")
    }

    @Test mutating func `a removed block takes what is counted of it along, if it did not come online again`() throws {
        try machine.run(.hardOffline(address: page))
        try machine.run(.plug("a", blocks: 1), .state(80, .online), .softOffline(address: 10 << 30))
        #expect(machine.hardwareCorrupted == 2)
        try machine.run(.unplug(id: "a"))
        #expect(machine.hardwareCorrupted == 1)
        try machine.run(.plug("a", blocks: 1), .state(80, .online), .softOffline(address: 10 << 30))
        try machine.run(.state(80, .offline), .state(80, .online), .unplug(id: "a"))
        #expect(machine.hardwareCorrupted == 2, "nobody knew any more")
        expectInvariants(machine)
    }

    @Test(
        arguments: [(0x9f000, .inputOutput, .busy), (0x1c_0000_0000, .noAddress, .noAddress)]
            as [(UInt64, Errno, Errno)])
    mutating func `what is no memory is nobody's page, or nothing at all`(address: UInt64, soft: Errno, hard: Errno) {
        #expect(machine.errno(of: .softOffline(address: address)) == soft)
        #expect(machine.errno(of: .hardOffline(address: address)) == hard)
    }

    @Test func `a hole of 2 MiB in a block has no pages, a smaller one the kernel's`() throws {
        let hole = Machines.holes
        var machine = Machine(booting: hole)
        #expect(machine.errno(of: .softOffline(address: 0x4c0_0000 + 0x1000)) == .inputOutput)
        #expect(machine.errno(of: .hardOffline(address: 0x4c0_0000 + 0x1000)) == .noAddress)
        #expect(machine.hardwareCorrupted == 0)
        #expect(machine.errno(of: .hardOffline(address: 0x480_0000 + 0x1000)) == .busy)
        #expect(machine.hardwareCorrupted == 1)
        expectInvariants(machine)
    }

    @Test func `Linux 6.18 does not bring a block with a broken page online again`() throws {
        var machine = Machine(booting: Machines.new(Machines.oneNode()))
        try machine.run(.plug("a", blocks: 1), .state(80, .online), .hardOffline(address: 10 << 30))
        #expect(machine.memoryFailures == [NodeID(1): MemoryFailures(recovered: 1)])
        #expect(machine.errno(of: .hardOffline(address: 16 << 20)) == .busy)
        #expect(machine.memoryFailures[NodeID(0)] == MemoryFailures(ignored: 1))
        try machine.run(.state(80, .offline))
        #expect(machine.errno(of: .state(80, .online)) == .hardwarePoison)
        #expect(machine.errno(of: .online(80, true)) == .hardwarePoison)
        #expect(machine.block(80).state == .offline && machine.block(80).stickyType == nil)
        #expect(machine.hardwareCorrupted == 2)
        try machine.run(.unplug(id: "a"), .plug("a", blocks: 1), .state(80, .online))
        #expect(machine.hardwareCorrupted == 1)
        expectInvariants(machine)
    }

    /// The highest pages are those a workload gets.
    @Test mutating func `a workload does not get a page that is broken`() throws {
        try machine.run(.hardOffline(address: (33 << 27) - 1), .pin(32, pages: 10))
        #expect(machine.zone(.normal).free == 32768 - 11)
        expectInvariants(machine)
        try machine.run(.unpin(32))
        #expect(machine.unused(.normal) == 32768 - 1)
        expectInvariants(machine)
    }

    @Test mutating func `a page that broke while a workload had it does not come back`() throws {
        try machine.run(.pin(32, pages: 10))
        #expect(machine.errno(of: .hardOffline(address: (33 << 27) - 1)) == .busy)
        #expect(machine.zone(.normal).free == 32768 - 10, "it was not free")
        expectInvariants(machine)
        try machine.run(.unpin(32))
        #expect(machine.unused(.normal) == 32768 - 1)
        expectInvariants(machine)
        try machine.run(.state(32, .offline), .state(32, .online))
        #expect(machine.zone(.normal).free == 32768)
        expectInvariants(machine)
    }

    @Test func `a page of a shared block is its own node's`() throws {
        var machine = Machine(booting: Machines.sharedBlock())
        let (lowest, border) = (machine.pages(of: BlockID(12)).lowerBound, machine.zone(.dma32, of: 1).start)
        let before = machine.nodes.map(\.free)
        try machine.run(.softOffline(address: border * 4096), .softOffline(address: lowest * 4096))
        #expect(machine.poisonedPages == [lowest, border])
        #expect(machine.nodes.map(\.free) == before.map { $0 - 1 })
        expectInvariants(machine)
    }
}

@Suite struct `Broken parts of larger pieces` {
    /// Eight pages in a row of a driver's, in block 32.
    private var machine = Machine(booting: Machines.oneNode())
    private let first = (UInt64(33 << 27) - 8 * 4096)

    init() throws {
        try machine.probe(32...33)
        try machine.run(.state(32, .onlineKernel), .state(33, .onlineKernel))
        try machine.run(
            .allocate(Workload(name: "w", kind: .anon, block: BlockID(32), pages: 8, order: 3)), .pin(name: "w", true))
    }

    @Test(arguments: [0, 3, 7] as [UInt64])
    mutating func `stay broken when the rest is freed`(part: UInt64) throws {
        #expect(machine.errno(of: .hardOffline(address: first + part * 4096)) == .busy)
        expectInvariants(machine)
        try machine.run(.pin(name: "w", false))
        #expect(machine.errno(of: .softOffline(address: first + (part ^ 1) * 4096)) == .busy)
        try machine.run(.hardOffline(address: first + (part ^ 1) * 4096))
        expectInvariants(machine)
        #expect(machine.unused(.normal) == 2 * 32768 - 2)
    }

    @Test mutating func `of a memory map do not let its block go`() throws {
        try machine.probe(34...34)
        let owner = Int(try #require(machine.block(34).memoryMapOwner))
        let place = try #require(machine.pages.blocks(of: owner).first?.block)
        let frame = machine.pages.store.frame(of: machine.pages.owners[owner].pages.head.number)
        #expect(machine.errno(of: .hardOffline(address: frame * 4096)) == .busy)
        #expect(machine.errno(of: .setState(place, .offline)) == .busy)
        try machine.run(.setOfflinePolicy(.booked))
        #expect(machine.errno(of: .setState(place, .offline)) == .busy)
        expectInvariants(machine)
    }
}
