// SPDX-License-Identifier: Apache-2.0

import MemoryModel

/// What sections of a size cost, whatever is in them.
public struct SectionCost: Sendable, Equatable {
    /// Bytes in a section.
    public let sectionSize: UInt64
    /// Sections with memory.
    public let sections: UInt64
    /// Entries of the section array: one for each section up to the last that has memory or can get some.
    public let entries: UInt64
    /// Bytes of the section array.
    public let arrayBytes: UInt64
    /// Bytes of the memory map: all pages of sections with memory have one, those in holes too.
    public let mapBytes: UInt64
    /// Bytes of sections with memory that no memory backs.
    public let holeBytes: UInt64
    /// Bytes of the memory map that are for holes.
    public let wastedMapBytes: UInt64

    init(of size: UInt64, _ description: MachineDescription) {
        let pageSize = description.geometry.pageSize
        let map = BootMap(description, BootParameters(commandLine: description.commandLine))
        let usable = map.entries.filter(\.kind.hasBlocks)
        var (sections, present, next): (UInt64, UInt64, UInt64) = (0, 0, 0)
        for range in usable {
            // Pages that are whole.
            let first = range.first / pageSize + (range.first.isMultiple(of: pageSize) ? 0 : 1)
            let end = range.last / pageSize + (range.last % pageSize == pageSize - 1 ? 1 : 0)
            guard first < end else { continue }
            present += (end - first) * pageSize
            let (low, high) = (max(first * pageSize / size, next), (end * pageSize - 1) / size)
            if low <= high { sections += high - low + 1 }
            next = max(next, high + 1)
        }
        let pluggable = description.affinity.filter(\.hotplug).map(\.last)
        let last = (usable.map(\.last) + pluggable).max() ?? 0
        sectionSize = size
        self.sections = sections
        entries = last / size + 1
        arrayBytes = entries * SectionSizeStudy.sectionEntrySize
        mapBytes = sections * (size / pageSize) * SectionSizeStudy.pageEntrySize
        holeBytes = sections * size - present
        wastedMapBytes = holeBytes / pageSize * SectionSizeStudy.pageEntrySize
    }
}
