// SPDX-License-Identifier: Apache-2.0

/// Faults on demand: where they strike what the machine does.
extension Machine {
    /// The faults that were set, in that order, with what became of them.
    public var faultList: [ActiveFault] { faults.active }

    /// Sets a fault, in place of one of its name.
    mutating func set(_ fault: Fault) throws(Refusal) {
        try faults.set(fault.seeded(parameters.seed))
        changes.append(.settingChanged)
    }

    /// Forgets a fault, or all; what it held back goes on.
    ///
    /// - Throws: ENOENT where there is none of the name.
    mutating func clearFaults(_ name: String?) throws(Refusal) {
        try faults.clear(name)
        changes.append(.settingChanged)
    }

    /// Whether a fault of a kind strikes one of some blocks, which are on a node.
    mutating func strike(_ kind: FaultKind, _ blocks: ClosedRange<BlockID>, on node: NodeID) -> ActiveFault? {
        guard !faults.active.isEmpty else { return nil }
        let struck = faults.strike { fault in
            fault.kind == kind && fault.blocks?.overlaps(blocks) ?? true && fault.node ?? node == node
        }
        guard let struck else { return nil }
        let first = max(blocks.lowerBound, struck.fault.blocks?.lowerBound ?? blocks.lowerBound)
        changes.append(.faulted(FaultHit(fault: struck.fault, subject: .block(first))))
        return struck
    }

    /// The objection that a fault makes in the notifier chain, as a driver in it would.
    mutating func objection(to action: MemoryAction, _ notice: MemoryNotice) -> (errno: Errno, by: String)? {
        guard action.canBeRefused, !faults.active.isEmpty else { return nil }
        let id = block(ofPage: notice.startPage)
        guard let node = blocks[id]?.node else { return nil }
        let kind: FaultKind = action == .goingOnline ? .online : .offline
        guard let fault = strike(kind, id...id, on: node)?.fault, let errno = fault.errno else { return nil }
        return (errno, "fault \(fault.name)")
    }

    /// What faults make of an offlining that has pages to move.
    mutating func strike(_ offlining: inout Offlining, on node: NodeID) {
        let block = offlining.block...offlining.block
        if let stuck = strike(.stuck, block, on: node) {
            let until = stuck.fault.time.map { _ in clock + stuck.fault.milliseconds }
            offlining.stuck = Offlining.Stuck(fault: stuck.id, name: stuck.fault.name, until: until)
        }
        if let slow = strike(.slow, block, on: node), let time = slow.fault.time {
            offlining.pace = Offlining.Pace(fault: slow.id, name: slow.fault.name, time: time, began: clock)
        }
    }
}

extension Machine {
    /// Lets go of what faults keep that were cleared, or whose time is over.
    func endFaults(_ offlining: inout Offlining) {
        if let stuck = offlining.stuck, !faults.has(stuck.fault) || stuck.until.map({ $0 <= clock }) ?? false {
            offlining.stuck = nil
        }
        if let pace = offlining.pace, !faults.has(pace.fault) { offlining.pace = nil }
    }

    /// What a block waits for after an attempt to empty it, in words.
    func reason(after attempt: PageAllocator.Attempt, _ offlining: Offlining) -> String {
        if attempt.isCut, let pace = offlining.pace {
            return "each page takes \(Fault.text(pace.time)) to migrate (fault \(pace.name))"
        }
        guard let hindrance = attempt.hindrance else { return "pages are still in use" }
        guard case .stuck = hindrance, let stuck = offlining.stuck else { return describe(hindrance) }
        return "\(describe(hindrance)) (fault \(stuck.name))"
    }
}

extension Offlining {
    /// Notes how many page frames an attempt moved, and when it is time for more.
    mutating func note(_ attempt: PageAllocator.Attempt, left: Int) {
        guard var pace else { return }
        pace.moved += attempt.moved.reduce(0) { $0 + $1.frames }
        pace.due = attempt.isCut ? pace.due(for: left) : nil
        self.pace = pace
    }

    /// A page that will not migrate.
    struct Stuck: Hashable, Sendable, Codable {
        /// The fault's number and name.
        let fault: UInt64
        let name: String
        /// When it lets go, on the machine's clock; nil for never by itself.
        let until: UInt64?
    }

    /// How slowly pages move.
    struct Pace: Hashable, Sendable, Codable {
        /// The fault's number and name.
        let fault: UInt64
        let name: String
        /// What each page takes, in microseconds.
        let time: UInt64
        /// When it began, on the machine's clock.
        let began: UInt64
        /// Page frames that have moved.
        var moved: UInt64 = 0
        /// When the next of them have, on the machine's clock; nil while it is not time that they wait for.
        var due: UInt64?

        /// At most so often, in microseconds, somebody looks: what is quicker moves several at a time.
        private static let step: UInt64 = 20_000

        /// How many page frames may move by now, beyond those that have.
        func allowance(at clock: UInt64) -> Int {
            let (all, wraps) = (clock - began).multipliedReportingOverflow(by: 1000)
            return Int(clamping: (wraps ? .max : all) / time) - Int(clamping: moved)
        }

        /// When some of those that are left have had their time.
        func due(for left: Int) -> UInt64 {
            let several = min(max(1, Self.step / time), UInt64(max(1, left)))
            return began + ((moved + several) * time + 999) / 1000
        }
    }
}

extension PageAllocator {
    /// Page frames of a block that are not free.
    func framesLeft(in number: Int) -> Int {
        switch store.contents[number].form {
        case .used: layout.pagesPerBlock
        case .paged: layout.pagesPerBlock - store.slots[store.base(of: number) >> layout.blockOrder].free
        case .free, .reserved, .vacant: 0
        }
    }
}
