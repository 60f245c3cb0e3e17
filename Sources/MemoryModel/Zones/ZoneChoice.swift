// SPDX-License-Identifier: Apache-2.0

/// Which zone a block goes to when it is brought online (spec 5).
extension Machine {
    /// The zone for pages that come online with a type (zone_for_pfn_range).
    func zone(for type: OnlineType, of block: MemoryBlock) -> ZoneKind {
        let range = pages(of: block.id)
        switch type {
        case .onlineKernel: return kernelZone(for: range, on: block.node)
        case .onlineMovable: return .movable
        case .online, .offline:
            switch policy.kind {
            case .contigZones: return contiguousZone(for: range, on: block.node)
            case .autoMovable: return autoMovableZone(for: range, of: block)
            }
        }
    }

    /// The zones a block could go to, as `valid_zones` lists them: the default first (spec 5.6).
    public func validZones(of block: MemoryBlock) -> [ZoneKind] {
        // A block on its way offline is asked as if it were offline already.
        if block.state == .online { return block.zone.map { [$0] } ?? [] }
        if let assigned = block.assignedZone { return [assigned] }
        let first = zone(for: .online, of: block)
        let kernel = zone(for: .onlineKernel, of: block)
        return [first] + [kernel, .movable].filter { $0 != first }
    }

    /// Spec 5.2: the first of the low zones whose span the range touches; otherwise Normal.
    private func kernelZone(for range: Range<PageFrame>, on node: NodeID) -> ZoneKind {
        let low = self[node].zones.first { $0.kind < highestKernelZone && $0.intersects(range) }
        return low?.kind ?? highestKernelZone
    }

    /// Normal, or HighMem where the machine has it: memory is hot-added above everything else.
    var highestKernelZone: ZoneKind {
        description.architecture.zones.last { $0.isKernelZone } ?? .normal
    }

    /// Spec 5.3.
    private func contiguousZone(for range: Range<PageFrame>, on node: NodeID) -> ZoneKind {
        let kernel = kernelZone(for: range, on: node)
        let inKernel = self[node].zone(kernel)?.intersects(range) ?? false
        let inMovable = self[node].zone(.movable)?.intersects(range) ?? false
        if inKernel == inMovable { return parameters.movableNode ? .movable : kernel }
        return inMovable ? .movable : kernel
    }

    /// Spec 5.4. Groups are those of memory devices: static, with all their pages known.
    private func autoMovableZone(for range: Range<PageFrame>, of block: MemoryBlock) -> ZoneKind {
        let kernel = kernelZone(for: range, on: block.node)
        guard policy.autoMovableRatio > 0 else { return kernel }
        var needed = UInt64(range.count)
        if let group = block.group.map({ groups[Int($0)] }) {
            guard group.presentKernel == 0 else { return kernel }
            needed = group.maxPages - group.presentMovable
        }
        guard canOnlineMovable(needed, nodes: nodes) else { return kernel }
        if policy.autoMovableNumaAware, !canOnlineMovable(needed, nodes: [self[block.node]]) { return kernel }
        return .movable
    }

    /// Spec 5.5, for machines without contiguous memory allocator or dynamic groups.
    private func canOnlineMovable(_ needed: UInt64, nodes: [Node]) -> Bool {
        var (early, movable): (UInt64, UInt64) = (0, 0)
        for zone in nodes.lazy.flatMap(\.zones) where zone.isPopulated {
            if zone.kind == .movable { movable += zone.present } else { early += zone.presentEarly }
        }
        guard early > 0 else { return false }
        // Wraps where the kernel's unsigned long does: 64 TiB at the largest ratio.
        return movable + needed <= UInt64(policy.autoMovableRatio) &* early / 100
    }
}
