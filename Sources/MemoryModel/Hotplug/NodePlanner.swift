// SPDX-License-Identifier: Apache-2.0

/// Makes the plan of a node's removal by removing it from a copy of the machine.
struct NodePlanner {
    /// The copy, as it is after the steps so far.
    private var trial: Machine
    private var plan: NodePlan
    /// Whether failed attempts are undone. Without it, one that moved pages ends the planning.
    private let takesBack: Bool
    /// Whose memory maps a block holds, of blocks that are still there.
    private var maps: [BlockID: Set<BlockID>] = [:]
    /// The same, as it was at first.
    private let mapsAtFirst: [BlockID: Set<BlockID>]
    /// By zone, the fewest pages for which there was no room.
    private var tooMany: [ZoneKind: UInt64] = [:]
    /// Why blocks that are offline cannot be ejected.
    private var staying: [BlockID: String] = [:]
    private var hadMemory: Bool

    init(_ machine: Machine, _ node: NodeID, takesBack: Bool) {
        trial = machine
        plan = NodePlan(node: node)
        self.takesBack = takesBack
        for map in machine.memoryMaps {
            for place in map.places where place.block != map.block {
                maps[place.block, default: []].insert(map.block)
            }
        }
        mapsAtFirst = maps
        hadMemory = machine[node].hasMemory
    }

    /// The plan, or nil where an attempt left pages elsewhere that it should not have moved.
    mutating func make() -> NodePlan? {
        var pending = trial.blocks.filter { $0.links(to: plan.node) && $0.isOnline }.map(\.id)
        ejectEmptyDevices()
        while true {
            // Blocks that hold memory maps of others go when those are gone (seed 004).
            let ready = pending.filter { maps[$0] == nil }
            guard !ready.isEmpty else { break }
            pending.removeAll { maps[$0] == nil }
            for id in ready {
                guard attempt(id) else { return nil }
            }
            ejectEmptyDevices()
        }
        for id in pending {
            guard let block = trial.blocks[id], let content = block.content.map(Int.init) else { continue }
            note(block, trial.pages.survey(content))
        }
        plan.blocked.sort { $0.block < $1.block }
        noteRemainder()
        return plan
    }

    // MARK: Steps

    /// Tries to take a block offline.
    ///
    /// - Returns: whether the copy is as it was, but for the step if that was done.
    private mutating func attempt(_ id: BlockID) -> Bool {
        guard let block = trial.blocks[id], let content = block.content.map(Int.init) else { return true }
        let survey = trial.pages.survey(content)
        if block.zone != nil, !survey.stuck.isEmpty || !survey.reserved.isEmpty {
            note(block, survey)
            return true
        }
        if let zone = block.zone, let least = tooMany[zone], survey.movable >= least {
            note(id, "no room elsewhere for \(survey.movable) pages", until: .room)
            return true
        }
        let before = takesBack ? trial : nil
        let outcome = trial.apply(.setState(id, .offline))
        if let refusal = outcome.refusal {
            // Where an offlining gives up by itself, pages may have moved before it did.
            if outcome.changes.contains(where: { if case .pagesMoved = $0 { true } else { false } }) {
                guard let before else { return false }
                trial = before
            }
            if refusal.errno == .noMemory {
                noteNoRoom(id, block, survey)
                return true
            }
            let isListener = outcome.changes.contains { if case .notified(_, _, .some) = $0 { true } else { false } }
            note(id, refusal.reason, until: isListener ? .allowed : .never)
            return true
        }
        if let ticket = outcome.waiting {
            guard let before else { return false }
            _ = trial.apply(.interrupt(ticket))
            trial = before
            noteNoRoom(id, block, survey)
            return true
        }
        let moves = moves(in: outcome.changes)
        add(.offline(id, moves), reason(for: id, moves))
        if hadMemory, !trial[plan.node].hasMemory {
            hadMemory = false
            add(.leaveZonelists, "its last memory is offline")
        }
        return true
    }

    /// Ejects the containers and devices whose memory is offline by now.
    private mutating func ejectEmptyDevices() {
        for container in trial.containers {
            let ids = trial.slots(in: container.id).flatMap(blocks(ofSlot:))
            eject(.unplugContainer(name: container.name), .ejectContainer(name: container.name, ids), ids)
        }
        for (slot, device) in trial.devices.enumerated() {
            guard let module = device.module, module.isBound else { continue }
            let ids = blocks(ofSlot: slot)
            eject(.unplug(id: module.id), .eject(device: module.id, ids), ids)
        }
    }

