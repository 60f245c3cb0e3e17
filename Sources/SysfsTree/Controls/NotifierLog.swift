// SPDX-License-Identifier: Apache-2.0

import MemoryModel

/// The file `notifiers`: who is on the memory notifier chain, and what the chain was told (spec 6; seed 002, chapter 8).
enum NotifierLog {
    static func text(of machine: Machine) -> String {
        let listeners = machine.notifiers.listeners.map { "listener \($0.name) priority=\($0.priority)\n" }
        let calls = machine.notifierLog.map { call in
            var words = [
                "\(call.number)", call.action.rawValue, "start_pfn=\(call.notice.startPage)",
                "nr_pages=\(call.notice.pages)",
            ]
            if !machine.rules.hasNodeNotifiers {
                words += [
                    "status_change_nid=\(node(call.notice.statusChangeNode))",
                    "status_change_nid_normal=\(node(call.notice.statusChangeNodeNormal))",
                    "status_change_nid_high=\(node(call.notice.statusChangeNodeHigh))",
                ]
            }
            if let refusal = call.refusal { words.append("refused=\(refusal.errno.rawValue) by=\(call.by ?? "")") }
            return words.joined(separator: " ") + "\n"
        }
        return (listeners + calls).joined()
    }

    private static func node(_ id: NodeID?) -> Int { id?.rawValue ?? -1 }
}
