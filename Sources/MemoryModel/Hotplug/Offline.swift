// SPDX-License-Identifier: Apache-2.0

/// An offlining that has isolated its block and asked the notifier chain, and now empties the block.
struct Offlining: Sendable, Codable {
    let block: BlockID
    let zone: ZoneKind
    let notice: MemoryNotice
    /// The types its pageblocks had.
    var types: [MigrateType] = []
    /// When it began, on the machine's clock.
    let began: UInt64
    /// A page that a fault keeps here.
    var stuck: Stuck?
    /// How slowly a fault lets pages move.
    var pace: Pace?
    /// What it waits for, as last said.
    var hindrance: String?
}

/// Offlining: a block's pages are taken from their zone (spec 7).
extension Machine {
    /// Takes the block at a position offline, or begins to.
    ///
    /// - Throws: EINVAL for a block without a single zone or with holes, or with a node's last normal memory where that
    ///   has to stay; EBUSY where a page can never move, or a listener's errno. State, zone, spans and masks are then
    ///   as they were.
    mutating func deviceOffline(_ position: BlockTable.Index) throws(Refusal) {
        try run(.offline(try beginOfflining(position)), isAwaited: true)
    }

    /// Isolates a block and asks the notifier chain.
    mutating func beginOfflining(_ position: BlockTable.Index) throws(Refusal) -> Offlining {
        let id = blocks[position].id
        guard let kind = blocks[position].zone, let content = blocks[position].content.map(Int.init) else {
            throw Refusal(.invalid, "block has pages of several zones")
        }
        blocks[position].state = .goingOffline
        changes.append(.stateChanged(id, .goingOffline))
        // The pages of its own memory map are taken out first, so that the rest may be the zone's last (spec 7.1).
        let own = UInt64(blocks[position].ownMapPages)
        countPresent(blocks[position], kind) { $0 -= own }
        do throws(Refusal) {
            guard rules.offlinesHoles || UInt64(blocks[position].presentPages) == pagesPerBlock else {
                throw Refusal(.invalid, "memory holes")
            }
            guard canSpareNormalMemory(blocks[position], kind) else {
                throw Refusal(.invalid, "the last normal memory of \(blocks[position].node), which has higher memory")
            }
            // Isolation comes before the chain: with both an unmovable page and an injected error, it is EBUSY.
            if let obstacle = obstacle(in: content, kind) {
                throw Refusal(.busy, "failure to isolate range: unmovable page (\(describe(obstacle, in: content)))")
            }
            let notice = offlineNotice(for: blocks[position], kind)
            let types = setApart(content)
            if let refusal = notify(.goingOffline, notice) {
                rejoin(content, types)
                notify(.cancelOffline, notice)
                throw refusal
            }
            var offlining = Offlining(block: id, zone: kind, notice: notice, types: types, began: clock)
            if !faults.active.isEmpty, !pages.isVacated(content) { strike(&offlining, on: blocks[position].node) }
            return offlining
        } catch {
            countPresent(blocks[position], kind) { $0 += own }
            blocks[position].state = .online
            changes.append(.stateChanged(id, .online))
            throw error
        }
    }

    /// Empties the block, as far as its pages can move now (spec 7.4).
    ///
    /// - Returns: whether it is offline.
    /// - Throws: why it is given up, on kernels that do; things are as they were then.
    mutating func advance(_ offlining: inout Offlining) throws(Refusal) -> Bool {
        guard let position = blocks.position(of: offlining.block),
            let content = blocks[position].content.map(Int.init)
        else { return true }
        if !pages.isVacated(content), let deadline = deadline(of: offlining), clock >= deadline {
            let refusal = Refusal(.busy, "timeout: \(offlining.hindrance ?? "pages are still in use")")
            abandon(offlining, refusal)
            throw refusal
        }
        endFaults(&offlining)
        var attempts = 0
        while !pages.isVacated(content) {
            let attempt = empty(content, of: blocks[position], &offlining)
            guard !pages.isVacated(content) else { break }
            attempts += 1
            if let refusal = refusal(after: attempt) {
                guard attempts >= rules.offlineLimit?.attempts ?? 1 else { continue }
                abandon(offlining, refusal)
                throw refusal
            }
            let reason = reason(after: attempt, offlining)
            if reason != offlining.hindrance { changes.append(.pagesStay(offlining.block, reason: reason)) }
            offlining.hindrance = reason
            return false
        }
        finishOfflining(offlining, position, content)
        return true
    }

