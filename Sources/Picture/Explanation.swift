// SPDX-License-Identifier: Apache-2.0

/// An answer of the control `explain`, read back: in words for people, and as JSON.
public struct Explanation: Sendable {
    /// What was asked about.
    public enum Subject: Sendable, Hashable {
        /// A memory block.
        case block(Int)
        /// The pages of one.
        case pages(Int)
        /// A zone of a node.
        case zone(node: Int, name: String)
        /// A node.
        case node(Int)

        /// The line that asks the control.
        public var question: String {
            switch self {
            case .block(let number): "block block=\(number)"
            case .pages(let number): "pages block=\(number)"
            case .zone(let node, let name): "zone node=\(node) zone=\(name)"
            case .node(let number): "node node=\(number)"
            }
        }

        /// Its name.
        public var name: String {
            switch self {
            case .block(let number), .pages(let number): "memory\(number)"
            case .zone(let node, let name): "zone \(name) of node\(node)"
            case .node(let number): "node\(number)"
            }
        }
    }

    /// What was asked about.
    public let subject: Subject
    let first: ReportLine
    let lines: [ReportLine]
    private let last: ReportLine

    /// Reads an answer.
    ///
    /// - Returns: nil for one that is not whole, or for another question.
    public init?(_ text: String, about subject: Subject) {
        let all = ReportLine.lines(of: text)
        guard let first = all.first, let last = all.last, last["result"] != nil else { return nil }
        switch subject {
        case .block(let number): guard first.subject == "block", first["block"] == "\(number)" else { return nil }
        case .pages(let number): guard first.word == "pages", first["block"] == "\(number)" else { return nil }
        case .zone(let node, let name):
            guard first.subject == "zone", first["zone"] == name, first["node"] == "\(node)" else { return nil }
        case .node(let number): guard first.subject == "node", first["node"] == "\(number)" else { return nil }
        }
        (self.subject, self.first, self.last) = (subject, first, last)
        lines = Array(all.dropFirst().dropLast())
    }

    /// The word that sums it up: of a block possible, waits, refused or offline; of a zone or node possible or kept.
    public var result: String { last["result"] ?? "" }
    /// Of a zone or node: how many of its blocks can be emptied.
    var emptied: Int { last.number("emptied") }

    func lines(_ subject: String) -> [ReportLine] { lines.filter { $0.subject == subject } }

    /// One object: what was asked, the answer's lines by what they are about, and the result.
    public var json: String {
        var members = ["  \"subject\": " + Self.object(first)]
        var seen: [String] = []
        for line in lines where !seen.contains(line.subject) { seen.append(line.subject) }
        for subject in seen {
            members.append("  \(JSONText.text(subject)): " + JSONText.array(lines(subject).map(Self.object)))
        }
        members.append("  \"result\": \(JSONText.text(result))")
        if last["emptied"] != nil { members.append("  \"emptied\": \(emptied)") }
        return "{\n" + members.joined(separator: ",\n") + "\n}\n"
    }

    private static func object(_ line: ReportLine) -> String {
        JSONText.object(
            line.pairs.map { pair in
                let isNumber = pair.value.allSatisfy { $0.isASCII && $0.isNumber } && Int(pair.value) != nil
                return (pair.key, isNumber && pair.key != "block" ? pair.value : JSONText.text(pair.value))
            })
    }
}
