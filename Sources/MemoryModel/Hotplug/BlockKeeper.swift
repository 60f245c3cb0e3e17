// SPDX-License-Identifier: Apache-2.0

/// Something that keeps a block online; or offline, where it is that.
public struct BlockKeeper: Sendable, Equatable {
    /// What it is, and whose that is.
    public let cause: String
    /// When it no longer does.
    public let until: Until
    /// The workload whose pages it is, if it is one's.
    public let workload: String?
    /// The fault that it is, if it is one.
    public let fault: String?
    /// The action of the notifier chain that it is an error of, if it is one.
    public let action: MemoryAction?

    /// When something that keeps a block online is over.
    public enum Until: String, CaseIterable, Sendable {
        /// Not before the machine boots again.
        case never
        /// On a machine whose memory fills the block.
        case filled
        /// When the blocks whose memory map it is were removed.
        case removed
        /// When its owner frees it.
        case freed
        /// When its owner unpins it.
        case unpinned
        /// When its I/O goes on.
        case resumed
        /// When there is room elsewhere.
        case room
        /// When no listener on the notifier chain objects.
        case allowed
        /// When a fault is cleared.
        case cleared
    }

    /// A fault, which keeps what it strikes.
    init(_ fault: Fault) {
        let time = fault.time.map { ", " + Fault.text($0) + (fault.kind == .slow ? " a page" : "") } ?? ""
        self.init("fault \(fault.name), of kind \(fault.kind.rawValue)\(time)", until: .cleared, fault: fault.name)
    }

    /// An error that somebody has an action fail with.
    init(_ errno: Errno, injectedInto action: MemoryAction) {
        self.init(
            "an error injected into \(action.rawValue) (errno \(errno.rawValue))", until: .allowed, action: action)
    }

    init(
        _ cause: String, until: Until, workload: String? = nil, fault: String? = nil, action: MemoryAction? = nil
    ) {
        (self.cause, self.until, self.workload) = (cause, until, workload)
        (self.fault, self.action) = (fault, action)
    }
}

extension Machine {
    /// Everything in an online block that does not move, as a survey found it.
    func keepers(of block: MemoryBlock, _ survey: BlockSurvey) -> [BlockKeeper] {
        var keepers: [BlockKeeper] = []
        if UInt64(block.presentPages) < pagesPerBlock { keepers.append(BlockKeeper("memory holes", until: .filled)) }
        keepers += survey.reserved.map { BlockKeeper(cause(ofReserved: $0), until: .never) }
        let held = pages.memoryMaps(in: survey)
        if !held.isEmpty {
            // What is on no device, as what probe added, can go offline and stays there.
            let canGo = held.allSatisfy { blocks[$0]?.device != nil }
            keepers.append(BlockKeeper("memory map of \(BlockID.list(held))", until: canGo ? .removed : .never))
        }
        keepers += survey.stuck.lazy.filter { pages.owners[$0.owner].mapOf == nil }.compactMap(keeper)
        return keepers
    }

    private func cause(ofReserved frames: Range<PageFrame>) -> String {
        let kinds: [String] = bootReservations.filter { $0.pages.overlaps(frames) }.map { reservation in
            switch reservation.kind {
            case .nomap: "memory that is not mapped"
            case .low: "low memory"
            case .image: "kernel image"
            case .memmap(let node): "boot's memory map of \(node)"
            case .nodeData(let node): "node data of \(node)"
            }
        }
        let what = kinds.isEmpty ? "boot" : kinds.joined(separator: " and ")
        return "\(what), \(frames.count) page\(frames.count == 1 ? "" : "s") reserved since boot"
    }

    /// What keeps pages of one owner; nil for those that can move.
    private func keeper(_ holding: BlockSurvey.Holding) -> BlockKeeper? {
        guard let hindrance = holding.hindrance else { return nil }
        let (name, kind) = (self.pages.owners[holding.owner].name, self.pages.owners[holding.owner].kind)
        func pages(_ kind: String = "") -> String {
            "\(holding.frames) \(kind)page\(holding.frames == 1 ? "" : "s")"
        }
        func keeper(_ cause: String, _ until: BlockKeeper.Until) -> BlockKeeper {
            BlockKeeper(cause, until: until, workload: PageKind.ofWorkloads.contains(kind) ? name : nil)
        }
        return switch hindrance {
        case .never: keeper("\(pages(kind.rawValue + " ")) of \(name)", .freed)
        case .pinned, .stuck: keeper("\(pages("pinned ")) of \(name)", .unpinned)
        case .stalled: keeper("\(pages()) of \(name), I/O on which does not end", .resumed)
        case .notFound, .privateData: keeper("\(pages()): " + describe(hindrance), .freed)
        case .noRoom: keeper("no room elsewhere for \(pages()) of \(name)", .room)
        }
    }
}