    /// Moves what can be moved out of a block, and says where it went.
    private mutating func empty(
        _ content: Int, of block: MemoryBlock, _ offlining: inout Offlining
    ) -> PageAllocator.Attempt {
        let target = migrationTarget(from: block, offlining.zone)
        var attempt = PageAllocator.Attempt()
        attempt.keepsOne = offlining.stuck != nil
        if let pace = offlining.pace { attempt.left = pace.allowance(at: clock) }
        pages.empty(content, target: target, &attempt)
        offlining.note(attempt, left: pages.framesLeft(in: content))
        for (zone, frames) in attempt.moved {
            let node = nodes[pages.node(of: zone)]
            changes.append(
                .pagesMoved(from: block.id, frames: frames, to: node.id, node.zones[pages.place(of: zone)].kind))
        }
        return attempt
    }

    /// Why it is no use to try again, on kernels that give up then (``ABIRules/offlineLimit``).
    private func refusal(after attempt: PageAllocator.Attempt) -> Refusal? {
        guard rules.offlineLimit != nil else { return nil }
        guard !attempt.isCut || attempt.hindranceForGood != nil else { return nil }
        if let hindrance = attempt.hindranceForGood {
            if case .noRoom = hindrance { return Refusal(.noMemory, "page migration failed: \(describe(hindrance))") }
            return Refusal(.busy, "page migration failed: \(describe(hindrance))")
        }
        return attempt.hindrance == nil ? Refusal(.busy, "pages are still in use") : nil
    }

    /// Spec 7.5.
    private mutating func finishOfflining(_ offlining: Offlining, _ position: BlockTable.Index, _ content: Int) {
        let block = blocks[position]
        let range = pages(of: block.id)
        let count = UInt64(block.presentPages) - UInt64(block.ownMapPages)
        pages.removeVacated(content)
        pages.migrationCache.forget(movedTo: range)
        forgetPoison(in: range)
        blocks[position].content = nil
        self[block.node].withZone(offlining.zone) { $0.managed -= count }
        countPresent(block, offlining.zone) { $0 -= count }
        refreshZones()
        notify(.offline, offlining.notice)
        // Where memory has its zone when it is added, spans stay as they are.
        if block.assignedZone == nil { shrinkZone(offlining.zone, of: block.node, removing: range) }
        changes.append(.zoneChanged(block.node, offlining.zone))
        blocks[position].zone = nil
        blocks[position].state = .offline
        changes.append(.stateChanged(block.id, .offline))
        changes.append(.blockOffline(block.id))
        blocks[position].isOnline = false
    }

    /// Puts things back as they were, but for pages already moved, and on older kernels for pageblocks, which become
    /// Movable.
    mutating func abandon(_ offlining: Offlining, _ refusal: Refusal) {
        guard let position = blocks.position(of: offlining.block),
            let content = blocks[position].content.map(Int.init)
        else { return }
        rejoin(content, offlining.types)
        notify(.cancelOffline, offlining.notice)
        let own = UInt64(blocks[position].ownMapPages)
        countPresent(blocks[position], offlining.zone) { $0 += own }
        blocks[position].state = .online
        changes.append(.stateChanged(offlining.block, .online))
    }

    /// Spec 7.5: which node loses its place in which mask.
    private func offlineNotice(for block: MemoryBlock, _ kind: ZoneKind) -> MemoryNotice {
        let range = pages(of: block.id)
        let node = self[block.node]
        let count = UInt64(range.count)
        let normal = node.zones.lazy.filter(\.kind.isNormalOrBelow).reduce(0) { $0 + $1.present }
        let high = node.zones.lazy.filter { $0.kind <= .highMem }.reduce(0) { $0 + $1.present }
        let isLastHigh = node.zone(.highMem) != nil && kind <= .highMem && count >= high
        let own = UInt64(block.ownMapPages)
        return MemoryNotice(
            startPage: range.lowerBound + own, pages: count - own,
            statusChangeNode: count >= node.present ? block.node : nil,
            statusChangeNodeNormal: kind.isNormalOrBelow && count >= normal ? block.node : nil,
            statusChangeNodeHigh: isLastHigh ? block.node : nil)
    }
}
