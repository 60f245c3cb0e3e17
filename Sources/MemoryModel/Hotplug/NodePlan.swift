// SPDX-License-Identifier: Apache-2.0

/// How all memory of a node can go: what to do in which order, where its pages move, and what keeps it (seed 004:
/// a section that holds structures of its node goes after the node's other sections; contents move to other nodes,
/// the nearest first).
public struct NodePlan: Sendable, Equatable {
    /// The node.
    public let node: NodeID
    /// What to do, in order. Each step can be done once those before it are.
    public internal(set) var steps: [Step] = []
    /// What keeps blocks online, by block; a block may have several causes.
    public internal(set) var blocked: [Blocked] = []
    /// What is left behind, offline, after the last step.
    public internal(set) var left: [Remainder] = []

    /// Whether no memory of the node stays online.
    public var isPossible: Bool { blocked.isEmpty }

    /// A step.
    public struct Step: Sendable, Equatable {
        /// What to do.
        public let action: Action
        /// Why it can be done now, or where the pages go and why there.
        public let reason: String
    }

    /// What can be done.
    public enum Action: Sendable, Equatable {
        /// Write `offline` to a block's `state`; its pages move.
        case offline(BlockID, [Move])
        /// Nothing to be done: with its last memory the node leaves the zonelists of all nodes (spec 11.6).
        case leaveZonelists
        /// Eject a memory device; its blocks go, and their memory maps are freed (spec 8.4).
        case eject(device: String, [BlockID])
        /// Unplug a container: its memory devices and blocks go, and its processors (spec 8.4).
        case ejectContainer(name: String, [BlockID])
        /// Nothing to be done: with its last block the node's own structures are freed, and it goes (spec 8.2).
        case removeNode
    }

    /// Pages that move to a node.
    public struct Move: Sendable, Equatable {
        /// Where they go.
        public let node: NodeID
        /// How many.
        public internal(set) var pages: UInt64
    }

    /// What keeps a block online.
    public struct Blocked: Sendable, Equatable {
        /// The block.
        public let block: BlockID
        /// What keeps it, and whose that is.
        public let cause: String
        /// When it no longer does.
        public let until: BlockKeeper.Until
    }

    /// Something that is offline and cannot be removed.
    public enum Remainder: Sendable, Equatable {
        /// Blocks that nothing can be ejected for, and why: they are on no memory device, or that stays.
        case blocks([BlockID], reason: String)
        /// The node's directory, because of its processors.
        case processors([Int])
    }
}

extension Machine {
    /// Tells how a node's memory can go: by trying, on a copy of the machine, so that it is what would happen.
    ///
    /// A removal that is under way and waits counts as given up.
    /// - Returns: an empty plan for a node that is not online.
    /// - Complexity: that of doing it.
    public func planRemoval(of node: NodeID) -> NodePlan {
        guard self.node(node)?.isOnline == true else { return NodePlan(node: node) }
        var trial = self
        trial.waiting = []
        // What goes wrong on demand is no property of the memory.
        trial.faults = FaultList()
        trial.latencies = Latencies()
        if let ticket = trial.underway?.ticket { trial.interrupt(ticket) }
        // An attempt that ends for want of room has moved pages. Only then is it worth a copy for each attempt.
        var hopeful = NodePlanner(trial, node, takesBack: false)
        if let plan = hopeful.make() { return plan }
        var careful = NodePlanner(trial, node, takesBack: true)
        return careful.make() ?? NodePlan(node: node)
    }

    /// Remembers which plan was asked for.
    ///
    /// - Throws: EINVAL for a node that is not online.
    mutating func askPlan(of node: NodeID) throws(Refusal) {
        try check(.node(node))
        planTarget = node
    }
}
