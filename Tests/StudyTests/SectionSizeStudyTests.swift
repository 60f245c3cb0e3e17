// SPDX-License-Identifier: Apache-2.0

import MachineFile
import MemoryModel
import Testing

@testable import Study

@Suite struct `A study of section sizes` {
    private static let MiB: UInt64 = 1 << 20
    private static let GiB: UInt64 = 1 << 30

    /// 256 MiB, a hole of 64 MiB, and 192 MiB more, of one node, with room for memory up to 1 GiB.
    private static func withHole(_ architecture: Architecture = .x86_64) -> MachineDescription {
        MachineDescription(
            architecture: architecture, addressBits: 40,
            memory: [
                .init(first: 0, last: 256 * MiB - 1, kind: .usable),
                .init(first: 320 * MiB, last: 512 * MiB - 1, kind: .usable),
            ],
            affinity: [
                .init(node: 0, first: 0, last: 512 * MiB - 1),
                .init(node: 0, first: 512 * MiB, last: GiB - 1, hotplug: true),
            ],
            cpus: [.init(node: 0)])
    }

    private static func tried(_ row: SectionSizeRow) -> RemovalCount? {
        if case .tried(let count) = row.removal { count } else { nil }
    }

    @Test func `counts the memory that is booted with, not all the firmware has`() {
        var description = Self.withHole()
        #expect(SectionCost(of: 128 * Self.MiB, description).sections == 4)
        description.commandLine = "mem=256M"
        #expect(SectionCost(of: 128 * Self.MiB, description).sections == 2)
        description.commandLine = "memmap=512M@1G"
        #expect(SectionCost(of: 128 * Self.MiB, description).sections == 8)
    }

    @Test(
        arguments: [
            (16, 28, 64, 0), (64, 7, 16, 0), (128, 4, 8, 64), (256, 2, 4, 64), (512, 1, 2, 64), (1024, 1, 1, 576),
        ] as [(size: UInt64, sections: UInt64, entries: UInt64, hole: UInt64)])
    func `counts sections, the array up to the last that can be plugged, and holes that a section covers`(
        row: (size: UInt64, sections: UInt64, entries: UInt64, hole: UInt64)
    ) {
        let cost = SectionCost(of: row.size * Self.MiB, Self.withHole())
        #expect(cost.sections == row.sections && cost.entries == row.entries && cost.arrayBytes == 16 * row.entries)
        #expect(cost.holeBytes == row.hole * Self.MiB && cost.wastedMapBytes == row.hole * Self.MiB / 64)
        #expect(cost.mapBytes == row.sections * row.size * Self.MiB / 64)
    }

    @Test func `counts a section once that two ranges of memory share, and pages that are whole`() {
        var description = Self.withHole()
        description.memory = [
            .init(first: 0, last: 0x9fbff, kind: .usable),
            .init(first: 0x10_0000, last: 64 * Self.MiB - 1, kind: .usable),
        ]
        let cost = SectionCost(of: 64 * Self.MiB, description)
        #expect(cost.sections == 1 && cost.holeBytes == 0x10_0000 - 0x9f000)
    }

    @Test func `of a machine without a load, all goes but what boot keeps, and nothing moves`() throws {
        let study = SectionSizeStudy(of: Self.withHole(), .init(loadPercent: 0))
        let count = try #require(Self.tried(study.row(of: 16 * Self.MiB)))
        #expect(count.tried == 28 && count.sections == 28 && !count.isSampled)
        // Low memory and the kernel image at its start, and the memory map of 448 MiB at its top.
        #expect(count.removed == 24 && count.pagesMoved == 0 && count.mostPagesMoved == 0)
        #expect(count.chance == 24.0 / 28 && count.meanPagesMoved == 0)
    }

    @Test func `gives the same for the same seed, and moves pages under a load`() throws {
        let study = SectionSizeStudy(of: Self.withHole(), .init(steps: 20))
        let row = study.row(of: 32 * Self.MiB)
        #expect(study.row(of: 32 * Self.MiB) == row)
        let count = try #require(Self.tried(row))
        #expect(count.removed > 0 && count.removed < count.tried && count.pagesMoved > 0)
        #expect(count.mostPagesMoved <= 8192)
        let other = SectionSizeStudy(of: Self.withHole(), .init(steps: 20, seed: 2))
        #expect(other.row(of: 32 * Self.MiB) != row)
    }

    @Test(arguments: [10, 50, 90] as [UInt64])
    func `loads a machine as much as it says`(percent: UInt64) {
        let study = SectionSizeStudy(of: Self.withHole(), .init(loadPercent: percent))
        let machine = Machine(booting: study.description)
        let (before, after) = (machine[NodeID(0)].free, study.loaded(machine)[NodeID(0)].free)
        let used = Double(before - after) / Double(before) * 100
        #expect(abs(used - Double(percent)) < 1, "\(used)")
    }

    @Test func `tries a sample where there are many`() throws {
        let study = SectionSizeStudy(of: Self.withHole(), .init(steps: 5, mostTried: 7))
        let count = try #require(Self.tried(study.row(of: 16 * Self.MiB)))
        #expect(count.tried == 7 && count.sections == 28 && count.isSampled)
    }

    @Test func `does not try what cannot be simulated, and says why`() {
        let study = SectionSizeStudy(of: Self.withHole(.ia64))
        #expect(
            study.row(of: 16 * Self.MiB).removal
                == .notTried("smaller than the buddy allocator's largest chunk, 1G"))
        var huge = Self.withHole()
        huge.memory[1].last = (1 << 46) - 1
        let many = SectionSizeStudy(of: huge).row(of: 8 * Self.MiB).removal
        #expect(many == .notTried("more than 4194304 sections, the most that are simulated"))
    }

    @Test func `leaves out memory that the firmware holds ready`() throws {
        let study = SectionSizeStudy(of: try MachineFile.resolve("s390x"), .init(loadPercent: 0, mostTried: 4))
        #expect(study.row(of: Self.GiB).cost.sections == 4)
        #expect(Self.tried(study.row(of: 4 * Self.GiB))?.sections == 1)
    }

    @Test func `tells how far it is`() {
        var parts: [Double] = []
        _ = SectionSizeStudy(of: Self.withHole(), .init(loadPercent: 0)).row(of: 64 * Self.MiB) { parts.append($0) }
        #expect(parts.count == 7 && parts.last == 1 && parts == parts.sorted())
    }
}
