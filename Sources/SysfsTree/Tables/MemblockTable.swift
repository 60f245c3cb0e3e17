// SPDX-License-Identifier: Apache-2.0

import MemoryModel

/// `/sys/kernel/debug/memblock`: what the boot memory allocator knew (memblock_debug_show).
///
/// A kernel shows it only where it keeps memblock after boot (CONFIG_ARCH_KEEP_MEMBLOCK: arm64, ppc64 and s390x, but not
/// x86); here every machine does, for it is the result of its boot. Linux 6.1 shows neither nodes nor flags; they are why
/// ranges that touch can stand on two lines.
enum MemblockTable {
    static let rows: [Row<Whole>] = [
        .file("memory", style: .proc, show: { machine, _ in text(machine.memblock.memory, machine) }),
        .file("reserved", style: .proc, show: { machine, _ in text(machine.memblock.reserved, machine) }),
    ]

    /// A line for each region: its number, its first and last byte.
    private static func text(_ regions: [Memblock.Region], _ machine: Machine) -> String {
        let width = machine.description.architecture.addressDigits
        return regions.enumerated().map { number, region in
            let (first, last) = (region.bytes.lowerBound, region.bytes.upperBound - 1)
            return Text.right(number, 4) + ": 0x\(Text.hex(first, width: width))..0x\(Text.hex(last, width: width))\n"
        }.joined()
    }
}
