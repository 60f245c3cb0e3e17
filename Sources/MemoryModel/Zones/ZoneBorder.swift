// SPDX-License-Identifier: Apache-2.0

/// Zones on kernels where memory has one from the time it is added (seed 001; spec 15.1): they grow then, and only what
/// lies at the border between a kernel zone and Movable can change sides.
extension Machine {
    /// Gives added memory its zone, whose span grows over it; nil where memory gets one when it comes online.
    mutating func assignZone(to range: Range<PageFrame>, on node: NodeID) -> ZoneKind? {
        guard case .whenAdded = rules.zoneChoice else { return nil }
        let kind = highestKernelZone
        self[node].withZone(kind) { $0.widen(to: range) }
        self[node].spanZones()
        changes.append(.zoneChanged(node, kind))
        return kind
    }

    /// The zone an offline block comes online in, if its type is one it can have; moves the border where it has to.
    mutating func settleZone(_ position: BlockTable.Index, for type: OnlineType) throws(Refusal) -> ZoneKind {
        let block = blocks[position]
        guard case .whenAdded(let errno) = rules.zoneChoice, let own = block.assignedZone else {
            return zone(for: type, of: block)
        }
        if own > .normal || type == .onlineMovable, rules.keepsNormalMemory, !parameters.movableNode,
            !self[block.node].hasNormalMemory
        {
            throw Refusal(errno, "\(block.node) has no normal memory yet")
        }
        let wanted: ZoneKind
        switch type {
        case .online, .offline: wanted = own
        case .onlineKernel: wanted = own == .movable ? highestKernelZone : own
        case .onlineMovable: wanted = .movable
        }
        guard wanted != own else { return own }
        let range = pages(of: block.id)
        guard own == .movable || own == highestKernelZone, let rest = spanWithout(range, own, block.node) else {
            throw Refusal(errno, "\(block.id) is not at the border of zones \(own.name) and \(wanted.name)")
        }
        self[block.node].withZone(own) { zone in
            zone.start = rest.isEmpty ? 0 : rest.lowerBound
            zone.spanned = UInt64(rest.count)
        }
        self[block.node].withZone(wanted) { $0.widen(to: range) }
        self[block.node].spanZones()
        blocks[position].assignedZone = wanted
        changes.append(.zoneChanged(block.node, own))
        changes.append(.zoneChanged(block.node, wanted))
        return wanted
    }

    /// What is left of a zone's span without a range at the end that faces the other zone: Movable's bottom, a kernel
    /// zone's top. Nil if the range is not there.
    private func spanWithout(_ range: Range<PageFrame>, _ kind: ZoneKind, _ node: NodeID) -> Range<PageFrame>? {
        guard let zone = self[node].zone(kind), zone.intersects(range) else { return nil }
        if kind == .movable {
            guard range.lowerBound <= zone.start else { return nil }
            return range.upperBound..<max(range.upperBound, zone.end)
        }
        guard zone.end <= range.upperBound else { return nil }
        return min(zone.start, range.lowerBound)..<range.lowerBound
    }

    /// Whether a block of a zone may go: not as its node's last normal memory while there is higher memory.
    func canSpareNormalMemory(_ block: MemoryBlock, _ kind: ZoneKind) -> Bool {
        guard rules.keepsNormalMemory, !parameters.movableNode, kind.isNormalOrBelow else { return true }
        let node = self[block.node]
        let normal = node.zones.lazy.filter(\.kind.isNormalOrBelow).reduce(0) { $0 + $1.present }
        return normal > pagesPerBlock || node.present == normal
    }
}
