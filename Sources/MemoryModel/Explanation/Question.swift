// SPDX-License-Identifier: Apache-2.0

/// What is to be explained.
public enum Question: Hashable, Sendable, Codable {
    /// Why a block can go offline or online, or cannot.
    case block(BlockID)
    /// Which pages are in a block.
    case pages(BlockID)
    /// What is in a node's zone, and keeps it.
    case zone(NodeID, ZoneKind)
    /// What is on a node, and keeps it.
    case node(NodeID)
}

extension Machine {
    /// Whether a command only asks something, of what is there: it changes nothing but what the answer is about.
    public func answers(_ command: Command) -> Bool {
        do throws(Refusal) {
            switch command {
            case .ask(let question): try check(question)
            case .plan(let node): try check(.node(node))
            default: return false
            }
            return true
        } catch { return false }
    }

    /// Remembers what is to be explained.
    ///
    /// - Throws: EINVAL for a block that is not there, a node that is not online, or a zone that has no pages.
    mutating func ask(_ question: Question) throws(Refusal) {
        try check(question)
        self.question = question
    }

    /// - Throws: as ``ask(_:)``.
    func check(_ question: Question) throws(Refusal) {
        switch question {
        case .block(let id), .pages(let id):
            guard blocks[id] != nil else { throw Refusal(.invalid, "\(id) is not there") }
        case .node(let id):
            guard node(id)?.isOnline == true else { throw Refusal(.invalid, "\(id) is not online") }
        case .zone(let id, let kind):
            guard node(id)?.isOnline == true else { throw Refusal(.invalid, "\(id) is not online") }
            guard node(id)?.zone(kind)?.spanned ?? 0 > 0 else {
                throw Refusal(.invalid, "\(id) has no memory in zone \(kind.name)")
            }
        }
    }
}
