// SPDX-License-Identifier: Apache-2.0
// swift-format-ignore-file: NeverForceUnwrap

import Testing

@testable import MemoryModel

/// What is said of a machine, held against the machine.
private struct Sayings {
    let machine: Machine

    /// What is not so.
    var violations: [String] {
        var violations: [String] = []
        func expect(_ holds: Bool, _ what: @autoclosure () -> String) { if !holds { violations.append(what()) } }
        let runs = machine.blockRuns
        expect(
            runs.flatMap { ($0.blocks.lowerBound.rawValue...$0.blocks.upperBound.rawValue).map(BlockID.init) }
                == machine.blocks.map(\.id), "runs have other blocks than the machine")
        for block in machine.blocks {
            let filling = machine.filling(of: block)
            let total = filling.free + filling.movable + filling.staying + filling.reserved + filling.broken
            expect(
                total == (block.state == .offline ? 0 : UInt64(block.presentPages)),
                "\(block.id) has \(block.presentPages) pages, and \(filling) says others")
            violations += pageViolations(of: block, filling)
        }
        for node in machine.onlineNodes {
            guard let told = machine.explanation(ofNode: node.id) else {
                violations.append("nothing is said of \(node.id)")
                continue
            }
            let online = machine.blocks.filter { $0.links(to: node.id) && $0.content != nil }.count
            let kept = told.kept.reduce(0) {
                $0 + Int($1.blocks.upperBound.rawValue - $1.blocks.lowerBound.rawValue) + 1
            }
            expect(
                told.emptied + kept == online,
                "\(node.id) has \(online) blocks with pages")
            for zone in node.zones where zone.spanned > 0 {
                let said = machine.explanation(ofZone: zone.kind, on: node.id)
                let uses = said?.uses.reduce(0) { $0 + $1.pages }
                expect(
                    uses.map { $0 <= zone.present } ?? false, "\(node.id), \(zone.kind): \(String(describing: uses))")
            }
        }
        return violations
    }

    /// Runs of pages follow each other from the block's first page to its last, and count as it is said.
    private func pageViolations(of block: MemoryBlock, _ filling: BlockFilling) -> [String] {
        let runs = machine.pageRuns(of: block.id)
        guard block.content != nil else { return runs.isEmpty ? [] : ["\(block.id) is offline and has pages"] }
        let range = machine.pages(of: block.id)
        var (next, counts): (PageFrame, [PageRun.Use: UInt64]) = (range.lowerBound, [:])
        for run in runs {
            if run.pages.lowerBound != next {
                return ["\(block.id): pages \(next) to \(run.pages.lowerBound) are missing"]
            }
            next = run.pages.upperBound
            counts[run.use, default: 0] += UInt64(run.pages.count)
        }
        var violations = next == range.upperBound ? [] : ["\(block.id): runs end at \(next)"]
        let expected: [(UInt64, [PageRun.Use])] = [
            (filling.free, [.free, .stock]), (filling.movable, [.movable]), (filling.staying, [.staying, .map]),
            (filling.reserved, [.reserved]), (filling.broken, [.broken]),
        ]
        for (count, uses) in expected where uses.reduce(0, { $0 + (counts[$1] ?? 0) }) != count {
            violations.append("\(block.id): \(uses) are not \(count): \(counts)")
        }
        return violations
    }

    /// What is said would come of a write comes of it, and saying so changes nothing.
    func violations(of block: BlockID) -> [String] {
        let before = MachineState(machine)
        guard let told = machine.explanation(ofBlock: block) else { return ["nothing is said of \(block)"] }
        var violations = MachineState(machine) == before ? [] : ["explaining \(block) changes the machine"]
        let movable = told.holdings.reduce(0) { $1.hindrance == nil ? $0 + $1.pages : $0 }
        let moved = told.destinations.reduce(0) { $0 + $1.pages }
        // Pages go to where there is room, or nowhere.
        if told.block.zone != nil, told.block.state == .online, moved + told.homeless < movable {
            violations.append("\(block): \(movable) can move, \(moved) do, \(told.homeless) have no room")
        }
        guard told.block.state != .goingOffline, machine.blockGoingOffline == nil else { return violations }
        if told.block.state == .online, let node = machine.explanation(ofNode: told.block.node) {
            let isKept = node.kept.contains { $0.blocks.contains(block) }
            let goes = if case .done = told.attempts.first?.result { true } else { false }
            let isRefused = told.keepers.contains { [.cleared, .allowed].contains($0.until) }
            if isKept && goes || isRefused && !isKept {
                violations.append("\(block): the node says it is \(isKept ? "" : "not ")kept, and it is not so")
            }
        }
        for attempt in told.attempts {
            var trial = machine
            let outcome = trial.apply(.setState(block, attempt.type))
            let isSo =
                switch attempt.result {
                case .done(let zone):
                    outcome.refusal == nil && outcome.waiting == nil && trial.blocks[block]?.zone == zone
                case .waits: outcome.waiting != nil
                case .refused(let refusal): outcome.refusal == refusal
                }
            if !isSo { violations.append("\(block), \(attempt.type): \(attempt.result) is not \(outcome)") }
        }
        return violations
    }
}

