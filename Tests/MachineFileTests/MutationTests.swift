// SPDX-License-Identifier: Apache-2.0

import MachineFile
import Testing

@testable import MemoryModel

@Suite struct `Mutated machine files` {
    /// What mutations insert: the bytes and words that mean something to TOML or to machine files.
    private static let words = [
        "[", "]", "[[", "]]", "{", "}", "\"", "'", "\"\"\"", "'''", "\\", "\\u0000", "\\uD800", "\n", "\r", "\t", "#",
        ".", ",", "=", "-", "+", "_", "0x", "0xffffffffffffffff", "\"0xffffffffffffffff\"", "9223372036854775807", "-1",
        "1e999", "nan", "inf", "1979-05-27", "07:32:00", "true", "\"16E\"", "size = \"64G\"", "count = 9999",
        "[[memory]]\n", "[[affinity]]\n", "[[cpu]]\n", "[memory]\n", "a.b.c", "\u{0}", "\u{7f}", "\u{FEFF}", "é",
        "\u{10FFFF}",
    ]

    @Test(arguments: ["default", "two-nodes", "large-server", "s390x"])
    func `no mutation of a preset traps`(name: String) throws {
        let original = Array(try #require(Preset.named(name)).text.utf8)
        var random = SplitMix(seed: UInt64(name.utf8.count))
        var accepted = 0
        for _ in 0..<500 {
            var bytes = original
            for _ in 0..<Int.random(in: 1...4, using: &random) { mutate(&bytes, using: &random) }
            do {
                let machine = try MachineFile.parse(String(decoding: bytes, as: UTF8.self), name: "fuzz")
                try MachineFile.check(machine, name: "fuzz")
                accepted += 1
            } catch {
                let description = "\(error)"
                #expect(description.hasPrefix("fuzz:"))
                #expect(!description.contains("\n"))
            }
        }
        // Comments and digits leave some machines whole: the mutations reach beyond syntax errors.
        #expect(accepted > 0)
    }

    private func mutate(_ bytes: inout [UInt8], using random: inout SplitMix) {
        guard !bytes.isEmpty else { return }
        let position = Int.random(in: 0..<bytes.count, using: &random)
        let end = min(bytes.count, position + Int.random(in: 1...12, using: &random))
        switch Int.random(in: 0..<6, using: &random) {
        case 0: bytes[position] = UInt8.random(in: 0...255, using: &random)
        case 1: bytes[position] ^= 1 << UInt8.random(in: 0..<8, using: &random)
        case 2: bytes.removeSubrange(position..<end)
        case 3: bytes.insert(contentsOf: bytes[position..<end], at: position)
        case 4: bytes.removeSubrange(position...)
        default:
            let word = Self.words.randomElement(using: &random) ?? ""
            bytes.insert(contentsOf: word.utf8, at: position)
        }
    }
}
