// SPDX-License-Identifier: Apache-2.0

import Picture
import Testing

@testable import WebServer

private func runs(offline: Set<Int>) throws -> [MachineMap.Run] {
    try #require(MachineMap(FakeTree.map(offline: offline))).runs
}

@Suite struct `What changed of the blocks` {
    @Test func `is nothing where nothing did`() throws {
        #expect(RunSplice(from: try runs(offline: []), to: try runs(offline: [])) == nil)
    }

    @Test func `makes the new runs of the old`() throws {
        let sets: [Set<Int>] = [[], [0], [3], [1, 2], [0, 3], [0, 1, 2, 3]]
        for (one, other) in sets.flatMap({ one in sets.map { (one, $0) } }) {
            let (old, new) = (try runs(offline: one), try runs(offline: other))
            guard let splice = RunSplice(from: old, to: new) else {
                #expect(old == new)
                continue
            }
            var made = old
            made.replaceSubrange(splice.at..<(splice.at + splice.removed), with: splice.runs)
            #expect(made == new)
            #expect(splice.runs.count <= (one.symmetricDifference(other).max() ?? 0) + 1)
        }
    }

    @Test func `tells of blocks that came and of blocks that went`() throws {
        let all = try runs(offline: [])
        let fewer = Array(all.dropFirst())
        #expect(RunSplice(from: all, to: fewer)?.removed == 1)
        #expect(RunSplice(from: fewer, to: all)?.runs == [all[0]])
        #expect(RunSplice(from: [], to: all) == RunSplice(all: all))
    }
}

@Suite struct `What the page shows` {
    @Test func `is read from the tree's files`() async throws {
        try await FakeTree.with { tree in
            try tree.write("name=db kind=anon pages=3 blocks=2:3\n", to: MachineFiles.control("workload"))
            let view = try #require(try MachineView.read(from: tree.files))
            #expect(view.runs.count == 4)
            #expect(
                view.parts[.workloads]
                    == #"[{"word": "", "name": "db", "kind": "anon", "pages": "3", "blocks": "2:3"}]"#)
            #expect(view.parts[.devices] == "[]")
            #expect(view.parts[.machine]?.contains(#""blocks": 4"#) == true)
        }
    }

    @Test func `is an error where there is no machine`() {
        #expect(throws: MachineFileProblem.self) { try MachineView.read(from: MachineFiles(root: "/nowhere/")) }
        #expect(MachineFiles(root: "/a//").path("/b") == "/a/b")
        #expect(MachineFiles(root: "/").path("/b") == "/b")
    }
}
