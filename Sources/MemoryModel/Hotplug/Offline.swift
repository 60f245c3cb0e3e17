// SPDX-License-Identifier: Apache-2.0

/// Offlining: a block's pages are taken from their zone (spec 7).
extension Machine {
    /// Takes the block at a position offline.
    ///
    /// - Throws: EINVAL for a block without a single zone or with holes, EBUSY where a page cannot move, or
    ///   a listener's errno; state, zone, spans and masks are then as they were.
    mutating func deviceOffline(_ position: Int) throws(Refusal) {
        let id = blocks[position].id
        guard let kind = blocks[position].zone else {
            throw Refusal(.invalid, "block has pages of several zones")
        }
        blocks[position].state = .goingOffline
        changes.append(.stateChanged(id, .goingOffline))
        do throws(Refusal) {
            try offlinePages(position, kind)
        } catch {
            blocks[position].state = .online
            changes.append(.stateChanged(id, .online))
            throw error
        }
        blocks[position].zone = nil
        blocks[position].state = .offline
        changes.append(.stateChanged(id, .offline))
        changes.append(.blockOffline(id))
        blocks[position].isOnline = false
    }

    private mutating func offlinePages(_ position: Int, _ kind: ZoneKind) throws(Refusal) {
        let block = blocks[position]
        let range = pages(of: block.id)
        let count = UInt64(range.count)
        guard UInt64(block.presentPages) == count else { throw Refusal(.invalid, "memory holes") }
        // Isolation comes before the chain: with both an unmovable page and an injected error, it is EBUSY.
        guard block.reservedPages == 0, block.unmovablePages == 0 else {
            throw Refusal(.busy, "failure to isolate range: unmovable page")
        }
        let notice = offlineNotice(for: block, kind, range)
        if let refusal = notify(.goingOffline, notice) {
            notify(.cancelOffline, notice)
            throw refusal
        }
        let poisoned = forgetPoison(in: range)
        self[block.node].withZone(kind) { zone in
            zone.present -= count
            zone.managed -= count
            zone.free -= count - poisoned
            if block.isBoot { zone.presentEarly -= count }
        }
        countInGroup(block, kind) { $0 -= count }
        notify(.offline, notice)
        shrinkZone(kind, of: block.node, removing: range)
        changes.append(.zoneChanged(block.node, kind))
    }

    /// Spec 7.5: which node loses its place in which mask.
    private func offlineNotice(
        for block: MemoryBlock, _ kind: ZoneKind, _ range: Range<PageFrame>
    ) -> MemoryNotice {
        let node = self[block.node]
        let count = UInt64(range.count)
        let normal = node.zones.lazy.filter(\.kind.isNormalOrBelow).reduce(0) { $0 + $1.present }
        return MemoryNotice(
            startPage: range.lowerBound, pages: count,
            statusChangeNode: count >= node.present ? block.node : nil,
            statusChangeNodeNormal: kind.isNormalOrBelow && count >= normal ? block.node : nil)
    }
}
