// SPDX-License-Identifier: Apache-2.0

/// Why a block can go offline, or cannot: which pages are in it, whose, where they would go, and what has to happen
/// first. Of a block that is offline: how it could come online.
public struct BlockExplanation: Sendable, Equatable {
    /// The block.
    public let block: MemoryBlock
    /// What its pages are.
    public let filling: BlockFilling
    /// Whose pages are in it, in the order of their first.
    public internal(set) var holdings: [Holding] = []
    /// Everything in it that does not move; and what else it is refused for, as faults and injected errors.
    public internal(set) var keepers: [BlockKeeper] = []
    /// Where the pages would go that can move.
    public internal(set) var destinations: [Destination] = []
    /// Pages that can move, and for which there is no room.
    public internal(set) var homeless: UInt64 = 0
    /// What would come of writing to `state`; for a block that is online the one word `offline`.
    public internal(set) var attempts: [Attempt] = []
    /// Whether something else holds the hotplug lock, so that all of it would have to wait for that first.
    public internal(set) var lockHolder: BlockID?

    /// Pages of one owner in the block, that all can move or that the same keeps.
    public struct Holding: Sendable, Equatable {
        /// Whose they are.
        public let owner: String
        /// What they are used for.
        public let kind: PageKind
        /// How many.
        public let pages: UInt64
        /// The first of them.
        public let first: PageFrame
        /// What keeps them; nil if they can move.
        public let hindrance: String?
    }

    /// Where pages would go.
    public struct Destination: Sendable, Equatable {
        /// The node.
        public let node: NodeID
        /// Its zone.
        public let zone: ZoneKind
        /// How many pages.
        public let pages: UInt64
        /// How far it is from the block's node.
        public let distance: Int
    }

    /// A write to `state`, and what would come of it.
    public struct Attempt: Sendable, Equatable {
        /// The word.
        public let type: OnlineType
        /// What would come of it.
        public let result: Result

        fileprivate func isRefused(with errno: Errno) -> Bool {
            if case .refused(let refusal) = result { refusal.errno == errno } else { false }
        }
    }

    /// What would come of a write.
    public enum Result: Sendable, Equatable {
        /// It would be done; a block that comes online goes to this zone.
        case done(ZoneKind?)
        /// It would wait.
        case waits(reason: String)
        /// It would be refused.
        case refused(Refusal)
    }
}

extension Machine {
    /// Explains a block: what would come of a write is found by trying on a copy of the machine, faults and all.
    ///
    /// - Returns: nil for a block that is not there.
    public func explanation(ofBlock id: BlockID) -> BlockExplanation? {
        guard let block = blocks[id] else { return nil }
        var explanation = BlockExplanation(block: block, filling: filling(of: block))
        if let content = block.content.map(Int.init) {
            let survey = pages.survey(content)
            explanation.keepers = keepers(of: block, survey)
            if block.zone == nil {
                explanation.keepers.append(BlockKeeper("pages of several zones", until: .never))
            }
            explanation.holdings = survey.holdings.map { holding in
                BlockExplanation.Holding(
                    owner: pages.owners[holding.owner].label, kind: pages.owners[holding.owner].kind,
                    pages: holding.frames, first: holding.first, hindrance: holding.hindrance.map(describe))
            }
            if survey.movable > 0, let zone = block.zone {
                addDestinations(of: survey.movable, to: &explanation, content, zone)
            }
        }
        guard block.state != .goingOffline else {
            let reason = underway?.offlining?.hindrance ?? "pages are still in use"
            explanation.attempts = [BlockExplanation.Attempt(type: .offline, result: .waits(reason: reason))]
            return explanation
        }
        explanation.lockHolder = blockGoingOffline
        let trial = withoutWork
        let types: [OnlineType] = block.isOnline ? [.offline] : [.online, .onlineKernel, .onlineMovable]
        var faults: [Fault] = []
        for type in types {
            var (result, hits) = trial.result(of: type, for: id)
            explanation.attempts.append(BlockExplanation.Attempt(type: type, result: result))
            // An injected error comes before them, and they would be next.
            if hits.isEmpty, !notifiers.injected.isEmpty {
                hits = trial.withoutInjectedErrors.result(of: type, for: id).1
            }
            for hit in hits where !faults.contains(where: { $0.name == hit.name }) { faults.append(hit) }
        }
        if block.isOnline {
            explanation.keepers += keepers(in: explanation)
        } else if explanation.attempts.allSatisfy({ $0.isRefused(with: .hardwarePoison) }) {
            explanation.keepers.append(BlockKeeper("broken memory in it, which was taken out of use", until: .never))
        } else if let objection = injectedObjection(to: .goingOnline) {
            explanation.keepers.append(objection)
        }
        explanation.keepers += faults.map { BlockKeeper($0) }
        return explanation
    }

