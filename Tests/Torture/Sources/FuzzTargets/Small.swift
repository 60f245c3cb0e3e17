// SPDX-License-Identifier: Apache-2.0

import MemoryModel

/// Small machines of every architecture and kernel generation.
enum Small {
    private typealias Range = MachineDescription.FirmwareRange
    private static let (MiB, GiB): (UInt64, UInt64) = (1 << 20, 1 << 30)

    private static func pc(_ abi: KernelABI, _ architecture: Architecture = .x86_64) -> MachineDescription {
        MachineDescription(
            abi: abi, architecture: architecture, addressBits: 36,
            memory: [
                Range(first: 0, last: 0x9fbff, kind: .usable), Range(first: 0x9fc00, last: 0x9ffff, kind: .reserved),
                Range(first: 0x100000, last: GiB - 1, kind: .usable),
            ],
            affinity: [
                .init(node: 0, first: 0, last: 640 * MiB - 1), .init(node: 1, first: 640 * MiB, last: GiB - 1),
                .init(node: 1, first: 4 * GiB, last: 8 * GiB - 1, hotplug: true),
            ],
            cpus: [.init(node: 0), .init(node: 1)], slots: 4,
            containers: architecture == .x86_64 ? [.init(name: "box", node: 1, cpus: 2, dimms: [256 * MiB])] : [])
    }

    static let descriptions: [MachineDescription] = [
        pc(.linux6_1), pc(.linux3_8), pc(.linux6_18), pc(.linux6_1, .i386),
        MachineDescription(architecture: .ppc64, memory: [Range(first: 0, last: 256 * MiB - 1, kind: .usable)]),
        MachineDescription(
            abi: .linux6_18, architecture: .s390x,
            memory: [
                Range(first: 0, last: GiB - 1, kind: .usable), Range(first: GiB, last: 2 * GiB - 1, kind: .standby),
            ], configuresStandby: true),
        MachineDescription(
            architecture: .arm64, pageSize: 64 << 10, memory: [Range(first: GiB, last: 3 * GiB - 1, kind: .usable)]),
    ]

    /// The machines, booted once: a copy costs nothing.
    static let machines = descriptions.map { Machine(booting: $0) }
}
