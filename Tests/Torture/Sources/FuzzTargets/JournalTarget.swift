// SPDX-License-Identifier: Apache-2.0

import Journal
import MachineFile
import MemoryModel
import SysfsTree
import TreeServer

/// Journals: what is read says what was written; what it holds is given to a machine. An input that begins with + has lines
/// without checksums, which are put before them.
enum JournalTarget {
    private static let header = Array("hotmem-journal 1\n".utf8)

    static func run(_ bytes: [UInt8]) {
        let bytes = bytes.first == UInt8(ascii: "+") ? header + summed(bytes.dropFirst()) : bytes
        let text: JournalText
        do throws(JournalText.Problem) { text = try JournalText(bytes) } catch {
            require(!error.reason.unicodeScalars.contains("\n"), "more than a line: \(error.reason)")
            return
        }
        require(text.length <= bytes.count, "longer than it is")
        guard let description = try? MachineFile.parse(text.boot.text, name: "fuzz"), description.memory.count < 8,
            description.memory.allSatisfy({ $0.last - $0.first <= 4 << 30 })
        else { return }
        let machine = ReplayedMachine(Machine(booting: description)) { _, _, _ in }
        for record in text.records.prefix(100) {
            do throws(ServerError) { _ = try machine.take(record) } catch { return }
        }
        Looking.look(at: machine.session)
        _ = machine.events
    }

    private static func summed(_ lines: ArraySlice<UInt8>) -> [UInt8] {
        lines.split(separator: UInt8(ascii: "\n")).flatMap { line -> [UInt8] in
            let sum = String(crc32(line), radix: 16)
            return Array((String(repeating: "0", count: 8 - sum.count) + sum + " ").utf8) + line + [UInt8(ascii: "\n")]
        }
    }

    /// As zip has it; the library's own is not to be asked whether it is right.
    private static func crc32(_ bytes: ArraySlice<UInt8>) -> UInt32 {
        var value = ~UInt32(0)
        for byte in bytes {
            value ^= UInt32(byte)
            for _ in 0..<8 { value = value & 1 == 0 ? value >> 1 : (value >> 1) ^ 0xEDB8_8320 }
        }
        return ~value
    }
}
