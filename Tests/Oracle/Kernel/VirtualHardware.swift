// SPDX-License-Identifier: Apache-2.0

import MemoryModel
import Transcripts

/// The virtual machine that has the memory, nodes and processors of a machine file.
///
/// QEMU's PC (i440FX) is told how much memory each node has, and its firmware makes the rest of it: the memory map, the
/// SRAT and the range for memory devices. A file that says something else cannot be asked a live kernel about. Memory that the
/// SRAT has but the map has not is kept from the kernel by `mem=`: it is there when it is probed.
struct VirtualHardware: Equatable {
    /// Bytes of each node, in order.
    private(set) var nodes: [UInt64]
    /// Each processor's node.
    private(set) var processors: [Int]
    /// Where boot memory ends that the kernel may have.
    private(set) var limit: UInt64
    /// Bytes for memory devices.
    private(set) var deviceRoom: UInt64
    private(set) var addressBits: Int
    private(set) var pagingLevels: Int
    private(set) var distances: [[Int]]?

    /// How many memory devices can be plugged at once.
    static let slots = 8
    private static let GiB: UInt64 = 1 << 30

    /// Why no such virtual machine exists.
    struct Unlike: Error, CustomStringConvertible {
        let description: String
    }

    /// Finds the virtual machine.
    init(_ machine: MachineDescription) throws(Unlike) {
        func unlike(_ what: String) -> Unlike {
            Unlike(description: "no virtual machine of QEMU's is like this one: \(what)")
        }
        guard machine.architecture == .x86_64, machine.abi == .linux6_1 else {
            throw unlike("abi is not linux-6.1, or arch not x86_64")
        }
        let rooms = machine.affinity.filter(\.hotplug)
        let boot = machine.affinity.filter { !$0.hotplug }
        guard rooms.count == 1, let room = rooms.first, let top = boot.map(\.last).max() else {
            throw unlike("it has \(rooms.count) hot-pluggable ranges, and must have one")
        }
        // A hole lies below 4 GiB if there is memory above.
        let low = boot.map(\.last).filter { $0 < 4 * Self.GiB }.max().map { $0 + 1 } ?? 0
        let size = top < 4 * Self.GiB ? low : low + top + 1 - 4 * Self.GiB
        nodes = Array(
            repeating: 0, count: (machine.affinity.map(\.node) + machine.cpus.map(\.node)).max().map { $0 + 1 } ?? 1)
        for range in boot {
            nodes[range.node] += range.last - range.first + 1
        }
        // The SRAT leaves out what the video memory hides.
        nodes[boot.first { $0.first == 0 }?.node ?? 0] += 0x60000
        guard nodes.reduce(0, +) == size, low == Self.memoryBelow4GiB(of: size) else {
            throw unlike("its [[affinity]] ranges are not all memory from 0 on, with the hole below 4 GiB")
        }
        guard room.node == nodes.count - 1, room.first == Self.roundUp(max(4 * Self.GiB, top + 1)) else {
            throw unlike("memory devices are of the last node, from the next GiB after memory on")
        }
        // It numbers domains as it meets them, processors' before memory's.
        var met: [Int] = []
        for node in machine.cpus.map(\.node) + machine.affinity.map(\.node) where !met.contains(node) {
            met.append(node)
        }
        guard met == Array(nodes.indices) else {
            throw unlike("the kernel would number its nodes in another order: processors' first")
        }
        let length = room.last - room.first + 1
        guard length > UInt64(Self.slots) * Self.GiB, length % Self.GiB == 0 else {
            throw unlike("the range for memory devices has more than \(Self.slots) GiB, and whole ones")
        }
        deviceRoom = length - UInt64(Self.slots) * Self.GiB
        processors = machine.cpus.map(\.node)
        (addressBits, pagingLevels) = (machine.addressBits, machine.pagingLevels)
        distances = machine.distances
        limit = machine.memory.filter { $0.kind == .usable }.map(\.last).max().map { $0 + 1 } ?? 0
        let map = Self.map(of: size, below: limit)
        // Bits of the address decide about the last reserved range; it may be missing.
        guard machine.memory.allSatisfy({ map.contains($0) || $0.kind == .reserved && $0.first > 4 * Self.GiB }),
            map.allSatisfy(machine.memory.contains)
        else {
            let ranges = map.map { "\(String($0.first, radix: 16))-\(String($0.last, radix: 16)) \($0.kind)" }
            throw unlike("its [[memory]] ranges would be: \(ranges.joined(separator: ", "))")
        }
    }

    private static func memoryBelow4GiB(of size: UInt64) -> UInt64 {
        size >= 0xe000_0000 ? 0xc000_0000 : size
    }

    private static func roundUp(_ address: UInt64) -> UInt64 { (address + GiB - 1) / GiB * GiB }

    /// The memory map that the firmware makes, with usable memory up to the limit only.
    private static func map(of size: UInt64, below limit: UInt64) -> [MachineDescription.FirmwareRange] {
        let low = memoryBelow4GiB(of: size)
        var usable: [(UInt64, UInt64)] = [(0, 0x9fc00), (0x10_0000, low - 0x2_0000)]
        if size > low { usable.append((4 * GiB, 4 * GiB + size - low)) }
        let reserved: [(UInt64, UInt64)] = [
            (0x9fc00, 0xa_0000), (0xf_0000, 0x10_0000), (low - 0x2_0000, low), (0xfffc_0000, 4 * GiB),
        ]
        return usable.filter { $0.0 < limit }.map { .init(first: $0.0, last: min($0.1, limit) - 1, kind: .usable) }
            + reserved.map { .init(first: $0.0, last: $0.1 - 1, kind: .reserved) }
    }

    /// What the kernel is told beyond the command line of the recording. The image stays where hotmem's is.
    var commandLine: String {
        "console=ttyS0 panic=-1 nokaslr mem=\(limit >> 10)K"
    }

    /// QEMU's arguments for processors and memory.
    var arguments: [String] {
        let size = nodes.reduce(0, +) >> 20
        var arguments = [
            "-machine", "pc-i440fx-7.2",
            "-cpu", "max,phys-bits=\(addressBits),la57=\(pagingLevels == 5 ? "on" : "off")",
            "-smp", "\(processors.count)",
            "-m", "\(size)M,slots=\(Self.slots),maxmem=\(size + deviceRoom >> 20)M",
        ]
        for (node, bytes) in nodes.enumerated() {
            var options = ["node,nodeid=\(node)"]
            options += processors.enumerated().filter { $0.element == node }.map { "cpus=\($0.offset)" }
            if bytes > 0 {
                // Most of it is never touched: the host need not have it.
                arguments += ["-object", "memory-backend-ram,id=ram\(node),size=\(bytes >> 10)K,reserve=off"]
                options.append("memdev=ram\(node)")
            }
            arguments += ["-numa", options.joined(separator: ",")]
        }
        for (from, row) in (distances ?? []).enumerated() {
            for (to, distance) in row.enumerated() {
                arguments += ["-numa", "dist,src=\(from),dst=\(to),val=\(distance)"]
            }
        }
        return arguments
    }
}
