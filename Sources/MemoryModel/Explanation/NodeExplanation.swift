// SPDX-License-Identifier: Apache-2.0

/// Neighbouring blocks that the same keeps online.
public struct KeptBlocks: Sendable, Equatable {
    /// The blocks.
    public internal(set) var blocks: ClosedRange<BlockID>
    /// What keeps each of them.
    public let keepers: [BlockKeeper]
}

/// What is in a zone of a node, and what keeps it there.
public struct ZoneExplanation: Sendable, Equatable {
    /// The node.
    public let node: NodeID
    /// The zone.
    public let zone: Zone
    /// Allocations keep above these, in pages free.
    public let watermarks: (min: UInt64, low: UInt64, high: UInt64)
    /// The blocks that are in it, ascending.
    public let blocks: [BlockRun]
    /// Blocks within its span that are not in it, or of which only a part is; blocks of several zones among them.
    public let strangers: [BlockRun]
    /// Block numbers within its span at which there is no memory.
    public let holes: [ClosedRange<BlockID>]
    /// Page frames in use, by kind, most first.
    public let uses: [(kind: PageKind, pages: UInt64)]
    /// Blocks of it that cannot go offline as they are.
    public let kept: [KeptBlocks]
    /// How many of its blocks can be emptied, as far as is seen from what is in them.
    public let emptied: Int

    /// Whether two say the same.
    public static func == (a: ZoneExplanation, b: ZoneExplanation) -> Bool {
        a.node == b.node && a.zone == b.zone && a.watermarks == b.watermarks && a.blocks == b.blocks
            && a.strangers == b.strangers && a.holes == b.holes && a.kept == b.kept && a.emptied == b.emptied
            && a.uses.elementsEqual(b.uses, by: ==)
    }
}

/// What is on a node, and what keeps it.
public struct NodeExplanation: Sendable, Equatable {
    /// The node.
    public let node: Node
    /// Its blocks, ascending.
    public let blocks: [BlockRun]
    /// Where its processors' allocations look, in order, and how far that is: the nodes of its zonelist.
    public let fallback: [Neighbour]
    /// Its blocks that cannot go offline as they are.
    public let kept: [KeptBlocks]
    /// How many of its blocks that are online can be emptied, as far as is seen from what is in them.
    public let emptied: Int
    /// Its blocks that are on no memory device, so that they can go offline and not away.
    public let fixed: [ClosedRange<BlockID>]

    /// A node in a zonelist.
    public struct Neighbour: Sendable, Equatable {
        /// Which.
        public let node: NodeID
        /// How far it is.
        public let distance: Int
    }
}

extension Machine {
    /// Explains a zone.
    ///
    /// - Returns: nil for a zone without memory.
    /// - Complexity: O(blocks of the zone, and pages of those whose pages differ).
    public func explanation(ofZone kind: ZoneKind, on id: NodeID) -> ZoneExplanation? {
        guard let node = node(id), node.isOnline, let zone = node.zone(kind), zone.spanned > 0 else { return nil }
        let span = block(ofPage: zone.start)...block(ofPage: zone.end - 1)
        let inSpan = blockRuns.compactMap { run in
            let clamped = run.blocks.clamped(to: span)
            return run.blocks.overlaps(span) ? run.with(blocks: clamped) : nil
        }
        let own = inSpan.filter { $0.zone == kind && $0.node == id }
        // One with pages of several zones has some of this one's, or it would not be within its span.
        let kept = keptBlocks { block in
            block.node == id && (block.zone == kind || block.zone == nil && span.contains(block.id))
        }
        let marks = allocator.zones[zone.number]
        return ZoneExplanation(
            node: id, zone: zone, watermarks: (marks.min, marks.low, marks.high), blocks: own,
            strangers: inSpan.filter { $0.zone != kind || $0.node != id },
            holes: gaps(between: inSpan.map(\.blocks), in: span),
            uses: PageKind.allCases.map { ($0, used($0, in: zone)) }.filter { $0.1 > 0 }.sorted { $0.1 > $1.1 },
            kept: kept.blocks, emptied: kept.others)
    }

