// SPDX-License-Identifier: Apache-2.0

import MemoryModel

extension MachineCheck {
    /// A range of addresses and the table it stands in.
    private struct Range {
        var first: UInt64
        var last: UInt64
        var path: String

        var text: String { "\(first.hex) to \(last.hex)" }
    }

    /// The firmware's memory map.
    func checkMemory() throws(MachineFileError) {
        var ranges: [Range] = []
        for (index, range) in machine.memory.enumerated() {
            ranges.append(Range(first: range.first, last: range.last, path: "memory[\(index)]"))
        }
        try checkAddresses(ranges)
        guard machine.memory.contains(where: { $0.kind == .usable }) else {
            throw locator.error("memory", "no usable memory; add a [[memory]] range of type \"usable\"")
        }
        let block = blockSize
        for (index, range) in machine.memory.enumerated() where range.kind == .standby {
            guard range.first.isMultiple(of: block) else {
                throw locator.error(
                    "memory[\(index)].first", "standby memory must begin at a multiple of \(block >> 20)M blocks")
            }
            guard (range.last &+ 1).isMultiple(of: block) else {
                throw locator.error(
                    "memory[\(index)].last", "standby memory must end with a \(block >> 20)M block")
            }
        }
        try checkAmounts(block: block)
    }

    /// Bytes in a block of the machine.
    var blockSize: UInt64 {
        let (end, overflow) = (machine.memory.filter { $0.kind == .usable }.map(\.last).max() ?? 0)
            .addingReportingOverflow(1)
        return machine.blockSize
            ?? machine.architecture.defaultBlockSize(
                endOfMemory: overflow ? .max : end, hypervisor: machine.hypervisor)
    }

    /// A kernel must fit, its page tables must reach everything, and there must not be absurdly many blocks.
    private func checkAmounts(block: UInt64) throws(MachineFileError) {
        let highest = machine.architecture.highestMappableAddress(pagingLevels: machine.pagingLevels)
        var (usable, blocks): (UInt64, UInt64) = (0, 0)
        for (index, range) in machine.memory.enumerated() where range.kind != .reserved {
            guard range.last <= highest else {
                throw locator.error(
                    "memory[\(index)].last",
                    "above \(highest.hex), the highest address this kernel can map; lower it")
            }
            blocks += range.last / block - range.first / block + 1
            if range.kind == .usable { usable += range.last - range.first + 1 }
        }
        guard usable >= Self.leastMemory else {
            throw locator.error(
                "memory", "less than \(Self.leastMemory >> 20)M of usable memory; no kernel boots in that, add some")
        }
        guard blocks <= Machine.mostBlocks else {
            throw locator.error(
                "memory",
                "\(blocks) blocks of \(block >> 20)M, more than \(Machine.mostBlocks); give a larger block_size")
        }
    }

    /// The nodes' ranges.
    func checkAffinity() throws(MachineFileError) {
        var ranges: [Range] = []
        for (index, entry) in machine.affinity.enumerated() {
            guard Self.nodeNumbers.contains(entry.node) else {
                throw locator.error(
                    "affinity[\(index)].node", "must be 0 to \(Self.nodeNumbers.upperBound), is \(entry.node)")
            }
            ranges.append(Range(first: entry.first, last: entry.last, path: "affinity[\(index)]"))
        }
        try checkAddresses(ranges)
    }

    /// Ranges must be the right way round, within the processor's addresses, and apart.
    private func checkAddresses(_ ranges: [Range]) throws(MachineFileError) {
        let highest = (UInt64(1) << UInt64(machine.addressBits)) - 1
        for range in ranges {
            guard range.first <= range.last else {
                throw locator.error(
                    "\(range.path).last", "\(range.last.hex) is below first, \(range.first.hex); swap them")
            }
            guard range.last <= highest else {
                throw locator.error(
                    "\(range.path).last",
                    "\(range.last.hex) is beyond the processor's \(machine.addressBits) address bits (\(highest.hex))")
            }
        }
        let ascending = ranges.sorted { $0.first < $1.first }
        for (lower, upper) in zip(ascending, ascending.dropFirst()) where upper.first <= lower.last {
            throw locator.error(
                upper.path, "\(upper.text) overlaps \(locator.mention(lower.path)), \(lower.text); keep them apart")
        }
    }
}
