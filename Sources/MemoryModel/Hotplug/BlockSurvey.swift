// SPDX-License-Identifier: Apache-2.0

/// What is in a block, as far as it matters for emptying it. To look changes nothing, unlike to try.
struct BlockSurvey: Sendable {
    /// Pages of one owner that all can move now, or that the same keeps.
    struct Holding: Sendable {
        let owner: Int
        /// What keeps them; nil if they can move, if there is room for them.
        let hindrance: PageAllocator.Hindrance?
        /// The first of them.
        let first: PageFrame
        var frames: UInt64
    }

    /// Pages in use, by owner, in the order they are met.
    private(set) var holdings: [Holding] = []
    /// Frames reserved since boot, in runs.
    private(set) var reserved: [Range<PageFrame>] = []

    /// Frames in use that can move now, if there is room for them.
    var movable: UInt64 { holdings.reduce(0) { $1.hindrance == nil ? $0 + $1.frames : $0 } }
    /// Pages that cannot move now.
    var stuck: [Holding] { holdings.filter { $0.hindrance != nil } }

    fileprivate mutating func note(reserved frames: Range<PageFrame>) {
        if let last = reserved.indices.last, reserved[last].upperBound == frames.lowerBound {
            reserved[last] = reserved[last].lowerBound..<frames.upperBound
        } else {
            reserved.append(frames)
        }
    }

    fileprivate mutating func note(
        _ hindrance: PageAllocator.Hindrance?, owner: Int, at first: PageFrame, frames: Int
    ) {
        func isAlike(_ holding: Holding) -> Bool { holding.owner == owner && holding.hindrance == hindrance }
        // Neighbours are mostly alike.
        let place = holdings.last.map(isAlike) == true ? holdings.indices.last : holdings.firstIndex(where: isAlike)
        if let place {
            holdings[place].frames += UInt64(frames)
        } else {
            holdings.append(Holding(owner: owner, hindrance: hindrance, first: first, frames: UInt64(frames)))
        }
    }
}

extension PageAllocator {
    /// Looks at all pages of a block; what it finds is what isolation and migration would stumble over.
    func survey(_ number: Int) -> BlockSurvey {
        var survey = BlockSurvey()
        let content = store.contents[number]
        let first = UInt64(content.block.rawValue) << UInt64(layout.blockOrder)
        switch content.form {
        case .free, .vacant: break
        case .reserved: survey.note(reserved: first..<first + UInt64(layout.pagesPerBlock))
        case .used:
            let owner = Int(content.owner)
            survey.note(hindrance(of: owner, content.flags), owner: owner, at: first, frames: layout.pagesPerBlock)
        case .paged:
            store.forEachPiece(of: number) { index, record in
                switch record.use {
                case .reserved:
                    let frame = store.frame(of: index)
                    survey.note(reserved: frame..<frame + 1)
                case .used: note(record, at: index, in: &survey)
                case .free, .perCPU, .tail, .absent, .broken: break
                }
                return true
            }
        }
        return survey
    }

    private func note(_ record: PageRecord, at index: Int, in survey: inout BlockSurvey) {
        let frame = store.frame(of: index)
        switch prospect(of: record) {
        case .passedOver: break
        case .moves: survey.note(nil, owner: Int(record.owner), at: frame, frames: record.frames)
        case .stays(let hindrance):
            survey.note(hindrance, owner: Int(record.owner), at: frame, frames: record.frames)
        }
    }

    /// What would become of a page in use if its block were emptied.
    enum Prospect {
        /// Nobody has to move it: it is broken, or goes with the pool it is in.
        case passedOver
        /// It can move, if there is room.
        case moves
        /// It cannot now.
        case stays(Hindrance)
    }

    /// What would become of a page in use if its block were emptied.
    func prospect(of record: PageRecord) -> Prospect {
        let owner = Int(record.owner)
        // Single poisoned pages are passed over (spec 3.5), but not those of memory maps; free huge pages are dissolved,
        // not moved.
        let isPassedOver = record.isBrokenAlone && owners[owner].kind != .memmap
        guard !isPassedOver, owners[owner].kind != .hugetlbFree else { return .passedOver }
        var flags = record.flags
        // A transparent huge page that broke in part is split, and its parts move.
        if owners[owner].kind == .thp { flags.remove(.holdsPoison) }
        return hindrance(of: owner, flags).map(Prospect.stays) ?? .moves
    }

    /// The blocks whose memory maps were found, ascending.
    func memoryMaps(in survey: BlockSurvey) -> [BlockID] {
        Set(survey.holdings.compactMap { owners[$0.owner].mapOf }).sorted()
    }
}
