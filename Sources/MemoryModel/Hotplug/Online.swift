// SPDX-License-Identifier: Apache-2.0

/// Onlining: a block's pages are given to a zone (spec 3.1, 3.2, 6).
extension Machine {
    /// A write to `state`.
    mutating func setState(of id: BlockID, to type: OnlineType) throws(Refusal) {
        let position = try position(of: id)
        if type == .offline {
            guard blocks[position].isOnline else { throw Refusal(.invalid, "block is offline already") }
            return try deviceOffline(position)
        }
        if rules.remembersOnlineType { blocks[position].stickyType = type }
        guard !blocks[position].isOnline else { throw Refusal(.invalid, "block is online already") }
        blocks[position].stickyType = type
        try deviceOnline(position)
    }

    /// A write to `online`; to have the wanted state already is success.
    mutating func setOnline(_ id: BlockID, _ online: Bool) throws(Refusal) {
        let position = try position(of: id)
        guard blocks[position].isOnline != online else { return }
        if online { try deviceOnline(position) } else { try deviceOffline(position) }
    }

    func position(of id: BlockID) throws(Refusal) -> BlockTable.Index {
        guard let position = blocks.position(of: id) else { throw Refusal(.noDevice, "block was removed") }
        return position
    }

    /// Brings the block at a position online with its sticky type, or as plain `online`. The attempt uses the
    /// sticky type up, whatever comes of it.
    mutating func deviceOnline(_ position: BlockTable.Index) throws(Refusal) {
        let type = blocks[position].stickyType ?? .online
        defer { blocks[position].stickyType = nil }
        try onlinePages(position, type)
        let id = blocks[position].id
        blocks[position].state = .online
        changes.append(.stateChanged(id, .online))
        changes.append(.blockOnline(id))
        blocks[position].isOnline = true
    }

    private mutating func onlinePages(_ position: BlockTable.Index, _ type: OnlineType) throws(Refusal) {
        guard !rules.keepsPoison || blocks[position].poisoned == 0 else {
            throw Refusal(.hardwarePoison, "\(blocks[position].poisoned) of its pages are poisoned")
        }
        let kind = try settleZone(position, for: type)
        let block = blocks[position]
        let range = pages(of: block.id)
        let node = self[block.node]
        let own = UInt64(block.ownMapPages)
        let isFirstHigh = node.zone(.highMem) != nil && kind <= .highMem && !node.hasHighMemory
        let notice = MemoryNotice(
            startPage: range.lowerBound + own, pages: UInt64(range.count) - own,
            statusChangeNode: node.hasMemory ? nil : block.node,
            statusChangeNodeNormal: kind.isNormalOrBelow && !node.hasNormalMemory ? block.node : nil,
            statusChangeNodeHigh: isFirstHigh ? block.node : nil)
        // Where memory has its zone already, that spans it.
        if block.assignedZone == nil {
            self[block.node].withZone(kind) { $0.widen(to: range) }
            self[block.node].spanZones()
        }
        if let refusal = notify(.goingOnline, notice) {
            notify(.cancelOnline, notice)
            if block.assignedZone == nil { takeBackSpan(of: kind, block.node, range, was: node) }
            throw refusal
        }
        let count = UInt64(block.presentPages)
        self[block.node].withZone(kind) { $0.managed += count - own }
        countPresent(block, kind) { $0 += count }
        blocks[position].zone = kind
        // The descriptors are made anew, without marks; what was counted stays counted (spec 3.5).
        blocks[position].poisoned = 0
        guard let number = self[block.node].zone(kind)?.number else {
            preconditionFailure("\(block.node) has no zone \(kind.name)")
        }
        let content = makeContent(of: block, inZone: number)
        blocks[position].content = Int32(content)
        pages.migrationCache.forget(movedFrom: range)
        if block.isAvoided { pages.change(content) { $0.isAvoided = true } }
        refreshZones()
        changes.append(.zoneChanged(block.node, kind))
        notify(.online, notice)
    }

    /// Takes a range that did not come online out of its zone again. As with one that goes offline, an end of the span
    /// goes back to what is online: not to where it was, if that was in a hole of boot memory.
    private mutating func takeBackSpan(of kind: ZoneKind, _ id: NodeID, _ range: Range<PageFrame>, was node: Node) {
        shrinkZone(kind, of: id, removing: range)
        if self[id] != node { changes.append(.zoneChanged(id, kind)) }
    }

    /// Changes how many pages are present in a block's zone, and in its group (adjust_present_page_count).
    mutating func countPresent(_ block: MemoryBlock, _ kind: ZoneKind, _ change: (inout UInt64) -> Void) {
        self[block.node].withZone(kind) { zone in
            change(&zone.present)
            if block.isBoot { change(&zone.presentEarly) }
        }
        countInGroup(block, kind, change)
    }

    /// Gives a block's pages to the allocator, but for holes and its own memory map.
    private mutating func makeContent(of block: MemoryBlock, inZone number: Int) -> Int {
        if block.ownMapPages > 0 {
            return pages.addWithOwnMap(block.id, zone: number, mapPages: Int(block.ownMapPages))
        }
        guard UInt64(block.presentPages) < pagesPerBlock else { return pages.addFree(block.id, zone: number) }
        let range = pages(of: block.id)
        let memory = ram.map { $0.pages.clamped(to: range) }.filter { !$0.isEmpty }.map { memory in
            (pages: Int(memory.lowerBound - range.lowerBound)..<Int(memory.upperBound - range.lowerBound), zone: number)
        }
        return pages.addPartly(block.id, zone: number, free: memory, reserved: [], parts: [])
    }

    /// Calls the notifier chain and notes that it was called.
    @discardableResult
    mutating func notify(_ action: MemoryAction, _ notice: MemoryNotice) -> Refusal? {
        let objection = notifiers.notify(action, notice) ?? self.objection(to: action, notice)
        let refusal = objection.map { Refusal($0.errno, "notifier failure: \($0.by)") }
        notifierCalls.append {
            NotifierCall(number: $0, action: action, notice: notice, refusal: refusal, by: objection?.by)
        }
        changes.append(.notified(action, notice, refused: refusal))
        return refusal
    }

    mutating func countInGroup(_ block: MemoryBlock, _ kind: ZoneKind, _ change: (inout UInt64) -> Void) {
        guard let group = block.group.map(Int.init) else { return }
        if kind == .movable { change(&groups[group].presentMovable) } else { change(&groups[group].presentKernel) }
    }
}
