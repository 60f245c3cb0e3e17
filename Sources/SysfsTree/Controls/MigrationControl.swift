// SPDX-License-Identifier: Apache-2.0

import MemoryModel

/// The control `migration`: the migration cache, asked with `find pfn=NUMBER`; the answer is read back (seed 004).
enum MigrationControl {
    static let verbs = [
        ControlVerb(
            "find", "Looks for a page in the cache of moved pages.",
            [ControlKey("pfn", "The page's frame before it was moved.", required: true)])
    ]

    static func text(of machine: Machine) -> String {
        let found = machine.lastFound.map { "pfn=\($0.old) now=\($0.new) owner=\($0.owner)\n" } ?? ""
        return "hits=\(machine.migrationCacheHits) misses=\(machine.migrationCacheMisses)\n" + found
    }

    /// The command a line asks for.
    static func command(_ line: ControlLine, _: Machine) throws(Refusal) -> Command {
        .findMoved(try line.number("pfn"))
    }
}
