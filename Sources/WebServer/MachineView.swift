// SPDX-License-Identifier: Apache-2.0

import Picture

/// What the page shows of a machine, read at one moment: a map, and the parts that are sent as they are.
struct MachineView: Sendable, Equatable {
    /// What the page shows, beside blocks and events; the names are those of server-sent events.
    enum Part: String, CaseIterable, Sendable { case machine, free, workloads, devices, faults }

    /// The blocks, in runs that are alike.
    let runs: [MachineMap.Run]
    /// Each part as JSON.
    let parts: [Part: String]

    /// Reads it; nil where `map` has no map.
    static func read(from files: MachineFiles) throws(MachineFileProblem) -> MachineView? {
        guard let map = MachineMap(try files.read(MachineFiles.control("map"))) else { return nil }
        return MachineView(
            runs: map.runs,
            parts: [
                .machine: machine(map, root: files.root),
                .free: FreeLists(try files.read("/proc/pagetypeinfo")).json,
                .workloads: try lines(of: "workload", in: files),
                .devices: try lines(of: "dimm", in: files),
                .faults: try lines(of: "faults", in: files),
            ])
    }

    private static func machine(_ map: MachineMap, root: String) -> String {
        JSONText.object([
            ("root", JSONText.text(root)), ("architecture", JSONText.text(map.architecture)),
            ("abi", JSONText.text(map.abi)),
            ("page_size", "\(map.pageSize)"), ("block_size", "\(map.blockSize)"), ("blocks", "\(map.blockCount)"),
            ("nodes", "[" + map.nodes.map(\.json).joined(separator: ", ") + "]"),
        ])
    }

    private static func lines(of control: String, in files: MachineFiles) throws(MachineFileProblem) -> String {
        "[" + ReportLine.lines(of: try files.read(MachineFiles.control(control))).map(\.json).joined(separator: ", ")
            + "]"
    }
}

/// How the runs of a map differ from those before: at a place, some went and others came.
struct RunSplice: Sendable, Equatable {
    /// Where, counted in runs.
    let at: Int
    /// How many went.
    let removed: Int
    /// What came.
    let runs: [MachineMap.Run]

    /// All runs, in place of none.
    init(all runs: [MachineMap.Run]) { (at, removed, self.runs) = (0, 0, runs) }

    /// - Returns: nil where nothing differs.
    init?(from old: [MachineMap.Run], to new: [MachineMap.Run]) {
        let shorter = min(old.count, new.count)
        var front = 0
        while front < shorter, old[front] == new[front] { front += 1 }
        var back = 0
        while back < shorter - front, old[old.count - 1 - back] == new[new.count - 1 - back] { back += 1 }
        (at, removed, runs) = (front, old.count - front - back, Array(new[front..<(new.count - back)]))
        if removed == 0, runs.isEmpty { return nil }
    }

    var json: String {
        JSONText.object([
            ("at", "\(at)"), ("removed", "\(removed)"), ("runs", "[" + runs.map(\.json).joined(separator: ", ") + "]"),
        ])
    }
}
