// SPDX-License-Identifier: Apache-2.0

import MemoryModel

/// The control `workload`: memory in use by somebody with a name.
enum WorkloadControl {
    private static let verbs = [
        "alloc": ["name", "kind", "pages", "order", "node", "block", "cpu", "fs"],
        "free": ["name", "pages"],
        "touch": ["name", "pages", "write"],
        "pin": ["name", "pages"],
        "unpin": ["name", "pages"],
        "stall": ["name"],
        "resume": ["name"],
        "background": ["name", "seed", "pages", "steps", "node"],
    ]

    /// What each workload holds, and where: `blocks=NUMBER:PAGES,...`.
    static func text(of machine: Machine) -> String {
        machine.workloadList.compactMap { machine.use(ofWorkload: $0.name) }.map(line).joined()
    }

    private static func line(_ use: WorkloadUse) -> String {
        var words = ["name=\(use.workload.name)", "kind=\(use.workload.kind.rawValue)", "pages=\(use.pages)"]
        if use.workload.order > 0 { words.append("order=\(use.workload.order)") }
        if let fileSystem = use.workload.fileSystem { words.append("fs=\(fileSystem.rawValue)") }
        if use.pinned > 0 { words.append("pinned=\(use.pinned)") }
        if use.isStalled { words.append("stalled=1") }
        words.append("blocks=" + Text.shares(use.blocks))
        return words.joined(separator: " ") + "\n"
    }

    /// The commands a write asks for.
    static func commands(in text: String) throws(Refusal) -> [Command] {
        try ControlLine.commands(in: text, verbs: verbs, command)
    }

    private static func command(_ line: ControlLine) throws(Refusal) -> Command {
        let name = try line.text("name")
        switch line.verb {
        case "free": return .free(name: name, pages: try line.optionalNumber("pages"))
        case "touch":
            let write = try line.number("write", default: 0) != 0
            return .touch(name: name, pages: try line.optionalNumber("pages"), write: write)
        case "pin", "unpin":
            return .pin(name: name, pages: try line.optionalNumber("pages"), line.verb == "pin")
        case "stall", "resume": return .stall(name: name, line.verb == "stall")
        case "background":
            return .background(
                BackgroundLoad(
                    name: name, seed: try line.number("seed", default: 1), pages: try line.number("pages"),
                    steps: Int(clamping: try line.number("steps", default: 100)), node: try node(line)))
        default: return .allocate(try workload(name, line))
        }
    }

    private static func workload(_ name: String, _ line: ControlLine) throws(Refusal) -> Workload {
        guard let kind = PageKind(rawValue: try line.text("kind")), PageKind.ofWorkloads.contains(kind) else {
            let known = PageKind.ofWorkloads.map(\.rawValue).joined(separator: ", ")
            throw Refusal(.invalid, "unknown kind: known are \(known)")
        }
        var block: BlockID?
        if let number = try line.optionalNumber("block") {
            guard let number = UInt32(exactly: number) else { throw Refusal(.noAddress, "no such block") }
            block = BlockID(number)
        }
        var fileSystem: FileSystem?
        if let word = line.optionalText("fs") {
            guard kind == .file else { throw Refusal(.invalid, "fs= is for kind=file") }
            guard let known = FileSystem(rawValue: word) else {
                let names = FileSystem.allCases.map(\.rawValue).joined(separator: ", ")
                throw Refusal(.invalid, "unknown file system: known are \(names)")
            }
            fileSystem = known
        }
        return Workload(
            name: name, kind: kind, block: block, node: try node(line), pages: try line.number("pages", default: 1),
            order: Int(clamping: try line.number("order", default: 0)),
            cpu: Int(clamping: try line.number("cpu", default: 0)), fileSystem: fileSystem)
    }

    private static func node(_ line: ControlLine) throws(Refusal) -> NodeID? {
        try line.optionalNumber("node").map { NodeID(Int(clamping: $0)) }
    }
}
