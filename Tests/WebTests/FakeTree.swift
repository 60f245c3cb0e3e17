// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport

@testable import WebServer

/// A directory with the files that the server reads, as plain files.
struct FakeTree {
    let directory: URL
    var files: MachineFiles { MachineFiles(root: directory.path) }

    /// Makes it; it goes when the test ends.
    static func with<Result>(_ body: (FakeTree) async throws -> Result) async throws -> Result {
        let directory = FileManager.default.temporaryDirectory.appendingPathComponent("hotmem-web-\(UUID())")
        defer { try? FileManager.default.removeItem(at: directory) }
        let tree = FakeTree(directory: directory)
        for control in ["map", "events", "workload", "dimm", "faults", "explain"] {
            try tree.write("", to: MachineFiles.control(control))
        }
        try tree.write("", to: "/proc/pagetypeinfo")
        try tree.write(map(offline: []), to: MachineFiles.control("map"))
        return try await body(tree)
    }

    /// A map of four blocks.
    static func map(offline: Set<Int>) -> String {
        let blocks = (0..<4).map { block in
            "block=\(block) node=0 "
                + (offline.contains(block)
                    ? "state=offline present=32768"
                    : "state=online zone=Normal present=32768 free=32768 movable=0 staying=0 reserved=0")
        }
        let machine = "machine arch=x86_64 abi=linux-6.1 page_size=4096 block_size=134217728 blocks=4"
        return ([machine, "node=0 present=131072 managed=131072 free=131072"] + blocks).joined(separator: "\n") + "\n"
    }

    func write(_ text: String, to file: String) throws {
        let url = directory.appendingPathComponent(file)
        try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(text.utf8).write(to: url)
    }

    func read(_ file: String) -> String {
        (try? String(contentsOf: directory.appendingPathComponent(file), encoding: .utf8)) ?? ""
    }

    /// A program in place of hotmem-web as a writer: `$2` is the file, `$3` the line.
    func writer(_ script: String) throws -> String {
        let path = directory.appendingPathComponent("writer").path
        try ProgramFile.write("#!/bin/sh\n\(script)\n", to: path)
        return path
    }
}
