// SPDX-License-Identifier: Apache-2.0

import MemoryModel

extension Change {
    /// The change in words, for those who follow what the machine does step by step; nil for what uevents say already.
    var words: String? {
        switch self {
        case .stateChanged(let block, let state): "\(block) is \(state.rawValue)"
        case .notified(let action, let notice, let refused):
            "notifier chain: \(action.rawValue), page frames from \(notice.startPage), \(notice.pages) pages"
                + (refused.map { ", refused: \($0)" } ?? "")
        case .pagesMoved(let block, let frames, let node, let zone):
            "\(frames) pages of \(block) moved to \(node), zone \(zone.name)"
        case .pagesStay(let block, let reason): "\(block) waits: \(reason)"
        case .zoneChanged(let node, let zone): "\(node), zone \(zone.name): span and pages changed"
        case .nodeRemoved(let node): "\(node) is gone, from all zonelists too"
        case .reported(let report):
            "the firmware was told of \(report.device): \(report.event), \(report.status)"
        default: nil
        }
    }
}
