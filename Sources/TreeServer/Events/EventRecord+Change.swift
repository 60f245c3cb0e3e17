// SPDX-License-Identifier: Apache-2.0

import MemoryModel
import Uevents

extension EventRecord {
    typealias Values = [(key: String, value: Value)]

    /// What a change is told as; nil for one that other changes tell already.
    static func telling(_ change: Change) -> (kind: Kind, values: Values)? {
        switch change {
        case .stateChanged(let block, let state):
            return (.state, [("block", .text("\(block)")), ("state", .text(state.rawValue))])
        case .notified(let action, let notice, let refused): return (.notifier, values(action, notice, refused))
        case .pagesMoved(let block, let frames, let node, let zone):
            return (
                .migration,
                [
                    ("block", .text("\(block)")), ("pages", .number(Int64(clamping: frames))),
                    ("node", .number(Int64(node.rawValue))), ("zone", .text(zone.name)),
                ]
            )
        case .pagesStay(let block, let reason):
            return (.waiting, [("block", .text("\(block)")), ("reason", .text(reason))])
        case .zoneChanged(let node, let zone):
            return (.zone, [("node", .number(Int64(node.rawValue))), ("zone", .text(zone.name))])
        case .workloadChanged(let name): return (.workload, [("name", .text(name))])
        case .pagePoisoned(let frame): return (.poison, [("pfn", .number(Int64(clamping: frame)))])
        case .reported(let report):
            return (
                .firmware,
                [
                    ("device", .text(report.device)), ("event", .text("\(report.event)")),
                    ("status", .text("\(report.status)")),
                ]
            )
        case .faulted(let hit): return (.fault, values(hit))
        case .announced(_, let times) where times > 1: return nil
        case .refused(let refusal): return (.refused, values(refusal))
        case .deviceChanged, .settingChanged: return nil
        default:
            guard let uevent = Uevent(change) else { return nil }
            return (.uevent, uevent.variables.map(variable))
        }
    }

    /// What a refused write is told as.
    static func refusedWrite(file: String, text: String, _ refusal: Refusal) -> (kind: Kind, values: Values) {
        (.refused, [("file", .text(file)), ("text", .text(text))] + values(refusal))
    }

    /// What lost uevents are told as.
    static func lost(_ loss: Loss) -> (kind: Kind, values: Values) {
        (
            .lost,
            [("listener", .number(Int64(loss.listener))), ("uevents", .number(Int64(clamping: loss.uevents)))]
        )
    }

    private static func variable(_ word: String) -> (key: String, value: Value) {
        let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        return (parts[0], .text(parts.count > 1 ? parts[1] : ""))
    }

    private static func values(_ action: MemoryAction, _ notice: MemoryNotice, _ refused: Refusal?) -> Values {
        func node(_ id: NodeID?) -> Value { .number(Int64(id?.rawValue ?? -1)) }
        let values: Values = [
            ("action", .text(action.rawValue)), ("start_pfn", .number(Int64(clamping: notice.startPage))),
            ("nr_pages", .number(Int64(clamping: notice.pages))), ("status_change_nid", node(notice.statusChangeNode)),
            ("status_change_nid_normal", node(notice.statusChangeNodeNormal)),
            ("status_change_nid_high", node(notice.statusChangeNodeHigh)),
        ]
        return values + (refused.map(Self.values) ?? [])
    }

    /// The fault, what it struck, and what it did: its errno, how long, how many.
    private static func values(_ hit: FaultHit) -> Values {
        var values: Values = [("name", .text(hit.fault.name)), ("fault", .text(hit.fault.kind.rawValue))]
        switch hit.subject {
        case .block(let block): values.append(("block", .text("\(block)")))
        case .uevent(let announcement):
            let uevent = Uevent(announcement.action, of: announcement.object, arguments: announcement.arguments)
            values += (uevent?.variables ?? []).map(variable)
        }
        if let errno = hit.fault.errno { values.append(("errno", .number(Int64(errno.rawValue)))) }
        if hit.fault.time != nil { values.append(("delay", .text(hit.fault.timeText))) }
        if let uevents = hit.fault.uevents { values.append(("uevents", .number(Int64(clamping: uevents)))) }
        return values
    }

    private static func values(_ refusal: Refusal) -> Values {
        [("errno", .number(Int64(refusal.errno.rawValue))), ("reason", .text(refusal.reason))]
    }
}
