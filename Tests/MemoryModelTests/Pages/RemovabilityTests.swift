// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import MemoryModel

@Suite struct `Removable` {
    private var machine = Machine(booting: Machines.old(Machines.oneNode()))

    private func isRemovable(_ block: UInt32) -> Bool { machine.isRemovable(machine.block(block)) }

    @Test mutating func `is a block whose pageblocks are free, or Movable, whatever is in them`() throws {
        #expect(isRemovable(3))
        for (name, kind) in [("a", PageKind.anon), ("f", .file), ("n", .nonlinear)] {
            try machine.run(.allocate(Workload(name: name, kind: kind, block: BlockID(3), pages: 600)))
            #expect(isRemovable(3))
        }
        try machine.run(.pin(name: "a", true))
        #expect(isRemovable(3), "it is likely to go offline, not certain")
    }

    @Test mutating func `is no block with kernel memory, until that is free`() throws {
        try machine.run(.pin(3))
        #expect(!isRemovable(3) && isRemovable(4))
        try machine.run(.unpin(3))
        #expect(isRemovable(3), "its pageblock is Unmovable, and free")
    }

    @Test mutating func `is no block with memory that boot reserved`() {
        for block in machine.blocks where machine.holdsReserved(block) { #expect(!machine.isRemovable(block)) }
        #expect(machine.blocks.contains { machine.holdsReserved($0) })
        #expect(!isRemovable(0))
    }

    @Test mutating func `is an offline block, whether it was online before or not`() throws {
        try machine.probe(32...32)
        #expect(isRemovable(32))
        try machine.run(.pin(3), .unpin(3), .state(3, .offline))
        #expect(isRemovable(3))
    }

    @Test mutating func `is a block on its way offline`() throws {
        try machine.run(
            .allocate(Workload(name: "a", kind: .anon, block: BlockID(3), pages: 10)), .pin(name: "a", true))
        #expect(machine.apply(.state(3, .offline)).waiting != nil)
        #expect(isRemovable(3))
    }

    @Test func `is every block on kernels that do not look`() throws {
        var machine = Machine(booting: Machines.oneNode())
        try machine.run(.pin(3))
        #expect(machine.blocks.allSatisfy(machine.isRemovable))
    }
}
