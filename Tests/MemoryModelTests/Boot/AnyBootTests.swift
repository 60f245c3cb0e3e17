// SPDX-License-Identifier: Apache-2.0
// swift-format-ignore-file: NeverForceUnwrap

import Testing

@testable import MemoryModel

@Suite struct `Any machine with any command line` {
    private static let words = [
        "movable_node", "kernelcore=mirror", "kernelcore=30%", "kernelcore=600M", "movablecore=300M", "movablecore=70%",
        "mem=700M", "mem=5G", "mem=1500000001", "memmap=1M$300M", "memmap=100M#0x11111111", "memmap=333M!1G",
        "memmap=1G@9G", "memmap=exactmap,900M@1M", "memmap=5000@0x20000001", "numa=off", "numa=fake=3", "numa=fake=40",
        "numa=fake=2U", "numa=fake=17179869183G", "numa=fake=100M", "acpi_no_memhotplug",
        "memhp_default_state=online_movable",
    ]

    @Test(arguments: 0..<200 as Range<UInt64>)
    func `boots, and its invariants hold`(seed: UInt64) {
        var random = SplitMix(seed: seed)
        var (name, description) = Machines.all.randomElement(using: &random)!
        let line = (0..<Int.random(in: 1...5, using: &random)).map { _ in Self.words.randomElement(using: &random)! }
        description.commandLine = line.joined(separator: " ")
        if Bool.random(using: &random) { upset(&description, &random) }
        var machine = Machine(booting: description)
        expectInvariants(machine)
        for node in machine.nodes { _ = machine.apply(.plug("d\(node.id)", node: node.id.rawValue)) }
        for block in machine.blocks.prefix(6) { _ = machine.apply(.setState(block.id, .offline)) }
        let violations = Invariants(machine: machine).violations
        #expect(violations.isEmpty, "\(name), \(description.commandLine), seed \(seed)")
    }

    /// Makes the firmware's tables less tidy: borders within pages, mirrored here and there, hot-pluggable at random.
    private func upset(_ description: inout MachineDescription, _ random: inout SplitMix) {
        for index in description.affinity.indices {
            description.affinity[index].first += .random(in: 0...5000, using: &random)
            description.affinity[index].hotplug = Bool.random(using: &random)
        }
        for index in description.memory.indices where description.memory[index].kind == .usable {
            description.memory[index].last -= .random(in: 0...5000, using: &random)
            description.memory[index].isMirrored = Bool.random(using: &random)
        }
    }
}
