// SPDX-License-Identifier: Apache-2.0

import MachineFile
import MemoryModel
import Testing

@Suite struct `Containers in machine files` {
    private func parse(_ text: String) throws -> [MachineDescription.Container] {
        try MachineFile.parse(Texts.recorded + "\n\n" + text, name: "m.toml").containers
    }

    private func error(_ text: String) -> String {
        guard let error = Texts.error(Texts.recorded + "\n\n[[container]]\n" + text) else { return "accepted" }
        return "\(error.line ?? 0 > 48 ? "" : "no line ")\(error.keyPath ?? ""): \(error.reason)"
    }

    @Test func `are read in the file's order`() throws {
        let containers = try parse(
            """
            [[container]]
            name = "node1"
            hid = "PNP0A05"
            node = 1
            cpus = 2
            dimms = ["1G", 0x8000000]
            present = false

            [[container]]
            name = "package"
            node = 0
            cpus = 1
            """)
        #expect(
            containers == [
                .init(name: "node1", kind: .generic, node: 1, cpus: 2, dimms: [1 << 30, 128 << 20]),
                .init(name: "package", kind: .module, node: 0, cpus: 1),
            ])
        #expect(try parse("").isEmpty)
    }

    @Test(arguments: [
        ("node = 1\ncpus = 1", "container[0]: needs \"name\""),
        ("name = \"a\"\ncpus = 1", "container[0]: needs \"node\""),
        ("name = \"a b\"\nnode = 1\ncpus = 1", "container[0].name: must be one word"),
        ("name = \"\"\nnode = 1\ncpus = 1", "container[0].name: must be one word"),
        ("name = \"a\"\nnode = 1", "container[0]: is empty"),
        ("name = \"a\"\nnode = 7\ncpus = 1", "container[0].node: node 7 has no [[affinity]] range; add one"),
        ("name = \"a\"\nnode = -1\ncpus = 1", "container[0].node: must be 0 to 1023, is -1"),
        ("name = \"a\"\nnode = 1\ncpus = -1", "container[0].cpus: must be 0 to 8192, is -1"),
        ("name = \"a\"\nnode = 1\ncpus = 8191", "container[0].cpus: more than 8192 processors in all"),
        ("name = \"a\"\nnode = 1\nhid = \"ACPI0007\"", "container[0].hid: unknown hid \"ACPI0007\""),
        ("name = \"a\"\nnode = 1\ndimms = \"1G\"", "container[0].dimms: must be an array of sizes"),
        ("name = \"a\"\nnode = 1\ndimms = [\"1G\", \"x\"]", "container[0].dimms[1]: \"x\" is no number of bytes"),
        ("name = \"a\"\nnode = 1\ndimms = [\"100M\"]", "container[0].dimms[0]: must be a multiple of 128M blocks"),
        ("name = \"a\"\nnode = 1\ndimms = [\"1T\"]", "container[0].dimms[0]: larger than every hot-pluggable"),
        ("name = \"a\"\nnode = 1\ncpus = 1\npresent = true", "container[0].present: no container is there at boot"),
        ("name = \"a\"\nnode = 1\ncpu = 1", "container[0].cpu: unknown key; did you mean \"cpus\"?"),
        (
            "name = \"a\"\nnode = 1\ncpus = 1\n[[container]]\nname = \"a\"\nnode = 1\ncpus = 1",
            "container[1].name: container[0] (line 49) has this name, too"
        ),
    ])
    func `that cannot be are refused`(text: String, beginning: String) {
        #expect(error(text).hasPrefix(beginning))
    }

    @Test func `need ACPI, slots and a hot-pluggable range`() {
        func description(_ text: String) -> String { Texts.error(text)?.description ?? "accepted" }
        let container = "\n[[container]]\nname = \"a\"\nnode = 0\ndimms = [\"1G\"]\n"
        #expect(description(Texts.small + container).contains("container[0].dimms[0]: no [[affinity]] range is hot"))
        #expect(description("slots = 0\n" + Texts.small + container).contains("1 DIMMs for 0 slots"))
        #expect(description("arch = \"s390x\"\n" + Texts.small + container).contains("s390x has no ACPI containers"))
    }
}
