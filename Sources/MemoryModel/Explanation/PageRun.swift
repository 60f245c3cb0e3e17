// SPDX-License-Identifier: Apache-2.0

/// Neighbouring page frames of a block that are alike.
public struct PageRun: Sendable, Equatable {
    /// What page frames are.
    public enum Use: String, CaseIterable, Sendable {
        /// In the buddy allocator's lists.
        case free
        /// Free, in the stock of a processor.
        case stock
        /// In use, and can move if there is room.
        case movable
        /// In use, and cannot move now.
        case staying
        /// The block's own memory map.
        case map
        /// Reserved since boot.
        case reserved
        /// Broken, and out of use.
        case broken
        /// No memory.
        case hole
    }

    /// The page frames.
    public internal(set) var pages: Range<PageFrame>
    /// What they are.
    public let use: Use
    /// What their pageblock is for; nil for what is in no pageblock's lists.
    public let type: MigrateType?
    /// They are in chunks or huge pages of 2^order pages.
    public let order: Int
    /// Of pages in use: whose they are.
    public let owner: String?
    /// Of pages in use: what they are used for.
    public let kind: PageKind?
    /// Whether somebody holds an extra reference.
    public let isPinned: Bool

    fileprivate func isAlike(_ other: PageRun) -> Bool {
        use == other.use && type == other.type && order == other.order && owner == other.owner && kind == other.kind
            && isPinned == other.isPinned
    }

    init(
        _ pages: Range<PageFrame>, _ use: Use, type: MigrateType? = nil, order: Int = 0, owner: String? = nil,
        kind: PageKind? = nil, isPinned: Bool = false
    ) {
        (self.pages, self.use, self.type, self.order) = (pages, use, type, order)
        (self.owner, self.kind, self.isPinned) = (owner, kind, isPinned)
    }
}

extension Machine {
    /// The page frames of a block, ascending; one run without a use that is known for a block that is offline.
    public func pageRuns(of id: BlockID) -> [PageRun] {
        guard let block = blocks[id] else { return [] }
        guard let content = block.content.map(Int.init) else { return [] }
        var runs: [PageRun] = []
        let first = pages(of: id).lowerBound
        let own = UInt64(block.ownMapPages)
        if own > 0 { runs.append(PageRun(first..<first + own, .map)) }
        pages.forEachRun(of: content) { run in
            if let last = runs.last, last.pages.upperBound == run.pages.lowerBound, last.isAlike(run) {
                runs[runs.count - 1].pages = last.pages.lowerBound..<run.pages.upperBound
            } else {
                runs.append(run)
            }
        }
        return runs
    }
}

extension PageAllocator {
    /// Calls with each piece of a block, from its first page behind its own memory map.
    fileprivate func forEachRun(of number: Int, _ take: (PageRun) -> Void) {
        let content = store.contents[number]
        let first = UInt64(content.block.rawValue) << UInt64(layout.blockOrder)
        let all = first + UInt64(content.ownMap)..<first + UInt64(layout.pagesPerBlock)
        switch content.form {
        case .vacant: break
        case .free: take(PageRun(all, .free, type: content.type, order: layout.maxOrder))
        case .reserved: take(PageRun(all, .reserved))
        case .used:
            let owner = Int(content.owner)
            take(run(all, owner, content.flags, stays: hindrance(of: owner, content.flags) != nil, 0, content.type))
        case .paged:
            store.forEachPiece(of: number) { index, record in
                take(run(index, record))
                return true
            }
        }
    }

    private func run(_ index: Int, _ record: PageRecord) -> PageRun {
        let first = store.frame(of: index)
        let pages = first..<first + UInt64(record.frames)
        let type = store.type(of: index)
        switch record.use {
        case .free: return PageRun(pages, .free, type: type, order: Int(record.order))
        case .perCPU: return PageRun(pages, .stock, type: type, order: Int(record.order))
        case .reserved: return PageRun(pages, .reserved)
        case .absent: return PageRun(pages, .hole)
        case .broken: return PageRun(pages, .broken)
        case .tail: return PageRun(pages, .hole)
        case .used:
            switch prospect(of: record) {
            case .passedOver where record.isBrokenAlone: return PageRun(pages, .broken)
            case .passedOver, .moves:
                return run(pages, Int(record.owner), record.flags, stays: false, Int(record.order), type)
            case .stays: return run(pages, Int(record.owner), record.flags, stays: true, Int(record.order), type)
            }
        }
    }

    private func run(
        _ pages: Range<PageFrame>, _ owner: Int, _ flags: PageFlags, stays: Bool, _ order: Int, _ type: MigrateType
    ) -> PageRun {
        PageRun(
            pages, stays ? .staying : .movable, type: type, order: order, owner: owners[owner].label,
            kind: owners[owner].kind, isPinned: flags.contains(.pinned))
    }
}

extension Owner {
    /// Who it is, for people: a workload's name, or whose memory map it is.
    var label: String { name.isEmpty ? kind.rawValue : name }
}
