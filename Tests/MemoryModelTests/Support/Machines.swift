// SPDX-License-Identifier: Apache-2.0
// swift-format-ignore-file: NeverForceUnwrap

@testable import MemoryModel

/// The machines the tests run on.
enum Machines {
    private typealias Range = MachineDescription.FirmwareRange
    static let block: UInt64 = 128 << 20
    static let GiB: UInt64 = 1 << 30

    private static func lowMemory(to end: UInt64) -> [MachineDescription.FirmwareRange] {
        [
            Range(first: 0, last: 0x9fbff, kind: .usable),
            Range(first: 0x9fc00, last: 0x9ffff, kind: .reserved),
            Range(first: 0xf0000, last: 0xfffff, kind: .reserved),
            Range(first: 0x100000, last: end - 1, kind: .usable),
        ]
    }
    private static let holeAtTop = Range(first: 0xfd_0000_0000, last: 0xff_ffff_ffff, kind: .reserved)

    /// 1 GiB and two processors on node 0; node 1 is only a hot-pluggable range at 10 GiB.
    static func oneNode(_ commandLine: String = "", slots: Int = 32) -> MachineDescription {
        MachineDescription(
            commandLine: commandLine, addressBits: 40, pagingLevels: 5,
            memory: lowMemory(to: GiB) + [Range(first: 0xbffe_0000, last: 0xbfff_ffff, kind: .reserved), holeAtTop],
            affinity: [
                .init(node: 0, first: 0, last: 0x9ffff), .init(node: 0, first: 0x100000, last: 3 * GiB - 1),
                .init(node: 0, first: 4 * GiB, last: 10 * GiB - 1),
                .init(node: 1, first: 10 * GiB, last: 49 * GiB - 1, hotplug: true),
            ],
            cpus: [.init(node: 0), .init(node: 0)], slots: slots)
    }

    /// 1 GiB on each of two nodes, one processor each; all below 4 GiB.
    static func twoNodes(_ commandLine: String = "") -> MachineDescription {
        MachineDescription(
            commandLine: commandLine, addressBits: 40, pagingLevels: 5,
            memory: lowMemory(to: 2 * GiB) + [holeAtTop],
            affinity: [
                .init(node: 0, first: 0, last: 0x9ffff), .init(node: 0, first: 0x100000, last: GiB - 1),
                .init(node: 1, first: GiB, last: 3 * GiB - 1), .init(node: 1, first: 4 * GiB, last: 11 * GiB - 1),
                .init(node: 1, first: 11 * GiB, last: 49 * GiB - 1, hotplug: true),
            ],
            cpus: [.init(node: 0), .init(node: 1)])
    }

    /// 3 GiB below the hole and 1 GiB above it on node 0, 1 GiB of hot-pluggable boot memory on node 1.
    static func hotpluggableNode(_ commandLine: String = "movable_node") -> MachineDescription {
        MachineDescription(
            commandLine: commandLine, addressBits: 40,
            memory: lowMemory(to: 3 * GiB) + [Range(first: 4 * GiB, last: 6 * GiB - 1, kind: .usable), holeAtTop],
            affinity: [
                .init(node: 0, first: 0, last: 3 * GiB - 1), .init(node: 0, first: 4 * GiB, last: 5 * GiB - 1),
                .init(node: 1, first: 5 * GiB, last: 20 * GiB - 1, hotplug: true),
            ],
            cpus: [.init(node: 0), .init(node: 0)], slots: 4)
    }

    /// 7 GiB on node 0 and 4 GiB on node 1, some of it mirrored: all below 4 GiB, and in GiB 4 to 5, 6 to 6.5, 8 to 9,
    /// and 192 MiB from 10 on.
    static var mirrored: MachineDescription {
        let borders: [(first: UInt64, end: UInt64, isMirrored: Bool)] = [
            (4 * GiB, 5 * GiB, true), (5 * GiB, 6 * GiB, false), (6 * GiB, 13 * GiB / 2, true),
            (13 * GiB / 2, 8 * GiB, false), (8 * GiB, 9 * GiB, true), (9 * GiB, 10 * GiB, false),
            (10 * GiB, 10 * GiB + 192 << 20, true), (10 * GiB + 192 << 20, 12 * GiB, false),
        ]
        let low = lowMemory(to: 3 * GiB).map {
            Range(first: $0.first, last: $0.last, kind: $0.kind, isMirrored: $0.kind == .usable)
        }
        return MachineDescription(
            commandLine: "kernelcore=mirror", addressBits: 40,
            memory: low
                + borders.map { Range(first: $0.first, last: $0.end - 1, kind: .usable, isMirrored: $0.isMirrored) },
            affinity: [
                .init(node: 0, first: 0, last: 8 * GiB - 1), .init(node: 1, first: 8 * GiB, last: 12 * GiB - 1),
                .init(node: 1, first: 12 * GiB, last: 20 * GiB - 1, hotplug: true),
            ],
            cpus: [.init(node: 0), .init(node: 1)], slots: 4)
    }

