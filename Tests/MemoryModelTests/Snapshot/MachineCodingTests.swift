// SPDX-License-Identifier: Apache-2.0
// swift-format-ignore-file: NeverForceUnwrap

import StateCoding
import Testing

@testable import MemoryModel

/// How far machines are walked. Optimised code goes the long way.
private enum Length {
    #if DEBUG
        static let steps = 60
        static let seeds: UInt64 = 1
        static let flips = 20
    #else
        static let steps = 600
        static let seeds: UInt64 = 3
        static let flips = 100
    #endif
}

extension Machine {
    /// The machine as it comes back from its bytes.
    func throughBytes() throws -> Machine {
        try StateDecoder().decode(Machine.self, from: try StateEncoder().encode(self))
    }
}

@Suite struct `Coded machines` {
    @Test(arguments: Machines.all.indices, 0..<Length.seeds as Range<UInt64>)
    func `go on as those that they were made of`(index: Int, seed: UInt64) throws {
        let (name, description) = Machines.all[index]
        let seed = 5000 + UInt64(index) * 100 + seed
        var random = SplitMix(seed: seed)
        var generator = RandomCommands(seed: seed)
        var machine = Machine(booting: description)
        var copy = try machine.throughBytes()
        for step in 0..<Length.steps {
            let command = generator.next(for: machine)
            let (outcome, copied) = (machine.apply(command), copy.apply(command))
            guard outcome == copied else {
                Issue.record("machine \(name), seed \(seed), step \(step), \(command): \(outcome), read: \(copied)")
                return
            }
            // The one that was read is written again, or the one that was never.
            switch Int.random(in: 0..<20, using: &random) {
            case 0: copy = try copy.throughBytes()
            case 1: copy = try machine.throughBytes()
            default: break
            }
        }
        #expect(MachineState(machine) == MachineState(copy), "machine \(name), seed \(seed)")
        #expect(try StateEncoder().encode(machine) == StateEncoder().encode(copy), "machine \(name), seed \(seed)")
        #expect(machine.notifierLog == copy.notifierLog && machine.firmwareLog == copy.firmwareLog)
        expectInvariants(copy)
    }

    @Test func `keep what waits, and who waits for it`() throws {
        var machine = Machine(booting: Machines.oneNode())
        try machine.probe(32...33)
        try machine.run(
            .state(32, .onlineMovable), .state(33, .onlineMovable),
            .allocate(Workload(name: "w", kind: .anon, block: BlockID(32), pages: 100)),
            .pin(name: "w", pages: 3, true))
        let offlining = try #require(machine.apply(.state(32, .offline)).waiting)
        let first = try #require(machine.apply(.state(1, .offline)).waiting)
        let second = try #require(machine.apply(.probe(address: 11 * Machines.GiB)).waiting)
        var copy = try machine.throughBytes()
        #expect(copy.blockGoingOffline == BlockID(32))
        #expect(machine.apply(.interrupt(first)) == copy.apply(.interrupt(first)))
        copy = try copy.throughBytes()
        let (outcome, copied) = (machine.apply(.pin(name: "w", false)), copy.apply(.pin(name: "w", false)))
        #expect(outcome == copied)
        #expect(copied.finished.map(\.ticket) == [offlining, second])
        #expect(MachineState(machine) == MachineState(copy))
    }

    @Test func `keep storage, and what was captured`() throws {
        var description = Machines.new(Machines.mainframe)
        description.configuresStandby = true
        description.captured = CapturedFiles(
            areas: ["/sys/devices/system/memory"],
            records: [
                .init(
                    PathPattern("/sys/devices/system/memory/memory{0-3,9}/state")!, .bytes([0, 255, 10]), mode: 0o400),
                .init(PathPattern(path: "/sys/a"), .link("../b")),
                .init(PathPattern(path: "/sys/*"), .unreadable(.busy)),
                .init(PathPattern("/sys/c*/d")!, .absent), .init(PathPattern(path: "/e"), .directory),
            ])
        var machine = Machine(booting: description)
        let block = machine.storage.first { !$0.isConfigured }!.id
        try machine.run(.configure(block, true))
        var copy = try machine.throughBytes()
        #expect(copy.description == machine.description && copy.storage == machine.storage)
        #expect(machine.apply(.setOnline(block, true)) == copy.apply(.setOnline(block, true)))
        #expect(machine.apply(.configure(block, false)) == copy.apply(.configure(block, false)))
    }

    /// What is made anew, or is nothing between two commands.
    private static let unwritten: Set = ["parameters", "pageSize", "pagesPerBlock", "finished", "changes", "latencies"]

    @Test func `have all properties that a machine has`() {
        let properties = Mirror(reflecting: Machine(booting: Machines.oneNode())).children.compactMap(\.label)
        let written = Machine.CodingKeys.allCases.map(\.rawValue)
        #expect(Set(properties) == Set(written).union(Self.unwritten))
    }

    @Test func `cannot have listeners that somebody added`() {
        var machine = Machine(booting: Machines.oneNode())
        machine.register(MemoryListener(name: "mine", priority: 5))
        #expect(throws: StateError.self) { try StateEncoder().encode(machine) }
    }

    @Test(arguments: Machines.all.indices)
    func `that are damaged are refused, or hold together`(index: Int) throws {
        let (name, description) = Machines.all[index]
        var random = SplitMix(seed: UInt64(index))
        var generator = RandomCommands(seed: UInt64(index))
        var machine = Machine(booting: description)
        for _ in 0..<150 { _ = machine.apply(generator.next(for: machine)) }
        let bytes = try StateEncoder().encode(machine)
        #expect(throws: StateError.self) { try StateDecoder().decode(Machine.self, from: Array(bytes.dropLast())) }
        var refused = 0
        for _ in 0..<Length.flips {
            var damaged = bytes
            for _ in 0...Int.random(in: 0..<3, using: &random) {
                let place = Int.random(in: damaged.indices, using: &random)
                damaged[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
            }
            guard var read = try? StateDecoder().decode(Machine.self, from: damaged) else {
                refused += 1
                continue
            }
            // What was read works, whatever it is; most of it on the pages that were damaged.
            var others = RandomCommands(seed: UInt64(index))
            for _ in 0..<40 { _ = read.apply(others.next(for: read)) }
            _ = try StateEncoder().encode(read)
        }
        #expect(refused > Length.flips / 4, "machine \(name)")
    }
}