    /// The blocks of a memory device that are there. What is in the range of one whose memory the kernel did not take is
    /// not its own.
    private func blocks(ofSlot slot: Int) -> [BlockID] {
        guard let module = trial.devices[slot].module, module.isBound else { return [] }
        return trial.blockIDs(first: module.first, size: module.size).filter { trial.blocks[$0] != nil }
    }

    /// Ejects what blocks are on, if the node has some of them and all are offline.
    private mutating func eject(_ command: Command, _ action: NodePlan.Action, _ ids: [BlockID]) {
        guard ids.contains(where: { trial.blocks[$0]?.links(to: plan.node) == true }),
            ids.allSatisfy({ trial.blocks[$0]?.isOnline == false })
        else { return }
        let outcome = trial.apply(command)
        guard outcome.refusal == nil, outcome.waiting == nil else {
            for id in ids { staying[id] = outcome.refusal?.reason ?? "ejecting waits" }
            return
        }
        add(action, "all of it is offline; frees its memory maps")
        forgetMaps(of: ids)
        if outcome.changes.contains(.nodeRemoved(plan.node)) {
            add(.removeNode, "it has neither memory nor processors")
        }
    }

    private mutating func forgetMaps(of ids: [BlockID]) {
        for (holder, held) in maps {
            let rest = held.subtracting(ids)
            maps[holder] = rest.isEmpty ? nil : rest
        }
    }

    private mutating func add(_ action: NodePlan.Action, _ reason: String) {
        plan.steps.append(NodePlan.Step(action: action, reason: reason))
    }

    private func moves(in changes: [Change]) -> [NodePlan.Move] {
        var moves: [NodePlan.Move] = []
        for case .pagesMoved(_, let frames, let node, _) in changes {
            if let place = moves.firstIndex(where: { $0.node == node }) {
                moves[place].pages += frames
            } else {
                moves.append(NodePlan.Move(node: node, pages: frames))
            }
        }
        return moves.sorted {
            let (a, b) = (trial.distance(from: plan.node, to: $0.node), trial.distance(from: plan.node, to: $1.node))
            return (a, $0.node) < (b, $1.node)
        }
    }

    private func reason(for id: BlockID, _ moves: [NodePlan.Move]) -> String {
        var parts: [String] = []
        if let held = mapsAtFirst[id] { parts.append("the memory map of \(BlockID.list(held.sorted())) is gone") }
        switch moves.count {
        case 0: parts.append("nothing to move")
        case 1 where moves[0].node == plan.node: parts.append("no other node has memory")
        case 1: parts.append("nearest with room, distance \(trial.distance(from: plan.node, to: moves[0].node))")
        default:
            let distances = moves.map { "\(trial.distance(from: plan.node, to: $0.node))" }.joined(separator: ", ")
            parts.append("nearest first, distances \(distances)")
        }
        return parts.joined(separator: "; ")
    }

    // MARK: What keeps blocks

    private mutating func noteNoRoom(_ id: BlockID, _ block: MemoryBlock, _ survey: BlockSurvey) {
        if let zone = block.zone { tooMany[zone] = min(tooMany[zone] ?? .max, survey.movable) }
        note(id, "no room elsewhere for \(survey.movable) pages", until: .room)
    }

    private mutating func note(_ id: BlockID, _ cause: String, until: BlockKeeper.Until) {
        plan.blocked.append(NodePlan.Blocked(block: id, cause: cause, until: until))
    }

    /// Notes everything in a block that does not move.
    private mutating func note(_ block: MemoryBlock, _ survey: BlockSurvey) {
        for keeper in trial.keepers(of: block, survey) { note(block.id, keeper.cause, until: keeper.until) }
    }

    /// Notes what is offline and stays all the same.
    private mutating func noteRemainder() {
        guard plan.isPossible, trial[plan.node].isOnline else { return }
        let ids = trial.blocks.filter { $0.links(to: plan.node) }.map(\.id)
        let reasons = Dictionary(grouping: ids) { staying[$0] ?? "on no memory device, nothing to eject" }
        for (reason, ids) in reasons.sorted(by: { $0.value[0] < $1.value[0] }) {
            plan.left.append(.blocks(ids, reason: reason))
        }
        let processors = trial[plan.node].cpus
        if !processors.isEmpty { plan.left.append(.processors(processors)) }
    }
}