    /// Two nodes whose border lies within block 12: node 0 has 1.5625 GiB, node 1 the rest of 2 GiB.
    static func sharedBlock(_ commandLine: String = "") -> MachineDescription {
        let border: UInt64 = 12 * block + (64 << 20)
        return MachineDescription(
            commandLine: commandLine, addressBits: 40, memory: lowMemory(to: 2 * GiB),
            affinity: [
                .init(node: 0, first: 0, last: border - 1), .init(node: 1, first: border, last: 2 * GiB - 1),
                .init(node: 1, first: 8 * GiB, last: 16 * GiB - 1, hotplug: true),
            ],
            cpus: [.init(node: 0), .init(node: 1)], slots: 3)
    }

    /// A POWER machine: pages of 64 KiB, blocks of 16 MiB, no low zones.
    static let power = MachineDescription(
        architecture: .ppc64, addressBits: 46,
        memory: [Range(first: 0, last: (256 << 20) - 1, kind: .usable)],
        affinity: [
            .init(node: 0, first: 0, last: (256 << 20) - 1),
            .init(node: 0, first: 256 << 20, last: (1 << 30) - 1, hotplug: true),
        ], slots: 4)

    /// An IBM Z machine whose firmware holds 1 GiB ready.
    static let mainframe = MachineDescription(
        architecture: .s390x,
        memory: [
            Range(first: 0, last: 3 * GiB - 1, kind: .usable), Range(first: 3 * GiB, last: 4 * GiB - 1, kind: .standby),
        ])

    /// A 32-bit machine with HighMem.
    static let highMemory = MachineDescription(
        architecture: .i386, memory: lowMemory(to: GiB),
        affinity: [
            .init(node: 0, first: 0, last: GiB - 1), .init(node: 0, first: GiB, last: 2 * GiB - 1, hotplug: true),
        ], slots: 4)

    /// A machine with a kernel that gives memory its zone when it is added.
    static func old(_ description: MachineDescription) -> MachineDescription {
        var description = description
        description.abi = .linux3_8
        return description
    }

    /// A machine with a current kernel.
    static func new(_ description: MachineDescription) -> MachineDescription {
        var description = description
        description.abi = .linux6_18
        return description
    }

    /// As ``oneNode``, with a container for node 1, and one with processors only.
    static func containers(_ commandLine: String = "") -> MachineDescription {
        var machine = oneNode(commandLine, slots: 5)
        machine.containers = [node1, MachineDescription.Container(name: "package", kind: .generic, node: 0, cpus: 1)]
        return machine
    }

    /// Two processors, and memory devices of two blocks and of one.
    static let node1 = MachineDescription.Container(name: "node1", node: 1, cpus: 2, dimms: [2 * block, block])

    /// 2 GiB of which block 8 is not mapped.
    static let notMapped = MachineDescription(
        architecture: .arm64, blockSize: block,
        memory: [
            Range(first: 0, last: GiB - 1, kind: .usable), Range(first: GiB, last: GiB + block - 1, kind: .nomap),
            Range(first: GiB + block, last: 2 * GiB - 1, kind: .usable),
        ],
        affinity: [
            .init(node: 0, first: 0, last: 2 * GiB - 1),
            .init(node: 0, first: 2 * GiB, last: 4 * GiB - 1, hotplug: true),
        ], slots: 3)

    /// An arm64 machine with pages of 16 KiB, whose memory begins at 1 TiB.
    static let largePages = MachineDescription(
        architecture: .arm64, pageSize: 16 << 10,
        memory: [Range(first: 1024 * GiB, last: 1026 * GiB - 1, kind: .usable)],
        affinity: [
            .init(node: 0, first: 1024 * GiB, last: 1026 * GiB - 1),
            .init(node: 0, first: 1026 * GiB, last: 1030 * GiB - 1, hotplug: true),
        ], slots: 3)

    /// An arm64 machine with pages of 64 KiB, and so blocks of 512 MiB.
    static let largestPages = MachineDescription(
        architecture: .arm64, pageSize: 64 << 10,
        memory: [Range(first: GiB, last: 7 * GiB - 1, kind: .usable)],
        affinity: [
            .init(node: 0, first: GiB, last: 7 * GiB - 1),
            .init(node: 0, first: 8 * GiB, last: 16 * GiB - 1, hotplug: true),
        ], slots: 3)

