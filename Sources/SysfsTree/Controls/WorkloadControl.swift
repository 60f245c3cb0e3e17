// SPDX-License-Identifier: Apache-2.0

import MemoryModel

/// The control `workload`: memory in use by somebody with a name.
enum WorkloadControl {
    static let verbs = [
        ControlVerb(
            "alloc", "Takes pages, all or none.",
            [
                ControlKey("name", "What they are freed by.", required: true),
                ControlKey(
                    "kind", "What the pages are used for.", required: true, values: PageKind.ofWorkloads.map(\.rawValue)
                ),
                ControlKey("pages", "How many, 1 if it is not said."),
                ControlKey("order", "They come in runs of 2 to the power of this many pages, 0 if it is not said."),
                ControlKey("node", "The node that is preferred, that of the processor if it is not said."),
                ControlKey("block", "The number of the memory block that they have to be in."),
                ControlKey("cpu", "The processor that asks for them, 0 if it is not said."),
                ControlKey(
                    "fs",
                    "The file system of file pages, ext4 if it is not said; legacy cannot move their private data.",
                    values: FileSystem.allCases.map(\.rawValue)),
            ]),
        ControlVerb("free", "Gives pages back, those that were taken last first.", [nameKey, pagesKey]),
        ControlVerb(
            "touch", "Uses pages, so that they count as active.",
            [nameKey, pagesKey, ControlKey("write", "1 if they are written to, so that file pages are dirty.")]),
        ControlVerb("pin", "Pins pages as for DMA, so that they cannot move.", [nameKey, pagesKey]),
        ControlVerb("unpin", "Lets pinned pages go.", [nameKey, pagesKey]),
        ControlVerb(
            "stall", "Its I/O does not end, so that offlining waits for its pages; file pages only.", [nameKey]),
        ControlVerb("resume", "Its I/O goes on.", [nameKey]),
        ControlVerb(
            "background",
            "Allocates and frees at random, the same for the same seed, and leaves workloads named NAME-1, NAME-2, and so "
                + "on.",
            [
                ControlKey("name", "What the names of its workloads begin with.", required: true),
                ControlKey("seed", "Where the random numbers begin; if it is not said, hotmem.seed= or 1."),
                ControlKey("pages", "How many pages it has at most.", required: true),
                ControlKey("steps", "How often it allocates or frees, 100 if it is not said."),
                ControlKey("node", "The node that is preferred, any if it is not said."),
            ]),
    ]

    private static let nameKey = ControlKey("name", "The workload.", required: true)
    private static let pagesKey = ControlKey("pages", "How many, all if it is not said.")

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

    /// The command a line asks for.
    static func command(_ line: ControlLine, _ machine: Machine) throws(Refusal) -> Command {
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
                    name: name, seed: try line.number("seed", default: machine.parameters.seed ?? 1),
                    pages: try line.number("pages"),
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