@Suite struct `Explanations` {
    @Test(arguments: Machines.all.indices)
    func `say what is so, whatever happened to the machine`(index: Int) {
        let (name, description) = Machines.all[index]
        var machine = Machine(booting: description)
        var generator = RandomCommands(seed: 77 + UInt64(index))
        for step in 0..<400 {
            _ = machine.apply(generator.next(for: machine))
            guard step % 20 == 0 else { continue }
            let sayings = Sayings(machine: machine)
            var violations = sayings.violations
            for block in machine.blocks.map(\.id).enumerated().filter({ $0.offset % 7 == step / 20 % 7 }) {
                violations += sayings.violations(of: block.element)
            }
            #expect(violations.isEmpty, "machine \(name), step \(step): \(violations.prefix(5))")
            if !violations.isEmpty { return }
        }
    }

    @Test func `name whose pages keep a block, where the others would go, and what ends it`() throws {
        var machine = Machine(booting: Machines.twoNodes())
        try machine.run(
            .allocate(Workload(name: "db", kind: .anon, block: BlockID(5), pages: 300)),
            .allocate(Workload(name: "driver", kind: .dma, block: BlockID(5), pages: 2)))
        let told = try #require(machine.explanation(ofBlock: BlockID(5)))
        #expect(told.keepers == [BlockKeeper("2 dma pages of driver", until: .freed, workload: "driver")])
        #expect(told.holdings.map(\.owner).sorted() == ["db", "driver"])
        #expect(told.holdings.first { $0.owner == "db" }.map { $0.pages == 300 && $0.hindrance == nil } == true)
        #expect(told.destinations.map(\.node) == [NodeID(1)] && told.destinations.map(\.pages) == [300])
        guard case .refused(let refusal) = told.attempts.first?.result else {
            Issue.record("\(told.attempts)")
            return
        }
        #expect(refusal.errno == .busy)
        try machine.run(.free(name: "driver"))
        #expect(machine.explanation(ofBlock: BlockID(5))?.attempts.first?.result == .done(nil))
    }

    @Test func `tell to which zone each word would bring an offline block`() throws {
        var machine = Machine(booting: Machines.oneNode())
        try machine.probe(32...33)
        try machine.run(.state(33, .onlineMovable))
        let told = try #require(machine.explanation(ofBlock: BlockID(32)))
        #expect(told.attempts.map(\.type) == [.online, .onlineKernel, .onlineMovable])
        #expect(told.attempts.map(\.result) == [.done(.normal), .done(.normal), .done(.movable)])
        #expect(told.holdings.isEmpty && told.keepers.isEmpty)
    }

    @Test func `count an injected error among what keeps a block, and name what holds the lock`() throws {
        var machine = Machine(booting: Machines.twoNodes())
        try machine.run(.injectError(.goingOffline, .noMemory))
        let told = try #require(machine.explanation(ofBlock: BlockID(5)))
        #expect(told.keepers.map(\.until) == [.allowed])
        try machine.run(
            .injectError(.goingOffline, nil),
            .allocate(Workload(name: "db", kind: .anon, block: BlockID(5), pages: 9)), .pin(name: "db", true))
        #expect(machine.apply(.setState(BlockID(5), .offline)).waiting != nil)
        #expect(machine.explanation(ofBlock: BlockID(6))?.lockHolder == BlockID(5))
        guard case .waits(let reason) = machine.explanation(ofBlock: BlockID(5))?.attempts.first?.result else {
            Issue.record("it does not wait")
            return
        }
        #expect(reason.contains("pinned"))
    }

