// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import oracle

@Suite struct `An initramfs` {
    /// Names and contents of a cpio archive.
    private static func entries(of archive: [UInt8]) -> [(name: String, mode: Int, content: [UInt8])] {
        var entries: [(String, Int, [UInt8])] = []
        var at = 0
        while at + 110 <= archive.count {
            func field(_ number: Int) -> Int {
                let start = at + 6 + 8 * number
                return Int(String(decoding: archive[start..<(start + 8)], as: UTF8.self), radix: 16)!
            }
            let (nameEnd, size) = (at + 110 + field(11), field(6))
            let start = (nameEnd + 3) & ~3
            let name = String(decoding: archive[(at + 110)..<(nameEnd - 1)], as: UTF8.self)
            entries.append((name, field(1), Array(archive[start..<(start + size)])))
            at = (start + size + 3) & ~3
        }
        return entries
    }

    @Test func `has init, the modules and their order`() {
        let archive = Initramfs(program: [1, 2, 3], modules: [("b.ko", [4]), ("a.ko", [5, 6])]).bytes
        let entries = Self.entries(of: archive)
        #expect(
            entries.map(\.name) == [
                "dev", "proc", "sys", "modules", "init", "modules/b.ko", "modules/a.ko", "modules/order", "TRAILER!!!",
            ])
        #expect(entries[4].mode == 0o100755 && entries[4].content == [1, 2, 3])
        #expect(entries[7].content == Array("b.ko\na.ko\n".utf8))
        #expect(archive.count % 4 == 0)
    }
}
