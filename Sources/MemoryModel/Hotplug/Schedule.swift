// SPDX-License-Identifier: Apache-2.0

/// Scheduled removal: sections are marked before they go, so that there is little to move when they do (seed 004).
extension Machine {
    /// Schedules blocks to go away, so that allocations steer clear of them, or takes that back.
    ///
    /// - Throws: ENXIO where there is no such block.
    mutating func avoid(_ ids: ClosedRange<BlockID>, _ on: Bool) throws(Refusal) {
        var position = blocks.lowerBound(of: ids.lowerBound)
        guard position != blocks.endIndex, blocks[position].id <= ids.upperBound else {
            throw Refusal(.noAddress, "no such block")
        }
        while position != blocks.endIndex, blocks[position].id <= ids.upperBound {
            blocks[position].isAvoided = on
            if let content = blocks[position].content { pages.change(Int(content)) { $0.isAvoided = on } }
            position = blocks.index(after: position)
        }
        changes.append(.settingChanged)
    }
}
