// SPDX-License-Identifier: Apache-2.0

import MemoryModel

/// How the kernel maps all memory for itself: with the largest pages that fit each range of it (split_mem_range). Bytes.
struct DirectMap {
    /// In pages of 4 KiB.
    private(set) var small: UInt64 = 0
    /// In pages of 2 MiB.
    private(set) var large: UInt64 = 0
    /// In pages of 1 GiB.
    private(set) var huge: UInt64 = 0

    init(of tree: ResourceTree) { add(tree.resources) }

    private mutating func add(_ resources: [ResourceTree.Resource]) {
        // Ranges that touch are mapped as one.
        var ranges: [Range<UInt64>] = []
        for resource in resources {
            guard resource.name == "System RAM" else {
                add(resource.children)
                continue
            }
            if let last = ranges.last, last.upperBound == resource.first {
                ranges[ranges.count - 1] = last.lowerBound..<resource.last + 1
            } else {
                ranges.append(resource.first..<resource.last + 1)
            }
        }
        for range in ranges {
            let (in2M, in1G) = (Self.whole(range, 2 << 20), Self.whole(range, 1 << 30))
            huge += UInt64(in1G.count)
            large += UInt64(in2M.count) - UInt64(in1G.count)
            small += UInt64(range.count) - UInt64(in2M.count)
        }
    }

    /// The whole units in a range.
    private static func whole(_ range: Range<UInt64>, _ unit: UInt64) -> Range<UInt64> {
        let end = range.upperBound / unit * unit
        return min((range.lowerBound + unit - 1) / unit * unit, end)..<end
    }
}
