// SPDX-License-Identifier: Apache-2.0

/// The six events of the memory notifier chain (seed 002, chapter 8).
public enum MemoryAction: String, CaseIterable, Sendable, Codable {
    case goingOnline = "MEM_GOING_ONLINE"
    case cancelOnline = "MEM_CANCEL_ONLINE"
    case online = "MEM_ONLINE"
    case goingOffline = "MEM_GOING_OFFLINE"
    case cancelOffline = "MEM_CANCEL_OFFLINE"
    case offline = "MEM_OFFLINE"

    /// Whether a listener's error stops the operation; only the GOING events ask (spec 6).
    public var canBeRefused: Bool { self == .goingOnline || self == .goingOffline }
}

/// What a listener is told: the kernel's `struct memory_notify`.
public struct MemoryNotice: Sendable, Hashable, Codable {
    /// First page frame of the range.
    public let startPage: PageFrame
    /// Pages in it.
    public let pages: UInt64
    /// The node that gains or loses its place in `has_memory`, or nil (the kernel's -1).
    public let statusChangeNode: NodeID?
    /// The same for `has_normal_memory`.
    public let statusChangeNodeNormal: NodeID?
    /// The same for `has_high_memory`, on machines with HighMem; nil on others (seed 002, chapter 8).
    public let statusChangeNodeHigh: NodeID?

    init(
        startPage: PageFrame, pages: UInt64, statusChangeNode: NodeID?, statusChangeNodeNormal: NodeID?,
        statusChangeNodeHigh: NodeID? = nil
    ) {
        self.startPage = startPage
        self.pages = pages
        self.statusChangeNode = statusChangeNode
        self.statusChangeNodeNormal = statusChangeNodeNormal
        self.statusChangeNodeHigh = statusChangeNodeHigh
    }
}

/// A call of the chain, as the log keeps it.
public struct NotifierCall: Sendable, Hashable, Codable {
    /// Its number since boot, from 1.
    public let number: UInt64
    /// Which event.
    public let action: MemoryAction
    /// What listeners were told.
    public let notice: MemoryNotice
    /// What ended the round, if a listener objected.
    public let refusal: Refusal?
    /// Who objected.
    public let by: String?
}

/// A listener on the chain.
public struct MemoryListener: Sendable {
    /// Its name, for the log.
    public let name: String
    /// Listeners are called from the highest priority to the lowest, equal ones in order of registration.
    public let priority: Int
    /// Answers a notice: nil for no objection. Only the answer to a GOING event counts.
    public let call: @Sendable (MemoryAction, MemoryNotice) -> Errno?

    /// Makes a listener.
    public init(
        name: String, priority: Int, call: @escaping @Sendable (MemoryAction, MemoryNotice) -> Errno? = { _, _ in nil }
    ) {
        self.name = name
        self.priority = priority
        self.call = call
    }

    /// The listeners of a stock kernel and their priorities (spec 6, notifier order); none of them objects.
    static let stock = [
        MemoryListener(name: "ksm", priority: 100),
        MemoryListener(name: "memory-tiers", priority: 100),
        MemoryListener(name: "cpuset", priority: 10),
        MemoryListener(name: "overcommit-batch", priority: 10),
        MemoryListener(name: "slab", priority: 1),
        MemoryListener(name: "page-reserve", priority: 0),
        MemoryListener(name: "page-ext", priority: 0),
    ]
}

/// The chain, with the error injector (`notifier-error-inject`, spec 13) as its last stock listener.
public struct NotifierChain: Sendable {
    /// The listeners, in the order they are called.
    public private(set) var listeners: [MemoryListener] = MemoryListener.stock
    /// Injected errors, positive; an action that is not there is let through.
    public internal(set) var injected: [MemoryAction: Errno] = [:]

    init() {}

    /// The stock chain, with injected errors.
    init(injected: [MemoryAction: Errno]) { self.injected = injected }

    /// Puts a listener in its place.
    mutating func register(_ listener: MemoryListener) {
        let position = listeners.firstIndex { $0.priority < listener.priority } ?? listeners.count
        listeners.insert(listener, at: position)
    }

    /// Calls the chain. The first listener to object to a GOING event ends the round.
    ///
    /// - Returns: the objection, and the name of who made it.
    func notify(_ action: MemoryAction, _ notice: MemoryNotice) -> (errno: Errno, by: String)? {
        for listener in listeners {
            if let errno = listener.call(action, notice), action.canBeRefused { return (errno, listener.name) }
        }
        if let errno = injected[action] { return (errno, "memory-notifier-error-inject") }
        return nil
    }
}
