// SPDX-License-Identifier: Apache-2.0

import MemoryModel

// The answers of the control `explain`: what was asked first, then a line each for what was found, and `result=` last.

extension BlockExplanation {
    /// The answer about a block.
    var controlText: String {
        var first = "block=\(block.id.rawValue) node=\(block.node.rawValue) state=\(block.state.rawValue)"
        if let zone = block.zone { first += " zone=\(zone.name)" }
        first += " present=\(block.presentPages)" + MapText.words(of: filling, isOnline: block.state != .offline)
        var lines = [first]
        if let lockHolder { lines.append("lock block=\(lockHolder.rawValue)") }
        for holding in holdings {
            lines.append(
                "holds owner=\"\(holding.owner)\" kind=\(holding.kind.rawValue) pages=\(holding.pages) pfn=\(holding.first)"
                    + (holding.hindrance.map { " why=\"\($0)\"" } ?? ""))
        }
        for place in destinations {
            lines.append(
                "to node=\(place.node.rawValue) zone=\(place.zone.name) pages=\(place.pages) distance=\(place.distance)"
            )
        }
        if homeless > 0 { lines.append("homeless pages=\(homeless)") }
        lines += keepers.map(\.controlLine)
        lines += attempts.map { "try type=\($0.type.rawValue) " + $0.result.words }
        return (lines + ["result=\(summary)"]).joined(separator: "\n") + "\n"
    }

    private var summary: String {
        guard block.state != .offline else {
            return attempts.contains { $0.result.isDone } ? "offline" : "refused"
        }
        switch attempts.first?.result {
        case .done: return "possible"
        case .waits: return "waits"
        case .refused, nil: return "refused"
        }
    }
}

extension BlockExplanation.Result {
    fileprivate var isDone: Bool { if case .done = self { true } else { false } }

    fileprivate var words: String {
        switch self {
        case .done(let zone): "comes=done" + (zone.map { " zone=\($0.name)" } ?? "")
        case .waits(let reason): "comes=waits reason=\"\(reason)\""
        case .refused(let refusal): "comes=refused errno=\(refusal.errno.rawValue) reason=\"\(refusal.reason)\""
        }
    }
}

extension BlockKeeper {
    fileprivate var controlLine: String {
        "kept by=\"\(cause)\" until=\(until.rawValue)" + (workload.map { " workload=\"\($0)\"" } ?? "")
            + (fault.map { " fault=\"\($0)\"" } ?? "") + (action.map { " action=\($0.rawValue)" } ?? "")
    }
}

extension [KeptBlocks] {
    /// What keeps blocks, and how many others there are: the end of an answer.
    fileprivate func endLines(emptied: Int) -> [String] {
        flatMap { kept in kept.keepers.map { $0.controlLine + " block=\(MapText.range(kept.blocks))" } }
            + ["result=" + (isEmpty ? "possible" : "kept") + " emptied=\(emptied)"]
    }
}

extension ZoneExplanation {
    /// The answer about a zone.
    var controlText: String {
        var lines = [
            MapText.words(of: zone, on: node)
                + " min=\(watermarks.min) low=\(watermarks.low) high=\(watermarks.high)"
        ]
        lines += blocks.map(MapText.words)
        lines += strangers.map { "stranger " + MapText.words(of: $0) }
        lines += holes.map { "hole block=\(MapText.range($0))" }
        lines += uses.map { "uses kind=\($0.kind.rawValue) pages=\($0.pages)" }
        return (lines + kept.endLines(emptied: emptied)).joined(separator: "\n") + "\n"
    }
}

extension NodeExplanation {
    /// The answer about a node.
    var controlText: String {
        var lines = [
            "node=\(node.id.rawValue)" + (node.cpus.isEmpty ? "" : " cpus=\(Text.list(node.cpus))")
                + " present=\(node.present) managed=\(node.managed) free=\(node.free)"
        ]
        lines += node.zones.filter { $0.spanned > 0 }.map { MapText.words(of: $0, on: node.id) }
        lines += blocks.map(MapText.words)
        lines += fallback.map { "fallback node=\($0.node.rawValue) distance=\($0.distance)" }
        lines += fixed.map { "fixed block=\(MapText.range($0))" }
        return (lines + kept.endLines(emptied: emptied)).joined(separator: "\n") + "\n"
    }
}

extension Machine {
    /// The answer about the pages of a block.
    func pageText(of id: BlockID) -> String {
        var lines = ["pages block=\(id.rawValue)"]
        for run in pageRuns(of: id) {
            var line = "pfn=\(run.pages.lowerBound)-\(run.pages.upperBound - 1) use=\(run.use.rawValue)"
            if let type = run.type { line += " type=\(type.name)" }
            if run.order > 0 { line += " order=\(run.order)" }
            if let owner = run.owner { line += " owner=\"\(owner)\"" }
            if let kind = run.kind { line += " kind=\(kind.rawValue)" }
            if run.isPinned { line += " pinned=1" }
            lines.append(line)
        }
        return (lines + ["result=\(blocks[id]?.state.rawValue ?? "")"]).joined(separator: "\n") + "\n"
    }
}
