// SPDX-License-Identifier: Apache-2.0

import MemoryModel

/// Where zones were when somebody looked last: an offline block's `valid_zones` says which of them it touches (spec 5.2).
struct ZoneSpans: Sendable {
    private var known: [Place: Range<PageFrame>] = [:]

    private struct Place: Hashable {
        let node: NodeID
        let kind: ZoneKind
    }

    /// The blocks that a zone has begun or ceased to span since the last call.
    mutating func changed(in machine: Machine) -> [Range<Int>] {
        var changed: [Range<Int>] = []
        for node in machine.nodes {
            for zone in node.zones {
                let place = Place(node: node.id, kind: zone.kind)
                let (before, now) = (known[place] ?? 0..<0, zone.start..<zone.end)
                guard before != now else { continue }
                known[place] = now
                let edges =
                    before.isEmpty || now.isEmpty || !before.overlaps(now)
                    ? [before, now]
                    : [
                        min(before.lowerBound, now.lowerBound)..<max(before.lowerBound, now.lowerBound),
                        min(before.upperBound, now.upperBound)..<max(before.upperBound, now.upperBound),
                    ]
                changed += edges.filter { !$0.isEmpty }.map { machine.blockNumbers(of: $0) }
            }
        }
        return changed
    }
}

extension Machine {
    /// The numbers of the blocks that a range of page frames touches.
    fileprivate func blockNumbers(of pages: Range<PageFrame>) -> Range<Int> {
        let size = blockSize / pageSize
        return Int(pages.lowerBound / size)..<Int((pages.upperBound + size - 1) / size)
    }
}
