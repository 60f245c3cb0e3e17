// SPDX-License-Identifier: Apache-2.0

import MachineFile
import MemoryModel
import Testing

@Suite struct `The presets` {
    @Test(arguments: Preset.all.map(\.name))
    func `a preset parses, checks and says what it is`(name: String) throws {
        let preset = try #require(Preset.named(name))
        let machine = try MachineFile.resolve(name)
        try MachineFile.check(machine, name: name)
        #expect(preset.text.hasPrefix("# "))
        #expect(machine.summary == preset.summary)
        #expect(!preset.summary.contains("\n"))
    }

    @Test(arguments: Preset.all.map(\.name))
    func `a preset's RAM lies within its nodes' ranges`(name: String) throws {
        let machine = try MachineFile.resolve(name)
        guard !machine.affinity.isEmpty else { return }
        for range in machine.memory where range.kind == .usable {
            var next = range.first
            for entry in machine.affinity.sorted(by: { $0.first < $1.first }) where entry.first <= next {
                if entry.last >= next, !entry.hotplug { next = entry.last + 1 }
            }
            #expect(next > range.last, "\(range)")
        }
    }

    @Test func `names are unique and the default is one of them`() {
        #expect(Set(Preset.all.map(\.name)).count == Preset.all.count)
        #expect(Preset.named("default") == Preset.default)
        #expect(Preset.named("no such") == nil)
    }

    @Test(
        arguments: [
            ("default", 4 << 30), ("x86_64", 8 << 30), ("i386", 2 << 30), ("ppc64", 1 << 30), ("ia64", 4 << 30),
            ("arm64", 4 << 30), ("s390x", 4 << 30), ("two-nodes", 8 << 30), ("four-nodes", 8 << 30),
            ("large-server", 2 << 40), ("huge", 64 << 40),
        ] as [(String, UInt64)])
    func `a preset has the RAM it promises, but for holes below 1 MiB`(name: String, bytes: UInt64) throws {
        let machine = try MachineFile.resolve(name)
        let usable = machine.memory.filter { $0.kind == .usable }.reduce(0) { $0 + ($1.last - $1.first + 1) }
        #expect(usable <= bytes && usable >= bytes - (1 << 20))
    }

    @Test func `the large server's blocks are 2 GiB by the kernel's own rule`() throws {
        let machine = try MachineFile.resolve("large-server")
        let end = try #require(machine.memory.map(\.last).max()) + 1
        #expect(machine.blockSize == nil)
        #expect(machine.blockSize(endOfMemory: end) == 2 << 30)
        #expect(machine.cpus.count == 256)
    }

    @Test func `the huge machine has five levels of page tables and 512 CPUs`() throws {
        let machine = try MachineFile.resolve("huge")
        #expect(machine.cpus.count == 512)
        #expect(machine.pagingLevels == 5)
        #expect(machine.blockSize == 128 << 20)
    }
}
