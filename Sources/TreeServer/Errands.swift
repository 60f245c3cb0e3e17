// SPDX-License-Identifier: Apache-2.0

import SysfsTree
import Synchronization

/// What other threads want done with the machine: it waits here for the thread that serves the tree, the only one that
/// touches the machine.
final class Errands: Chore, Sendable {
    typealias Errand = @Sendable (TreeSession) -> Void

    private let waiting = Mutex<[Errand]>([])
    /// Asked before every request, so without a lock.
    private let isDue = Atomic<Bool>(false)
    // Used in `run` alone, which is the serving thread's.
    private nonisolated(unsafe) let session: TreeSession

    init(session: TreeSession) { self.session = session }

    /// Leaves an errand, from any thread; somebody has to wake the serving one.
    func leave(_ errand: @escaping Errand) {
        waiting.withLock { $0.append(errand) }
        isDue.store(true, ordering: .releasing)
    }

    var due: UInt64? { isDue.load(ordering: .acquiring) ? 0 : nil }

    func run() {
        isDue.store(false, ordering: .releasing)
        let errands = waiting.withLock { waiting in
            defer { waiting = [] }
            return waiting
        }
        for errand in errands { errand(session) }
    }
}
