// SPDX-License-Identifier: Apache-2.0

import MachineFile
import MemoryModel
import Testing

@Suite struct `Captured files in a machine file` {
    private func error(_ lines: String) -> MachineFileError? { Texts.error(Texts.small + "\n[[file]]\n" + lines) }

    @Test func `are read as what they say`() throws {
        let text = """
            captured = ["/sys/devices/system/memory", "/proc/meminfo"]

            """ + Texts.small + """

                [[file]]
                path = "/sys/devices/system/memory/memory{1-3}/x"
                text = "a\\n"
                mode = 0o644
                [[file]]
                path = "/sys/devices/system/memory/b"
                hex = "00fF"
                """
        let captured = try #require(try MachineFile.parse(text, name: "m.toml").captured)
        #expect(captured.areas == ["/sys/devices/system/memory", "/proc/meminfo"])
        #expect(captured.records.map(\.content) == [.bytes([97, 10]), .bytes([0, 255])])
        #expect(captured.records.map(\.mode) == [0o644, nil])
    }

    @Test(arguments: [
        "/sys/kernel/debug/hotmem/events", "/sys/kernel/debug/hotmem", "/sys/kernel/debug", "/sys/kernel", "/sys",
        "/proc",
        "/sys/devices/system/memory", "/etc/passwd", "/sys/../x", "sys/x", "",
    ])
    func `are in the tree, and not what the machine stands on`(path: String) {
        #expect(error("path = \"\(path)\"\nabsent = true")?.keyPath == "file[0].path", "\(path)")
    }

    @Test(arguments: [
        ("", "file[0].path"), ("text = \"a\"\nlink = \"b\"", "file[0].path"), ("hex = \"0\"", "file[0].hex"),
        ("hex = \"+1\"", "file[0].hex"), ("errno = 0", "file[0].errno"), ("text = \"\"\nmode = 0o4755", "file[0].mode"),
    ])
    func `are one thing each`(lines: String, key: String) {
        #expect(error("path = \"/sys/x\"\n" + lines)?.keyPath == key, "\(lines)")
    }

    @Test func `are not too many to list`() {
        #expect(error("path = \"/sys/a/x{0-4294967295}\"\ntext = \"\"")?.keyPath == "file[0].path")
        #expect(error("path = \"/sys/a/x*\"\ntext = \"\"")?.keyPath == "file[0].path")
        #expect(error("path = \"/sys/a/x*\"\nabsent = true") == nil)
        #expect(error("path = \"/sys/a/x{0-9}/y\"\ntext = \"\"") == nil)
    }
}
