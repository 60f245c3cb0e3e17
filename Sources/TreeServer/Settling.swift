// SPDX-License-Identifier: Apache-2.0

import FuseBridge
import MemoryModel
import SysfsTree

/// What follows from a change, in order: the kernel forgets what is no longer so, then uevents go out, then whoever made
/// the change hears. Used on the serving thread alone.
final class Settling {
    /// Something to be done once the kernel has forgotten what it has to.
    private struct Step {
        let batch: Invalidator.Batch
        let since: UInt64
        let action: () -> Void
    }

    /// How long a step waits before somebody looks what for, in nanoseconds.
    private static let patience: UInt64 = 1_000_000
    /// How long it waits at most while nothing goes on: rather may somebody read what was than nobody ever write again.
    /// Whoever holds a lock that the messenger waits for may not have had a processor for a while.
    private static let limit: UInt64 = 5_000_000_000

    /// Whether somebody waits to read or write a file, by its number.
    var isAwaited: (UInt64) -> Bool = { _ in false }
    private var lastLook: UInt64 = 0
    /// How much had been forgotten when that was last looked at, and when it last was more.
    private var progress: (finished: Invalidator.Batch, at: UInt64) = (0, 0)

    /// Whom the kernel is told by; set once it is there. Weak, for it holds the file system that holds this.
    weak var session: FuseSession?
    /// Through whom; made when it is needed first, if nobody gave one.
    private var messenger: Messenger?
    private var invalidator: Invalidator?
    private var items: [Kept.Item] = []
    private var actions: [() -> Void] = []
    private var steps: [Step] = []

    /// - Parameter messenger: through whom the kernel is told; it has to have been started while the process was small.
    init(messenger: Messenger?) { self.messenger = messenger }

    /// Adds what is to be forgotten.
    func forget(_ items: [Kept.Item]) { self.items += items }

    /// Adds what is to be done once all that is forgotten.
    func afterwards(_ action: @escaping () -> Void) { actions.append(action) }

    /// Whether what is added now waits for anything.
    var isIdle: Bool { items.isEmpty && actions.isEmpty && steps.isEmpty }

    /// Does, or begins, what was added.
    func settle() {
        guard !items.isEmpty || !actions.isEmpty else { return }
        var seen: Set<Kept.Item> = []
        let items = self.items.filter { seen.insert($0).inserted }
        let actions = self.actions
        (self.items, self.actions) = ([], [])
        guard let session, mayWait(items), let invalidator = makeInvalidator(session) else {
            for item in items { session?.perform(Invalidation(item)) }
            for action in actions { action() }
            return
        }
        let batch = invalidator.submit(items.map(Invalidation.init))
        let now = FuseSession.now
        // Who asks whether all is done is to hear of what has no consequence, too.
        steps += (actions.isEmpty ? [{}] : actions).map { Step(batch: batch, since: now, action: $0) }
    }

    /// Whether the kernel may make who tells it wait, or others wait already.
    private func mayWait(_ items: [Kept.Item]) -> Bool {
        !steps.isEmpty || items.contains { Invalidation($0).mayWait }
    }

    private func makeInvalidator(_ session: FuseSession) -> Invalidator? {
        if invalidator == nil {
            messenger = messenger ?? Messenger()
            invalidator = messenger.flatMap { Invalidator(session, $0) }
        }
        return invalidator
    }

    /// When ``run()`` has something to do; 0 for now.
    var due: UInt64? {
        guard let step = steps.first else { return nil }
        return isDone(step) ? 0 : max(step.since, lastLook) + Self.patience
    }

    /// Takes the steps whose time has come.
    func run() {
        guard let first = steps.first else { return }
        let now = FuseSession.now
        if !isDone(first), max(first.since, lastLook) + Self.patience <= now {
            lastLook = now
            invalidator?.passOver(after: Self.patience, where: isAwaited)
        }
        let finished = invalidator?.finished ?? 0
        if finished != progress.finished { progress = (finished, now) }
        while let step = steps.first, isDone(step) || max(step.since, progress.at) + Self.limit <= now {
            steps.removeFirst()
            step.action()
        }
    }

    private func isDone(_ step: Step) -> Bool { invalidator?.isDone(step.batch) ?? true }

    /// Lets the messenger go.
    func end() { (invalidator, messenger) = (nil, nil) }
}

extension Invalidation {
    /// The same for the kernel.
    init(_ item: Kept.Item) {
        self =
            switch item {
            case .attributes(let inode): .attributes(inode.number)
            case .text(let inode): .contents(inode.number)
            case .listing(let inode): .listing(inode.number)
            case .name(let name, let directory): .entry(parent: directory.number, name: name)
            }
    }
}
