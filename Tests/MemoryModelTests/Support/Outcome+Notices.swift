// SPDX-License-Identifier: Apache-2.0

import MemoryModel

extension Outcome {
    /// The calls of the notifier chain, in order.
    var actions: [MemoryAction] {
        changes.compactMap { if case .notified(let action, _, _) = $0 { action } else { nil } }
    }

    /// What the calls of the chain were told.
    var notices: [MemoryNotice] {
        changes.compactMap { if case .notified(_, let notice, _) = $0 { notice } else { nil } }
    }

    /// What the first call of the chain was told.
    var notice: MemoryNotice? {
        for case .notified(_, let notice, _) in changes { return notice }
        return nil
    }
}