    /// Explains a node.
    ///
    /// - Returns: nil for a node that is not online.
    /// - Complexity: O(blocks of the node, and pages of those whose pages differ).
    public func explanation(ofNode id: NodeID) -> NodeExplanation? {
        guard let node = node(id), node.isOnline else { return nil }
        let runs = blockRuns.filter { $0.node == id || $0.otherNodes.contains(id) }
        let kept = keptBlocks { $0.links(to: id) }
        var order: [NodeID] = []
        for zone in allocator.zonelists[position(of: id)] {
            let next = nodes[allocator.node(of: zone)].id
            if order.last != next { order.append(next) }
        }
        return NodeExplanation(
            node: node, blocks: runs,
            fallback: order.map { NodeExplanation.Neighbour(node: $0, distance: distance(from: id, to: $0)) },
            kept: kept.blocks, emptied: kept.others,
            fixed: runs.filter { $0.device == nil }.map(\.blocks).joined())
    }

    /// Online blocks of some kind that something in them keeps, and how many others there are.
    private func keptBlocks(_ isMeant: (MemoryBlock) -> Bool) -> (blocks: [KeptBlocks], others: Int) {
        var (kept, others): ([KeptBlocks], Int) = ([], 0)
        let objection = injectedObjection(to: .goingOffline)
        for block in blocks where isMeant(block) {
            guard let content = block.content.map(Int.init) else { continue }
            let survey = pages.survey(content)
            var keepers = keepers(of: block, survey)
            if block.zone == nil { keepers.append(BlockKeeper("pages of several zones", until: .never)) }
            if block.state == .online {
                if keepers.isEmpty { keepers += strikers(of: block, hasPages: survey.movable > 0) }
                if let objection { keepers.append(objection) }
            }
            if keepers.isEmpty {
                others += 1
            } else if let last = kept.last, last.blocks.upperBound.rawValue + 1 == block.id.rawValue,
                last.keepers == keepers
            {
                kept[kept.count - 1].blocks = last.blocks.lowerBound...block.id
            } else {
                kept.append(KeptBlocks(blocks: block.id...block.id, keepers: keepers))
            }
        }
        return (kept, others)
    }

    /// The faults that would strike a block if it were the next to go offline, and that nothing else keeps.
    private func strikers(of block: MemoryBlock, hasPages: Bool) -> [BlockKeeper] {
        guard !faultList.isEmpty else { return [] }
        var trial = self
        func strike(_ kind: FaultKind) -> BlockKeeper? {
            trial.strike(kind, block.id...block.id, on: block.node).map { BlockKeeper($0.fault) }
        }
        if let refuses = strike(.offline) { return [refuses] }
        return hasPages ? [strike(.stuck), strike(.slow)].compactMap { $0 } : []
    }

    /// What of a range ascending ranges leave out.
    private func gaps(between ranges: [ClosedRange<BlockID>], in whole: ClosedRange<BlockID>) -> [ClosedRange<BlockID>]
    {
        var gaps: [ClosedRange<BlockID>] = []
        var next = whole.lowerBound.rawValue
        for range in ranges {
            if range.lowerBound.rawValue > next {
                gaps.append(BlockID(next)...BlockID(range.lowerBound.rawValue - 1))
            }
            next = range.upperBound.rawValue + 1
        }
        if next <= whole.upperBound.rawValue { gaps.append(BlockID(next)...whole.upperBound) }
        return gaps
    }
}

extension BlockRun {
    fileprivate func with(blocks: ClosedRange<BlockID>) -> BlockRun {
        var run = self
        run.blocks = blocks
        return run
    }
}

extension [ClosedRange<BlockID>] {
    /// Ascending ranges, with neighbours as one.
    fileprivate func joined() -> Self {
        reduce(into: []) { ranges, range in
            if let last = ranges.last, last.upperBound.rawValue + 1 == range.lowerBound.rawValue {
                ranges[ranges.count - 1] = last.lowerBound...range.upperBound
            } else {
                ranges.append(range)
            }
        }
    }
}
