// SPDX-License-Identifier: Apache-2.0

import MachineFile

/// hotmem.toml(5), made of the keys that the reader of machine files knows.
struct MachineFilePage {
    static let name = PageName("hotmem.toml", 5)
    let edition: Edition

    /// A machine that the page shows; it is parsed before it is.
    private static let example = """
        summary = "1 GiB, and a second node that is empty"

        [[memory]]
        first = 0x0
        size = "1G"

        [[affinity]]
        node = 0
        first = 0x0
        size = "1G"

        [[affinity]]
        node = 1
        first = 0x280000000
        size = "16G"
        hotplug = true

        [[cpu]]
        node = 0
        count = 2

        [[workload]]
        name = "database"
        kind = "anon"
        pages = 20000
        """

    func text() throws -> String {
        _ = try MachineFile.parse(Self.example, name: "the example of \(Self.name.file)")
        var roff = Roff(Self.name, "a simulated machine", edition)
        roff.section("SYNOPSIS")
        roff.paragraph("hotmem run --machine FILE.toml -- COMMAND")
        roff.section("DESCRIPTION")
        roff.paragraph(
            "A machine file describes a machine before it boots: what its firmware says, and how its kernel is started. It "
                + "is TOML in UTF-8. A machine that cannot exist is refused, with the line and the reason; an unknown key is, "
                + "too. hotmem machine check says what a file boots to, and hotmem machine show prints the file of a machine "
                + "that comes with hotmem, a start for one of your own.")
        roff.paragraph(
            "Addresses and numbers of bytes are integers, or strings: \"128M\", with K, M, G, T, P and E as powers of 1024, "
                + "or \"0x8000000\". Integers end at 0x7fffffffffffffff; write larger ones as strings. Ranges name their "
                + "first byte, and their last byte or their size.")
        roff.section("KEYS")
        for table in FileTable.all {
            roff.subsection(Self.title(table))
            roff.paragraph(table.summary)
            for key in table.keys {
                roff.item("\(Roff.bold(key.name)) (\(Roff.escaped(Self.kind(key))))", Self.words(key))
            }
        }
        roff.section("MACHINES")
        roff.paragraph("These machines come with hotmem:")
        for preset in Preset.all { roff.item(Roff.bold(preset.name), preset.summary + ".") }
        roff.section("EXAMPLES")
        roff.verbatim(Self.example.split(separator: "\n", omittingEmptySubsequences: false).map(String.init))
        roff.references([PageName("hotmem", 1), PageName("hotmem-machine", 1), ControlsPage.name])
        return roff.text
    }

    private static func title(_ table: FileTable) -> String {
        guard !table.name.isEmpty else { return "The machine" }
        let needsSeed = table.keys.contains { key in
            if case .required = key.presence { key.name == "seed" } else { false }
        }
        return "[[\(table.name)]]" + (needsSeed ? " with a seed" : "")
    }

    private static func kind(_ key: FileKey) -> String {
        switch key.kind {
        case .text, .name: "string"
        case .truth: "true or false"
        case .integer: "integer"
        case .bytes: "bytes"
        case .integerOr: "integer or string"
        case .byteCounts: "array of bytes"
        case .texts: "array of strings"
        case .rows: "array of arrays of integers"
        case .tables: "array of tables"
        }
    }

    private static func words(_ key: FileKey) -> String {
        var words = [key.summary]
        if case .name(let names) = key.kind { words.append("One of: \(names.joined(separator: ", ")).") }
        switch key.presence {
        case .required: words.append("It has to be there.")
        case .usually(let value): words.append("Default: \(value).")
        case .otherwise(let sentence): words.append("Without it: \(sentence)")
        }
        return words.joined(separator: " ")
    }
}
