// SPDX-License-Identifier: Apache-2.0

import MemoryModel

/// Reads `[[workload]]`: memory that is in use from boot on.
struct WorkloadReader {
    let root: TableReader

    /// The workloads, in the file's order.
    func read() throws(MachineFileError) -> [BootWorkload] {
        var workloads: [BootWorkload] = []
        var names: Set<String> = []
        for table in try root.tables("workload") {
            guard let name = try table.string("name") else { throw table.missing("name") }
            guard name.isName else { throw table.error("name", "must be one word without = and \"") }
            guard names.insert(name).inserted else { throw table.error("name", "\(name.quoted) is there twice") }
            workloads.append(try table.has("seed") ? background(name, table) : memory(name, table))
        }
        return workloads
    }

    private func background(_ name: String, _ table: TableReader) throws(MachineFileError) -> BootWorkload {
        try table.expectOnly(.background)
        let seed = try table.requiredInteger("seed")
        let steps = try table.integer("steps") ?? 100
        let possible = BackgroundLoad.possibleSteps
        guard possible.contains(steps) else {
            throw table.error("steps", "must be \(possible.lowerBound) to \(possible.upperBound), is \(steps)")
        }
        return .background(
            BackgroundLoad(
                name: name, seed: UInt64(bitPattern: Int64(seed)), pages: try count("pages", table, required: true),
                steps: steps, node: try node(table)))
    }

    private func memory(_ name: String, _ table: TableReader) throws(MachineFileError) -> BootWorkload {
        try table.expectOnly(.workload)
        guard let kind = try table.name("kind", of: PageKind.self) else { throw table.missing("kind") }
        guard PageKind.ofWorkloads.contains(kind) else {
            let known = PageKind.ofWorkloads.map(\.rawValue).joined(separator: ", ")
            throw table.error("kind", "\(kind.rawValue) pages are the kernel's own; known: \(known)")
        }
        let fileSystem = try table.name("fs", of: FileSystem.self)
        guard fileSystem == nil || kind == .file else { throw table.error("fs", "is for kind = \"file\"") }
        let isStalled = try table.bool("stalled") ?? false
        guard !isStalled || kind.traits.mayWait else {
            throw table.error("stalled", "no I/O is done on \(kind.rawValue) pages")
        }
        var block: BlockID?
        if let number = try table.integer("block") {
            guard let number = UInt32(exactly: number) else { throw table.error("block", "must be a block's number") }
            block = BlockID(number)
        }
        let workload = Workload(
            name: name, kind: kind, block: block, node: try node(table),
            pages: try count("pages", table, required: true), order: try table.integer("order") ?? 0,
            cpu: try table.integer("cpu") ?? 0, fileSystem: fileSystem)
        let pinned = try count("pinned", table, required: false)
        guard pinned <= workload.pages else {
            throw table.error("pinned", "must not be more than \"pages\", \(workload.pages), is \(pinned)")
        }
        return .memory(workload, pinned: pinned, isStalled: isStalled)
    }

    private func node(_ table: TableReader) throws(MachineFileError) -> NodeID? {
        try table.integer("node").map { NodeID($0) }
    }

    private func count(_ key: String, _ table: TableReader, required: Bool) throws(MachineFileError) -> UInt64 {
        guard let number = try table.integer(key) else {
            if required { throw table.missing(key) }
            return 0
        }
        guard let count = UInt64(exactly: number) else { throw table.error(key, "must not be negative, is \(number)") }
        return count
    }
}