    /// 1 GiB, with a hole of 4 KiB within 2 MiB in block 0, and one of 4 MiB.
    static let holes = MachineDescription(
        addressBits: 40,
        memory: [
            Range(first: 0x100000, last: 0x480_0fff, kind: .usable),
            Range(first: 0x480_2000, last: 0x4bf_ffff, kind: .usable),
            Range(first: 0x500_0000, last: GiB - 1, kind: .usable),
        ])

    /// The machines with their names, for walks and tables.
    static let all: [(name: String, description: MachineDescription)] = [
        ("one node", oneNode()),
        ("one node, auto-movable", oneNode("memory_hotplug.online_policy=auto-movable")),
        ("one node, three slots", oneNode("memhp_default_state=online_movable", slots: 3)),
        ("two nodes", twoNodes()),
        ("two nodes, movablecore", twoNodes("movablecore=512M")),
        ("two nodes, numa off", twoNodes("numa=off kernelcore=50%")),
        ("hot-pluggable node", hotpluggableNode()),
        ("hot-pluggable node, mirror", hotpluggableNode("kernelcore=mirror")),
        ("shared block", sharedBlock()),
        ("shared block, mem and memmap", sharedBlock("mem=1920M memmap=1M$1G,64M!0x50000000 kernelcore=1G")),
        ("mirrored", mirrored),
        ("made-up nodes", twoNodes("numa=fake=3 movablecore=512M")),
        ("POWER", power),
        ("IBM Z", mainframe),
        ("HighMem", highMemory),
        ("arm64, not all mapped", notMapped),
        ("arm64, 16 KiB pages", largePages),
        ("arm64, 64 KiB pages", largestPages),
        ("one node, own maps", oneNode("memory_hotplug.memmap_on_memory=on")),
        ("one node, own maps, Linux 6.18", new(oneNode("memory_hotplug.memmap_on_memory=force"))),
        ("two nodes, movablecore, Linux 6.18", new(twoNodes("movablecore=512M"))),
        ("one node, Linux 3.8", old(oneNode(slots: 3))),
        ("two nodes, movablecore, Linux 3.8", old(twoNodes("movablecore=512M"))),
        ("HighMem, Linux 3.8", old(highMemory)),
        ("containers", containers()),
        ("containers, online", containers("memhp_default_state=online")),
    ]
}

extension Machine {
    /// Gives commands that must not be refused.
    ///
    /// - Returns: the last one's outcome.
    @discardableResult
    mutating func run(_ commands: Command...) throws -> Outcome {
        var outcome = Outcome(changes: [], refusal: nil)
        for command in commands {
            outcome = apply(command)
            if let refusal = outcome.refusal { throw refusal }
        }
        return outcome
    }

    /// The errno a command is refused with, or nil.
    mutating func errno(of command: Command) -> Errno? { apply(command).refusal?.errno }

    /// Adds the blocks from one number on, at their addresses.
    mutating func probe(_ blocks: ClosedRange<UInt32>) throws {
        for block in blocks { try run(.probe(address: UInt64(block) * blockSize)) }
    }

    /// A zone of a node that is there.
    func zone(_ kind: ZoneKind, of node: Int = 0) -> Zone { self[NodeID(node)].zone(kind)! }

    /// Pages of a zone that nobody uses: in free lists, and in the CPUs' stocks.
    func unused(_ kind: ZoneKind, of node: Int = 0) -> UInt64 {
        let zone = zone(kind, of: node)
        return zone.free + (0..<pages.processors).reduce(0) { $0 + UInt64(perCPUPages(of: zone, cpu: $1)) }
    }

    /// Whether a block has pages that boot reserved.
    func holdsReserved(_ block: MemoryBlock) -> Bool {
        let range = pages(of: block.id)
        return reserved.contains { $0.overlaps(range) }
    }

    /// A block that is there.
    func block(_ number: UInt32) -> MemoryBlock { blocks[BlockID(number)]! }

    /// The zones a block could go to, as text.
    func zones(for block: UInt32) -> String {
        validZones(of: self.block(block)).map(\.name).joined(separator: " ")
    }
}

extension Command {
    static func state(_ block: UInt32, _ type: OnlineType) -> Command { .setState(BlockID(block), type) }
    static func online(_ block: UInt32, _ on: Bool) -> Command { .setOnline(BlockID(block), on) }
    static func pin(_ block: UInt32, pages: UInt64 = 1) -> Command {
        .allocate(Workload(name: "pin\(block)", kind: .kernel, block: BlockID(block), pages: pages))
    }
    static func unpin(_ block: UInt32) -> Command { .free(name: "pin\(block)") }
    static func plug(_ id: String, blocks: UInt64 = 1, node: Int = 1) -> Command {
        .plug(id: id, size: blocks * Machines.block, node: NodeID(node))
    }
}
