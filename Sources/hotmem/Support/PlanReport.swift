// SPDX-License-Identifier: Apache-2.0

import Picture

/// A plan as the control file tells it, read back: for people, and as JSON.
struct PlanReport {
    private let lines: [ReportLine]

    /// - Parameter text: what the control `plan` reads; empty where nothing was asked.
    init(_ text: String) { lines = ReportLine.lines(of: text) }

    private var node: String { lines.first?["node"] ?? "" }
    private var steps: [ReportLine] { lines.filter { $0["step"] != nil } }
    private var left: [ReportLine] { lines.filter { $0.word == "left" } }
    private var blocked: [ReportLine] { lines.filter { $0.word == "blocked" } }
    /// Whether it is the plan for a node, and has its last line, so that nothing of it is missing.
    func isWhole(for node: Int) -> Bool { self.node == "\(node)" && lines.last?["result"] != nil }
    /// Whether no memory of the node stays online.
    var isPossible: Bool { lines.last?["result"] == "possible" }

    // MARK: For people

    var text: String {
        var text = isPossible ? "node\(node) can be removed" : "node\(node) cannot be removed"
        text += steps.isEmpty ? "; there is nothing to do.\n" : ":\n"
        let sentences = sentences
        let width = sentences.map(\.numbers.count).max() ?? 0
        for (numbers, sentence) in sentences {
            text += "  " + String(repeating: " ", count: width - numbers.count) + numbers + "  \(sentence)\n"
        }
        if !left.isEmpty { text += "Left behind, offline:\n" }
        for line in left {
            text += "  \(line["block"].map { "memory\($0)" } ?? "node\(node)"): \(line["reason"] ?? "")\n"
        }
        if !blocked.isEmpty { text += "What keeps the rest:\n" }
        for line in blocked { text += "  memory\(line["block"] ?? ""): \(line["by"] ?? "") (\(Self.end(of: line)))\n" }
        return text
    }

    /// The steps in words. A row of blocks that have nothing to move is one sentence.
    private var sentences: [(numbers: String, sentence: String)] {
        var runs: [(first: ReportLine, last: ReportLine)] = []
        for step in steps {
            if let run = runs.last, Self.follows(step, run.last) {
                runs[runs.count - 1].last = step
            } else {
                runs.append((step, step))
            }
        }
        return runs.map { first, last in
            let (number, block) = (first["step"] ?? "", first["block"] ?? "")
            guard let end = last["step"], end != number else { return (number, sentence(of: first, blocks: block)) }
            return ("\(number)-\(end)", sentence(of: first, blocks: "\(block)-\(last["block"] ?? "")"))
        }
    }

    private static func follows(_ step: ReportLine, _ previous: ReportLine) -> Bool {
        guard let block = step["block"].flatMap({ Int($0) }), let before = previous["block"].flatMap({ Int($0) }) else {
            return false
        }
        return block == before + 1 && step["pages"] == "0" && previous["pages"] == "0"
            && step["do"] == previous["do"] && step["reason"] == previous["reason"]
    }

    private func sentence(of step: ReportLine, blocks: String) -> String {
        let reason = step["reason"].map { " (\($0))" } ?? ""
        switch step["do"] {
        case "offline":
            let to = (step["to"] ?? "").split(separator: ",").map {
                $0.split(separator: ":").reversed().joined(separator: " pages to ")
            }
            let moves = to.isEmpty ? "" : ", moving " + to.joined(separator: " and ")
            return "offline memory\(blocks)\(moves)\(reason)"
        case "leave-zonelists": return "node\(node) leaves the zonelists of all nodes by itself\(reason)"
        case "eject": return "eject \(step["device"] ?? step["container"] ?? ""), memory\(blocks)\(reason)"
        case "remove-node": return "node\(node) goes by itself\(reason)"
        default: return (step["do"] ?? "") + reason
        }
    }

    private static func end(of line: ReportLine) -> String {
        switch line["until"] {
        case "never", "filled": "for good"
        case "removed": "until they are removed"
        case "room": "until there is room"
        case let until?: "until \(until)"
        case nil: "for now"
        }
    }

    // MARK: For programs

    var json: String {
        let members = [
            "  \"node\": \(Int(node) ?? -1)", "  \"result\": \(JSONText.text(lines.last?["result"] ?? ""))",
            "  \"steps\": \(Self.array(of: steps))", "  \"left\": \(Self.array(of: left))",
            "  \"blocked\": \(Self.array(of: blocked))",
        ]
        return "{\n" + members.joined(separator: ",\n") + "\n}\n"
    }

    private static func array(of lines: [ReportLine]) -> String {
        guard !lines.isEmpty else { return "[]" }
        return "[\n" + lines.map { "    {\(object(of: $0))}" }.joined(separator: ",\n") + "\n  ]"
    }

    private static func object(of line: ReportLine) -> String {
        line.pairs.map { "\(JSONText.text($0.key)): \(value($0.key, $0.value))" }.joined(separator: ", ")
    }

    /// Counts are numbers and destinations an object; blocks are text, for they may be ranges.
    private static func value(_ key: String, _ value: String) -> String {
        switch key {
        case "step", "pages", "node": return Int(value).map(String.init) ?? JSONText.text(value)
        case "to":
            let items = value.split(separator: ",").map { item in
                let parts = item.split(separator: ":").map(String.init)
                return "\(JSONText.text(parts.first ?? "")): \(parts.last.flatMap { Int($0) } ?? 0)"
            }
            return "{" + items.joined(separator: ", ") + "}"
        default: return JSONText.text(value)
        }
    }
}
