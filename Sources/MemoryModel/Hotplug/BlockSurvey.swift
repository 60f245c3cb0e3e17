// SPDX-License-Identifier: Apache-2.0

/// What is in a block, as far as it matters for emptying it. To look changes nothing, unlike to try.
struct BlockSurvey: Sendable {
    /// Frames in use that can move now, if there is room for them.
    var movable: UInt64 = 0
    /// Frames reserved since boot, in runs.
    var reserved: [Range<PageFrame>] = []
    /// Pages that cannot move now, by owner in the order they are met.
    var stuck: [(hindrance: PageAllocator.Hindrance, owner: Int, frames: UInt64)] = []

    fileprivate mutating func note(reserved frame: PageFrame) {
        if let last = reserved.indices.last, reserved[last].upperBound == frame {
            reserved[last] = reserved[last].lowerBound..<frame + 1
        } else {
            reserved.append(frame..<frame + 1)
        }
    }

    fileprivate mutating func note(_ hindrance: PageAllocator.Hindrance?, owner: Int, frames: Int) {
        guard let hindrance else {
            movable += UInt64(frames)
            return
        }
        if let place = stuck.firstIndex(where: { $0.owner == owner && $0.hindrance == hindrance }) {
            stuck[place].frames += UInt64(frames)
        } else {
            stuck.append((hindrance, owner, UInt64(frames)))
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
        case .reserved: survey.reserved = [first..<first + UInt64(layout.pagesPerBlock)]
        case .used:
            let owner = Int(content.owner)
            survey.note(hindrance(of: owner, content.flags), owner: owner, frames: layout.pagesPerBlock)
        case .paged:
            store.forEachPiece(of: number) { index, record in
                switch record.use {
                case .reserved: survey.note(reserved: store.frame(of: index))
                case .used: note(record, in: &survey)
                case .free, .perCPU, .tail, .absent, .broken: break
                }
                return true
            }
        }
        return survey
    }

    private func note(_ record: PageRecord, in survey: inout BlockSurvey) {
        let owner = Int(record.owner)
        // Single poisoned pages are passed over (spec 3.5), but not those of memory maps; free huge pages are dissolved,
        // not moved.
        let isPassedOver = record.isBrokenAlone && owners[owner].kind != .memmap
        guard !isPassedOver, owners[owner].kind != .hugetlbFree else { return }
        var flags = record.flags
        // A transparent huge page that broke in part is split, and its parts move.
        if owners[owner].kind == .thp { flags.remove(.holdsPoison) }
        survey.note(hindrance(of: owner, flags), owner: owner, frames: 1 << Int(record.order))
    }

    /// The blocks whose memory maps were found, ascending.
    func memoryMaps(in survey: BlockSurvey) -> [BlockID] {
        Set(survey.stuck.compactMap { owners[$0.owner].mapOf }).sorted()
    }
}
