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
    ///
    /// - Returns: bytes in a block of the machine.
    func checkMemory() throws(MachineFileError) -> UInt64 {
        var ranges: [Range] = []
        for (index, range) in machine.memory.enumerated() {
            ranges.append(Range(first: range.first, last: range.last, path: "memory[\(index)]"))
        }
        try checkAddresses(ranges)
        guard machine.memory.contains(where: { $0.kind == .usable }) else {
            throw locator.error("memory", "no usable memory; add a [[memory]] range of type \"usable\"")
        }
        for (index, range) in machine.memory.enumerated() {
            if range.isMirrored, range.kind != .usable {
                throw locator.error(
                    "memory[\(index)].mirror", "only usable memory is mirrored, not \(range.kind.rawValue)")
            }
            if range.online != nil, range.kind != .standby {
                throw locator.error(
                    "memory[\(index)].online", "only standby memory is brought online later, not \(range.kind.rawValue)"
                )
            }
            if range.kind == .nomap, machine.architecture != .arm64 {
                throw locator.error(
                    "memory[\(index)].type", "only arm64 has memory that is not mapped; \"reserved\" is for others")
            }
        }
        let parameters = BootParameters(commandLine: machine.commandLine)
        let map = BootMap(machine, parameters)
        let block = machine.blockSize(endOfMemory: map.endOfMemory)
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
        try checkAmounts()
        try checkBoot(map, block: block, key: parameters.mapChanges.isEmpty ? "memory" : "cmdline")
        return block
    }

    /// A kernel must fit, and its page tables must reach everything.
    private func checkAmounts() throws(MachineFileError) {
        let highest = machine.architecture.highestMappableAddress(pagingLevels: machine.pagingLevels)
        var usable: UInt64 = 0
        for (index, range) in machine.memory.enumerated() where range.kind != .reserved {
            guard range.last <= highest else {
                throw locator.error(
                    "memory[\(index)].last",
                    "above \(highest.hex), the highest address this kernel can map; lower it")
            }
            if range.kind == .usable { usable += range.last - range.first + 1 }
        }
        guard usable >= BootMap.leastMemory else {
            throw locator.error(
                "memory", "less than \(BootMap.leastMemory >> 20)M of usable memory; no kernel boots in that, add some")
        }
    }

    /// What the command line makes of the map must still be enough, and there must not be absurdly many blocks.
    private func checkBoot(_ map: BootMap, block: UInt64, key: String) throws(MachineFileError) {
        guard !map.leavesTooLittle else {
            throw locator.error(
                "cmdline", "mem= and memmap= leave less than \(BootMap.leastMemory >> 20)M; no kernel boots in that")
        }
        let blocks = map.entries.lazy.filter(\.kind.hasBlocks)
            .reduce(0) { $0 + $1.last / block - $1.first / block + 1 }
        guard blocks <= Machine.mostBlocks else {
            throw locator.error(
                key, "\(blocks) blocks of \(block >> 20)M, more than \(Machine.mostBlocks); give a larger block_size")
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
        try checkAddresses(ranges, mayOverlap: machine.hasFirmwareBugs)
    }

    /// Ranges must be the right way round, within the processor's addresses, and apart.
    private func checkAddresses(_ ranges: [Range], mayOverlap: Bool = false) throws(MachineFileError) {
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
        guard !mayOverlap else { return }
        let ascending = ranges.sorted { $0.first < $1.first }
        for (lower, upper) in zip(ascending, ascending.dropFirst()) where upper.first <= lower.last {
            throw locator.error(
                upper.path, "\(upper.text) overlaps \(locator.mention(lower.path)), \(lower.text); keep them apart")
        }
    }
}