    @Test func `name the fault that would strike, and it is still to come`() throws {
        var machine = Machine(booting: Machines.twoNodes())
        try machine.run(.fault("name=no kind=offline errno=EAGAIN block=5"))
        for _ in 0..<2 {
            let told = try #require(machine.explanation(ofBlock: BlockID(5)))
            #expect(told.keepers == [BlockKeeper("fault no, of kind offline", until: .cleared, fault: "no")])
        }
        #expect(machine.errno(of: .setState(BlockID(5), .offline)) == .tryAgain)
        #expect(machine.explanation(ofBlock: BlockID(5))?.keepers.isEmpty == true)
    }

    @Test func `tell of a node and a zone what would refuse their blocks`() throws {
        var machine = Machine(booting: Machines.twoNodes())
        let before = try #require(machine.explanation(ofNode: NodeID(1)))
        #expect(before.emptied > 0)
        let block = try #require(before.blocks.first?.blocks.lowerBound)
        try machine.run(
            .fault("name=one kind=offline every=1 block=\(block.rawValue)"), .fault("name=other kind=online node=1"),
            .fault("name=moves kind=stuck node=1"))
        let struck = try #require(machine.explanation(ofNode: NodeID(1)))
        #expect(struck.emptied == before.emptied - 1)
        #expect(struck.kept.first { $0.blocks.contains(block) }?.keepers.map(\.fault) == ["one"])
        #expect(machine.explanation(ofBlock: block)?.keepers.map(\.fault) == ["one"])
        try machine.run(.injectError(.goingOffline, .noMemory))
        let told = try #require(machine.explanation(ofNode: NodeID(1)))
        #expect(told.emptied == 0)
        let kept = told.kept.filter { $0.keepers.contains { $0.until == .allowed } }.map(\.blocks)
        #expect(kept.first?.lowerBound == before.blocks.first?.blocks.lowerBound)
        #expect(kept.last?.upperBound == before.blocks.last?.blocks.upperBound)
        let zone = try #require(machine.explanation(ofZone: .dma32, on: NodeID(1)))
        #expect(zone.emptied == 0)
    }

    @Test func `know that memory with holes stays whatever is freed`() throws {
        let holey = Machines.all.lazy.map { Machine(booting: $0.1) }.compactMap { machine in
            machine.blocks.first { $0.state == .online && UInt64($0.presentPages) < machine.pagesPerBlock }.map {
                (machine, $0.id)
            }
        }
        let (machine, block) = try #require(holey.first)
        #expect(machine.explanation(ofBlock: block)?.keepers.map(\.until).contains(.filled) == true)
    }

    @Test func `are asked of what is there only`() throws {
        var machine = Machine(booting: Machines.oneNode())
        let wrong: [Question] = [
            .block(BlockID(900)), .pages(BlockID(900)), .node(NodeID(1)), .node(NodeID(77)),
            .zone(NodeID(0), .movable), .zone(NodeID(9), .normal),
        ]
        for question in wrong { #expect(machine.errno(of: .ask(question)) == .invalid, "\(question)") }
        #expect(machine.question == nil)
        try machine.run(.ask(.block(BlockID(1))))
        #expect(machine.question == .block(BlockID(1)))
    }

    @Test func `tell of a zone's span what is not in it`() throws {
        var machine = Machine(booting: Machines.oneNode())
        try machine.probe(32...32)
        try machine.probe(34...36)
        for block in [32, 35, 36] as [UInt32] { try machine.run(.state(block, .onlineMovable)) }
        let told = try #require(machine.explanation(ofZone: .movable, on: NodeID(0)))
        #expect(told.holes == [BlockID(33)...BlockID(33)])
        #expect(told.strangers.map(\.blocks) == [BlockID(34)...BlockID(34)])
        #expect(
            told.blocks.flatMap { [$0.blocks.lowerBound.rawValue, $0.blocks.upperBound.rawValue] } == [32, 32, 35, 36])
        #expect(told.emptied == 3 && told.kept.isEmpty)
    }
}
