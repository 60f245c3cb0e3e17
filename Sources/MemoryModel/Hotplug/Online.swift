// SPDX-License-Identifier: Apache-2.0

import DequeModule

/// Onlining: a block's pages are given to a zone (spec 3.1, 3.2, 6).
extension Machine {
    /// A write to `state`.
    mutating func setState(of id: BlockID, to type: OnlineType) throws(Refusal) {
        let position = try position(of: id)
        if type == .offline {
            guard blocks[position].isOnline else { throw Refusal(.invalid, "block is offline already") }
            return try deviceOffline(position)
        }
        blocks[position].stickyType = type
        guard !blocks[position].isOnline else { throw Refusal(.invalid, "block is online already") }
        try deviceOnline(position)
    }

    /// A write to `online`; to have the wanted state already is success.
    mutating func setOnline(_ id: BlockID, _ online: Bool) throws(Refusal) {
        let position = try position(of: id)
        guard blocks[position].isOnline != online else { return }
        if online { try deviceOnline(position) } else { try deviceOffline(position) }
    }

    func position(of id: BlockID) throws(Refusal) -> Int {
        guard let position = blocks.position(of: id) else { throw Refusal(.noDevice, "block was removed") }
        return position
    }

    /// Brings the block at a position online with its sticky type, or as plain `online`. The attempt uses the
    /// sticky type up, whatever comes of it.
    mutating func deviceOnline(_ position: Int) throws(Refusal) {
        let type = blocks[position].stickyType ?? .online
        defer { blocks[position].stickyType = nil }
        try onlinePages(position, type)
        let id = blocks[position].id
        blocks[position].state = .online
        changes.append(.stateChanged(id, .online))
        changes.append(.blockOnline(id))
        blocks[position].isOnline = true
    }

    private mutating func onlinePages(_ position: Int, _ type: OnlineType) throws(Refusal) {
        let block = blocks[position]
        let range = pages(of: block.id)
        let kind = zone(for: type, of: block)
        let node = self[block.node]
        let own = UInt64(block.ownMapPages)
        let notice = MemoryNotice(
            startPage: range.lowerBound + own, pages: UInt64(range.count) - own,
            statusChangeNode: node.hasMemory ? nil : block.node,
            statusChangeNodeNormal: kind.isNormalOrBelow && !node.hasNormalMemory ? block.node : nil)
        if let refusal = notify(.goingOnline, notice) {
            notify(.cancelOnline, notice)
            throw refusal
        }
        let count = UInt64(range.count)
        self[block.node].withZone(kind) { zone in
            zone.widen(to: range)
            zone.present += count
            zone.managed += count - own
            if block.isBoot { zone.presentEarly += count }
        }
        self[block.node].spanZones()
        countInGroup(block, kind) { $0 += count }
        blocks[position].zone = kind
        blocks[position].presentPages = UInt32(count)
        guard let number = self[block.node].zone(kind)?.number else {
            preconditionFailure("\(block.node) has no zone \(kind.name)")
        }
        let content =
            own > 0
            ? pages.addWithOwnMap(block.id, zone: number, mapPages: Int(own)) : pages.addFree(block.id, zone: number)
        blocks[position].content = Int32(content)
        pages.migrationCache.forget(movedFrom: range)
        if block.isAvoided { pages.change(content) { $0.isAvoided = true } }
        refreshZones()
        changes.append(.zoneChanged(block.node, kind))
        notify(.online, notice)
    }

    /// Calls the notifier chain and notes that it was called.
    @discardableResult
    mutating func notify(_ action: MemoryAction, _ notice: MemoryNotice) -> Refusal? {
        let objection = notifiers.notify(action, notice)
        let refusal = objection.map { Refusal($0.errno, "notifier failure: \($0.by)") }
        notifierCalls += 1
        if recentCalls.count == NotifierCall.kept { recentCalls.removeFirst() }
        recentCalls.append(
            NotifierCall(number: notifierCalls, action: action, notice: notice, refusal: refusal, by: objection?.by))
        changes.append(.notified(action, notice, refused: refusal))
        return refusal
    }

    mutating func countInGroup(_ block: MemoryBlock, _ kind: ZoneKind, _ change: (inout UInt64) -> Void) {
        guard let group = block.group.map(Int.init) else { return }
        if kind == .movable { change(&groups[group].presentMovable) } else { change(&groups[group].presentKernel) }
    }
}
