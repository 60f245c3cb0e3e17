// SPDX-License-Identifier: Apache-2.0

import MemoryModel
import Testing

@testable import oracle

@Suite struct `Virtual hardware` {
    @Test func `is what the machine file describes`() throws {
        let hardware = try VirtualHardware(Small.machine)
        #expect(hardware.nodes == [9 * Small.GiB, 0])
        #expect(hardware.processors == [0, 0])
        #expect(
            hardware.arguments == [
                "-machine", "pc-i440fx-7.2", "-cpu", "max,phys-bits=40,la57=on", "-smp", "2",
                "-m", "9216M,slots=8,maxmem=40960M",
                "-object", "memory-backend-ram,id=ram0,size=9437184K,reserve=off",
                "-numa", "node,nodeid=0,cpus=0,cpus=1,memdev=ram0", "-numa", "node,nodeid=1",
            ])
        #expect(hardware.commandLine.hasSuffix("mem=1048576K"))
    }

    @Test func `has two nodes' memory, and distances`() throws {
        var machine = Small.machine
        machine.affinity = [
            .init(node: 0, first: 0, last: 0x9ffff), .init(node: 0, first: 0x100000, last: Small.GiB - 1),
            .init(node: 1, first: Small.GiB, last: 3 * Small.GiB - 1),
            .init(node: 1, first: 4 * Small.GiB, last: 11 * Small.GiB - 1),
            .init(node: 1, first: 11 * Small.GiB, last: 49 * Small.GiB - 1, hotplug: true),
        ]
        machine.cpus = [.init(node: 0), .init(node: 1)]
        machine.distances = [[10, 31], [31, 10]]
        let hardware = try VirtualHardware(machine)
        #expect(hardware.nodes == [Small.GiB, 9 * Small.GiB])
        #expect(hardware.arguments.contains("node,nodeid=1,cpus=1,memdev=ram1"))
        #expect(hardware.arguments.contains("dist,src=1,dst=0,val=31"))
    }

    private struct Change: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let reason: String
        let apply: @Sendable (inout MachineDescription) -> Void
        init(_ name: String, _ reason: String, _ apply: @escaping @Sendable (inout MachineDescription) -> Void) {
            (testDescription, self.reason, self.apply) = (name, reason, apply)
        }
    }

    private static let changes = [
        Change("another architecture", "arch") { $0.architecture = .ppc64 },
        Change("no room for devices", "0 hot-pluggable") { $0.affinity.removeLast() },
        Change("a hole", "all memory from 0 on") { $0.affinity[1].last -= 4096 },
        Change("devices of the first node", "the last node") {
            $0.affinity[3].node = 0
            $0.cpus[1].node = 1
        },
        Change("processors in another order", "another order") { $0.cpus = [.init(node: 1), .init(node: 0)] },
        Change("little room for devices", "more than 8 GiB") { $0.affinity[3].last = 15 * Small.GiB - 1 },
        Change("another map", "[[memory]] ranges would be") { $0.memory[3].first = 0x200000 },
        Change("more in the map", "would be") {
            $0.memory.append(.init(first: 5 * Small.GiB, last: 6 * Small.GiB - 1, kind: .usable))
        },
    ]

    @Test(arguments: changes)
    private func `is refused where QEMU has none like it`(change: Change) {
        var machine = Small.machine
        change.apply(&machine)
        let error = #expect(throws: VirtualHardware.Unlike.self) { try VirtualHardware(machine) }
        #expect(error?.description.contains(change.reason) == true, "\(error?.description ?? "")")
    }
}
