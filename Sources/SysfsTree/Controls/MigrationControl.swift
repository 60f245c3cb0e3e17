// SPDX-License-Identifier: Apache-2.0

import MemoryModel

/// The control `migration`: the migration cache, asked with `find pfn=NUMBER`; the answer is read back (seed 004).
enum MigrationControl {
    static func text(of machine: Machine) -> String {
        let found = machine.lastFound.map { "pfn=\($0.old) now=\($0.new) owner=\($0.owner)\n" } ?? ""
        return "hits=\(machine.migrationCacheHits) misses=\(machine.migrationCacheMisses)\n" + found
    }

    /// The commands a write asks for.
    static func commands(in text: String) throws(Refusal) -> [Command] {
        try ControlLine.commands(in: text, verbs: ["find": ["pfn"]]) { (line) throws(Refusal) in
            .findMoved(try line.number("pfn"))
        }
    }
}
