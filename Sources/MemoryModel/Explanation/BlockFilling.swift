// SPDX-License-Identifier: Apache-2.0

/// How many page frames of a block are what.
public struct BlockFilling: Sendable, Hashable {
    /// Free, in the buddy allocator's lists or a processor's stock.
    public var free: UInt64 = 0
    /// In use, and can move if there is room.
    public var movable: UInt64 = 0
    /// In use, and cannot move now; its own memory map among them.
    public var staying: UInt64 = 0
    /// Reserved since boot.
    public var reserved: UInt64 = 0
    /// Broken.
    public var broken: UInt64 = 0

    init() {}
}

/// Blocks that follow each other and are alike, as a picture of the machine shows them.
public struct BlockRun: Sendable, Equatable {
    /// The blocks.
    public internal(set) var blocks: ClosedRange<BlockID>
    /// Their node.
    public let node: NodeID
    /// Other nodes whose boot pages they hold.
    public let otherNodes: [NodeID]
    /// What their `state` reads.
    public let state: MemoryBlock.State
    /// Their single zone; nil for blocks that are offline, or have pages of several zones.
    public let zone: ZoneKind?
    /// Pages that exist in each.
    public let present: UInt64
    /// What the pages of each are; all zeros for blocks that are offline.
    public let filling: BlockFilling
    /// The memory device they are on, if any.
    public let device: String?
    /// Whether they are scheduled to go.
    public let isAvoided: Bool

    fileprivate func isAlike(_ other: BlockRun) -> Bool {
        node == other.node && otherNodes == other.otherNodes && state == other.state && zone == other.zone
            && present == other.present && filling == other.filling && device == other.device
            && isAvoided == other.isAvoided
    }
}

extension Machine {
    /// All blocks, ascending, those that are alike as one.
    ///
    /// - Complexity: O(blocks, and pages of those whose pages differ).
    public var blockRuns: [BlockRun] {
        var runs: [BlockRun] = []
        for block in blocks {
            let run = BlockRun(
                blocks: block.id...block.id, node: block.node, otherNodes: block.otherNodes, state: block.state,
                zone: block.zone, present: UInt64(block.presentPages), filling: filling(of: block),
                device: block.device.flatMap { devices[Int($0)].module?.id }, isAvoided: block.isAvoided)
            if let last = runs.last, last.blocks.upperBound.rawValue + 1 == block.id.rawValue, last.isAlike(run) {
                runs[runs.count - 1].blocks = last.blocks.lowerBound...block.id
            } else {
                runs.append(run)
            }
        }
        return runs
    }

    /// What the pages of a block are.
    public func filling(of block: MemoryBlock) -> BlockFilling {
        guard let content = block.content.map(Int.init) else { return BlockFilling() }
        var filling = pages.filling(of: content)
        filling.staying += UInt64(block.ownMapPages)
        return filling
    }
}

extension PageAllocator {
    /// What the pages of a block are, but for its own memory map.
    fileprivate func filling(of number: Int) -> BlockFilling {
        var filling = BlockFilling()
        let content = store.contents[number]
        let all = UInt64(layout.pagesPerBlock) - UInt64(content.ownMap)
        switch content.form {
        case .vacant: break
        case .free: filling.free = all
        case .reserved: filling.reserved = all
        case .used:
            let stays = hindrance(of: Int(content.owner), content.flags) != nil
            if stays { filling.staying = all } else { filling.movable = all }
        case .paged:
            store.forEachPiece(of: number) { _, record in
                let frames = UInt64(record.frames)
                switch record.use {
                case .free, .perCPU: filling.free += frames
                case .reserved: filling.reserved += frames
                case .broken: filling.broken += frames
                case .absent, .tail: break
                case .used:
                    switch prospect(of: record) {
                    case .passedOver where record.isBrokenAlone: filling.broken += frames
                    case .passedOver, .moves: filling.movable += frames
                    case .stays: filling.staying += frames
                    }
                }
                return true
            }
        }
        return filling
    }
}