    /// The machine as it would be if what waits were given up.
    private var withoutWork: Machine {
        var trial = self
        trial.waiting = []
        if let ticket = trial.underway?.ticket { trial.interrupt(ticket) }
        return trial
    }

    /// The machine as it would be if errors that were injected were taken back.
    private var withoutInjectedErrors: Machine {
        var trial = self
        trial.notifiers.injected = [:]
        return trial
    }

    /// What would come of a write, and which faults would strike the block.
    private func result(of type: OnlineType, for id: BlockID) -> (BlockExplanation.Result, [Fault]) {
        var trial = self
        let outcome = trial.apply(.setState(id, type))
        let faults: [Fault] = outcome.changes.compactMap {
            guard case .faulted(let hit) = $0, case .block = hit.subject else { return nil }
            return hit.fault
        }
        if let refusal = outcome.refusal { return (.refused(refusal), faults) }
        guard outcome.waiting == nil else {
            let reasons = outcome.changes.compactMap { if case .pagesStay(_, let reason) = $0 { reason } else { nil } }
            return (.waits(reason: reasons.last ?? "pages are still in use"), faults)
        }
        return (.done(trial.blocks[id]?.zone), faults)
    }

    /// Moves what can be moved, on a copy, past what cannot.
    private func addDestinations(
        of movable: UInt64, to explanation: inout BlockExplanation, _ content: Int, _ zone: ZoneKind
    ) {
        var trial = self
        // A block on its way offline is set apart already.
        if explanation.block.state == .online { _ = trial.setApart(content) }
        var attempt = PageAllocator.Attempt()
        trial.pages.empty(content, target: trial.migrationTarget(from: explanation.block, zone), &attempt)
        let home = explanation.block.node
        explanation.destinations = attempt.moved.map { zone, frames in
            let node = nodes[pages.node(of: zone)]
            return BlockExplanation.Destination(
                node: node.id, zone: node.zones[pages.place(of: zone)].kind, pages: frames,
                distance: distance(from: home, to: node.id))
        }.sorted { ($0.distance, $0.node, $1.zone) < ($1.distance, $1.node, $0.zone) }
        let moved = explanation.destinations.reduce(0) { $0 + $1.pages }
        explanation.homeless = movable - min(moved, movable)
    }

    /// What keeps a block beside what is in it.
    private func keepers(in explanation: BlockExplanation) -> [BlockKeeper] {
        var keepers: [BlockKeeper] = []
        if explanation.homeless > 0 {
            keepers.append(BlockKeeper("no room elsewhere for \(explanation.homeless) pages", until: .room))
        }
        if let objection = injectedObjection(to: .goingOffline) { keepers.append(objection) }
        return keepers
    }

    /// The error that somebody has every offlining, or every onlining, fail with.
    func injectedObjection(to action: MemoryAction) -> BlockKeeper? {
        notifiers.injected[action].map { BlockKeeper($0, injectedInto: action) }
    }
}
