// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport
import Testing

/// Small machines of all kinds, for walks that look at everything after every step.
enum WalkedMachine: String, CaseIterable {
    case oneNode = "6 GiB on one node"
    case twoNodes = "two nodes"
    case movableNode = "a node that can go as a whole"
    case olderKernel = "two nodes, Linux 3.8"
    case newerKernel = "two nodes, Linux 6.18, own memory maps"
    case autoMovable = "auto-movable"
    case containers = "containers"
    case standby = "standby memory"
    case captured = "a captured machine"

    /// Its machine file.
    func file(in scratch: Scratch) throws -> String {
        guard self == .captured else { return try scratch.file("machine.toml", text) }
        let archive = try #require(Bundle.module.url(forResource: "Captures/s390-zvm-6g.tar.bz2", withExtension: nil))
        let ended = try scratch.hotmem(["capture", "--sysroot", archive.path, scratch.path + "/machine.toml"])
        guard ended.succeeded else { throw ProgramError(description: "\(ended)") }
        return scratch.path + "/machine.toml"
    }

    private var text: String {
        switch self {
        case .oneNode:
            Self.x86(blockSize: "256M", firmware: [(0x100000, 3 * GiB), (4 * GiB, 7 * GiB)])
                + Self.affinity([(0, 0, 7 * GiB, false), (0, 7 * GiB, 16 * GiB, true)])
        case .twoNodes, .movableNode, .olderKernel, .newerKernel:
            Self.x86(abi: abi, parameters: parameters, firmware: [(0x100000, 2 * GiB)])
                + Self.affinity([
                    (0, 0, GiB, false), (1, GiB, 2 * GiB, self == .movableNode), (0, 5 * GiB, 8 * GiB, true),
                    (1, 11 * GiB, 16 * GiB, true),
                ])
        case .autoMovable, .containers:
            Self.x86(parameters: parameters, firmware: [(0x100000, GiB)])
                + Self.affinity([(0, 0, GiB, false), (0, 5 * GiB, 8 * GiB, true), (1, 10 * GiB, 16 * GiB, true)])
                + (self == .containers ? Self.container : "")
        case .standby:
            """
            abi = "linux-6.18"
            arch = "s390x"
            slots = 0
            standby_config = true
            \(Self.memory(0, 2 * GiB - 1, "usable"))
            \(Self.memory(2 * GiB, 4 * GiB - 1, "standby"))
            [[cpu]]
            node = 0
            count = 2
            """
        case .captured: ""
        }
    }

    private var abi: String {
        switch self {
        case .olderKernel: "linux-3.8"
        case .newerKernel: "linux-6.18"
        default: "linux-6.1"
        }
    }

    private var parameters: String {
        switch self {
        case .movableNode: "movable_node"
        case .olderKernel: "movablecore=512M"
        case .newerKernel: "memory_hotplug.memmap_on_memory=force"
        case .autoMovable: "memory_hotplug.online_policy=auto-movable memhp_default_state=online"
        default: ""
        }
    }

    /// A machine with low memory, and ranges from a first byte to before another.
    private static func x86(
        abi: String = "linux-6.1", blockSize: String? = nil, parameters: String = "",
        firmware: [(first: UInt64, end: UInt64)]
    ) -> String {
        """
        abi = "\(abi)"
        arch = "x86_64"
        address_bits = 40
        slots = 4
        cmdline = "\(parameters)"
        \(blockSize.map { "block_size = \"\($0)\"" } ?? "")
        \(memory(0, 0x9fbff, "usable"))
        \(memory(0x9fc00, 0x9ffff, "reserved"))
        \(firmware.map { memory($0.first, $0.end - 1, "usable") }.joined())
        [[cpu]]
        node = 0
        count = 2

        """
    }

    private static func memory(_ first: UInt64, _ last: UInt64, _ type: String) -> String {
        "[[memory]]\nfirst = \(first)\nlast = \(last)\ntype = \"\(type)\"\n"
    }

    private static func affinity(_ ranges: [(node: Int, first: UInt64, end: UInt64, isHotplug: Bool)]) -> String {
        ranges.map {
            "[[affinity]]\nnode = \($0.node)\nfirst = \($0.first)\nlast = \($0.end - 1)\nhotplug = \($0.isHotplug)\n"
        }.joined()
    }

    private static let container = """
        [[container]]
        name = "c0"
        hid = "ACPI0004"
        node = 1
        cpus = 2
        dimms = ["512M", "256M"]
        [[container]]
        name = "c1"
        hid = "PNP0A06"
        node = 0
        cpus = 1
        """
}

private let GiB: UInt64 = 1 << 30
