// SPDX-License-Identifier: Apache-2.0

import DequeModule
import FuseBridge
import Synchronization

/// Makes the kernel forget what it holds, one thing after the other, on a thread of its own: the kernel may wait for
/// requests to be answered first, which the serving thread does meanwhile. Used on that thread alone.
final class Invalidator {
    /// How many things have to be forgotten until a batch is.
    typealias Batch = UInt64

    private struct State {
        var queue: Deque<(item: Invalidation, isLast: Bool)> = []
        /// What is being forgotten, and since when.
        var current: (item: Invalidation, since: UInt64)?
        /// Which thread's turn it is; one that was left behind ends.
        var turn = 0
    }

    private final class Shared: Sendable {
        let state = Mutex(State())
        let finished = Atomic<Batch>(0)

        /// The next thing, if it is a thread's turn.
        func take(_ turn: Int) -> (item: Invalidation, isLast: Bool)? {
            state.withLock { state in
                guard state.turn == turn, let next = state.queue.popFirst() else { return nil }
                state.current = (next.item, FuseSession.now)
                return next
            }
        }

        func finish(_ turn: Int) {
            state.withLock { state in
                guard state.turn == turn else { return }
                state.current = nil
                finished.add(1, ordering: .releasing)
            }
        }
    }

    private let shared = Shared()
    private let session: FuseSession
    private var worker: Worker<Void>
    private var submitted: Batch = 0

    /// Starts the thread, which ends with ``end()``.
    init(_ session: FuseSession) {
        self.session = session
        worker = Self.worker(0, shared, session)
    }

    private static func worker(_ turn: Int, _ shared: Shared, _ session: FuseSession) -> Worker<Void> {
        Worker {
            while let next = shared.take(turn) {
                session.perform(next.item)
                shared.finish(turn)
                if next.isLast { session.wakeUp() }
            }
        }
    }

    /// Has a batch forgotten after all before it; the session is woken then.
    func submit(_ batch: [Invalidation]) -> Batch {
        submitted += Batch(batch.count)
        shared.state.withLock { state in
            for (index, item) in batch.enumerated() { state.queue.append((item, index == batch.count - 1)) }
        }
        worker.submit(())
        return submitted
    }

    /// How many things are forgotten.
    var finished: Batch { shared.finished.load(ordering: .acquiring) }

    /// Whether a batch is forgotten.
    func isDone(_ batch: Batch) -> Bool { finished >= batch }

    /// Passes over the contents of a file that somebody waits for whose answer is due here.
    ///
    /// The kernel locks a page for as long as it is read, and written if it holds nothing yet. So there is nothing in it
    /// to be forgotten, and whoever reads it next asks; but the thread waits, and the answer may wait for the thread.
    ///
    /// - Parameters:
    ///   - time: for how long the thread must have been at it.
    ///   - isAwaited: whether somebody waits to read or write a file.
    func passOver(after time: UInt64, where isAwaited: (UInt64) -> Bool) {
        let turn = shared.state.withLock { state -> Int? in
            guard let current = state.current, FuseSession.now - current.since >= time,
                case .contents(let inode) = current.item, isAwaited(inode)
            else { return nil }
            state.turn += 1
            state.current = nil
            shared.finished.add(1, ordering: .releasing)
            return state.turn
        }
        guard let turn else { return }
        worker.end()
        worker = Self.worker(turn, shared, session)
        worker.submit(())
    }

    /// Lets the thread end with what it is doing; what is left stays undone.
    func end() {
        shared.state.withLock { state in
            state.turn += 1
            state.queue = []
        }
        worker.end()
    }
}
