// SPDX-License-Identifier: Apache-2.0

public import MemoryModel

/// The control `explain`: why memory is as it is, and what would have to happen for it to change.
enum ExplainControl {
    static let verbs = [
        ControlVerb(
            "block", "Asks why a block can go offline or cannot, which is tried on a copy of the machine.", [blockKey]),
        ControlVerb("pages", "Asks which pages are in a block.", [blockKey]),
        ControlVerb(
            "zone", "Asks what is in a zone of a node, and which of its blocks cannot go.",
            [
                nodeKey,
                ControlKey("zone", "The zone.", required: true, values: ZoneKind.allCases.map(\.name)),
            ]),
        ControlVerb("node", "Asks what is on a node, and which of its blocks cannot go.", [nodeKey]),
    ]
    private static let blockKey = ControlKey("block", "The number of the memory block.", required: true)
    private static let nodeKey = ControlKey("node", "The node.", required: true)

    /// The answer to the question asked last, made anew for the machine as it is; nothing once what was asked about is
    /// gone.
    static func text(of machine: Machine) -> String { machine.question.map(machine.explanationText) ?? "" }

    /// The command a line asks for.
    static func command(_ line: ControlLine, _: Machine) throws(Refusal) -> Command {
        switch line.verb {
        case "block": return .ask(.block(try block(line)))
        case "pages": return .ask(.pages(try block(line)))
        case "node": return .ask(.node(try node(line)))
        default:
            let name = try line.text("zone")
            guard let kind = ZoneKind.allCases.first(where: { $0.name == name }) else {
                throw Refusal(.invalid, "no zone is called \(name)")
            }
            return .ask(.zone(try node(line), kind))
        }
    }

    private static func block(_ line: ControlLine) throws(Refusal) -> BlockID {
        BlockID(UInt32(clamping: try line.number("block")))
    }

    private static func node(_ line: ControlLine) throws(Refusal) -> NodeID {
        NodeID(Int(clamping: try line.number("node")))
    }
}

extension Machine {
    /// The answer to a question, as the control `explain` reads; nothing if what it is about is not there.
    public func explanationText(_ question: Question) -> String {
        switch question {
        case .block(let id): explanation(ofBlock: id)?.controlText ?? ""
        case .pages(let id): blocks[id] == nil ? "" : pageText(of: id)
        case .zone(let node, let kind): explanation(ofZone: kind, on: node)?.controlText ?? ""
        case .node(let node): explanation(ofNode: node)?.controlText ?? ""
        }
    }

    /// The machine as the control `map` reads.
    public var mapText: String { MapText.text(of: self) }
}
