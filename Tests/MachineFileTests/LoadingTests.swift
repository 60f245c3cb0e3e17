// SPDX-License-Identifier: Apache-2.0

import Glibc
import MachineFile
import MemoryModel
import Testing

@Suite struct `Loading machine files` {
    @Test func `a file is read and named in its errors`() throws {
        try withFile(Array(Texts.small.utf8)) { (path) throws in
            #expect(try MachineFile.load(path: path).memory.count == 1)
            #expect(try MachineFile.resolve(path).memory.count == 1)
        }
        try withFile(Array("slots = x".utf8)) { path in
            #expect(error(of: path).hasPrefix("\(path):1: not TOML"))
        }
    }

    @Test func `bytes that are not UTF-8 are refused with their line`() throws {
        try withFile(Array("slots = 1\n# ".utf8) + [0xff, 0x0a]) { path in
            #expect(error(of: path).hasPrefix("\(path):2: not UTF-8"))
        }
    }

    @Test func `a directory, a missing file and an endless one are refused`() {
        #expect(error(of: "/tmp").hasPrefix("/tmp: a directory"))
        #expect(error(of: "/no/such.toml") == "/no/such.toml: no such file")
        #expect(error(of: "/dev/zero").hasPrefix("/dev/zero: larger than 16 MiB"))
        #expect(error(of: "/proc/self/mem").hasPrefix("/proc/self/mem: cannot be read: "))
    }

    @Test func `a name that is neither file nor preset is told the presets`() {
        let text = error(of: "two_nodes")
        #expect(text.hasPrefix("two_nodes: neither a file nor a preset; did you mean \"two-nodes\"? Presets: default,"))
        #expect(error(of: "").contains("Presets: default"))
        #expect(error(of: "nothing like it").contains("preset; Presets: default"))
    }

    private func error(of path: String) -> String {
        do {
            _ = try MachineFile.resolve(path)
            return "accepted"
        } catch {
            return error.description
        }
    }

    /// Runs `body` with the path of a file that holds `bytes`.
    private func withFile(_ bytes: [UInt8], _ body: (String) throws -> Void) throws {
        var template = Array("/tmp/hotmem-machine-XXXXXX".utf8CString)
        let descriptor = mkstemp(&template)
        try #require(descriptor >= 0)
        let path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        defer { unlink(path) }
        let written = bytes.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
        close(descriptor)
        try #require(written == bytes.count)
        try body(path)
    }
}
