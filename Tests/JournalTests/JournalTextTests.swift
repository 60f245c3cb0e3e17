// SPDX-License-Identifier: Apache-2.0

import MemoryModel
import SysfsTree
import Testing

@testable import Journal

/// Records of every kind, with texts that are hard on a line.
enum Records {
    static let boot = BootRecord(
        program: "0.1.0", name: "my \"file\"", text: "a = 1\n# é\u{7f}\n", commandLine: "x y=z")
    static let entries: [JournalEntry] = [
        .connection(request: [0, 1, 254, 255]), .polled(.max), .snapshot([]),
        .reloaded(text: "a", name: "b", commandLine: "c"),
        .reading(file: "/proc/zoneinfo", handle: 1 << 62),
        .input(.write(file: "/sys/a b", text: "on\u{0}line\n\\\"\u{1}\u{fffd}é"), request: 42),
        .input(.write(file: "/", text: ""), request: nil),
        .input(.change(file: "/proc/x", permissions: 0o600, user: 7, group: nil), request: nil),
        .input(.change(file: "/proc/x", permissions: nil, user: nil, group: .max), request: nil),
        .input(.tick(milliseconds: 12), request: nil), .input(.interrupt(write: 3), request: nil),
        .input(.note("request=7 \"quoted\""), request: nil), .input(.lost(listener: 9, uevents: .max), request: nil),
        .input(.reload(text: "b = \"2\"\n", name: "n", commandLine: ""), request: nil),
    ]

    static var all: [JournalRecord] {
        ([.boot(boot)] + entries).enumerated().map {
            JournalRecord(number: UInt64($0) + 5, time: 1_700_000_000_000_000 + UInt64($0), entry: $1)
        }
    }

    static var bytes: [UInt8] { RecordLine.header + all.flatMap(RecordLine.bytes) }
}

@Suite struct `A journal's text` {
    @Test func `says what was written`() throws {
        let text = try JournalText(Records.bytes)
        #expect(text.records == Records.all && text.torn == nil && text.length == Records.bytes.count)
        #expect(text.boot == Records.boot)
    }

    @Test func `has one line for each record`() {
        #expect(Records.bytes.filter { $0 == UInt8(ascii: "\n") }.count == Records.all.count + 1)
    }

    @Test func `is dropped from where its last record is cut short, wherever that is`() throws {
        let bytes = Records.bytes
        let first = RecordLine.header.count + RecordLine.bytes(Records.all[0]).count
        for end in first..<bytes.count {
            let text = try JournalText(Array(bytes[..<end]))
            #expect(text.records == Array(Records.all.prefix(text.records.count)))
            #expect(text.length <= end && (text.torn == nil) == (text.length == end))
        }
        for end in 0..<first {
            #expect(throws: JournalText.Problem.self) { try JournalText(Array(bytes[..<end])) }
        }
    }

    @Test func `says which record is damaged`() throws {
        var bytes = Records.bytes
        let lines = Records.all.map { RecordLine.bytes($0).count }
        // In the fourth line, after three records.
        bytes[RecordLine.header.count + lines[..<3].reduce(0, +) + 20] ^= 1
        let problem = #expect(throws: JournalText.Problem.self) { try JournalText(bytes) }
        #expect(problem?.reason.hasPrefix("line 5, the record after number 7: ") == true, "\(problem?.reason ?? "")")
        #expect(try JournalText(bytes, upTo: 7).records == Array(Records.all[..<3]))
    }

    @Test func `is never taken for another when bits of it change`() {
        let bytes = Records.bytes
        for place in bytes.indices {
            for bit in [0, 3, 7] {
                var changed = bytes
                changed[place] ^= 1 << bit
                guard let text = try? JournalText(changed) else { continue }
                // Then it is the last record, and dropped.
                #expect(text.torn != nil && text.records == Array(Records.all.dropLast()), "\(place) \(bit)")
            }
        }
    }

    @Test func `is refused where it is something else`() {
        for text in ["", "hotmem", "hotmem-journal 2\n", "hotmem-journal 1\n", "x\n"] {
            #expect(throws: JournalText.Problem.self) { try JournalText(Array(text.utf8)) }
        }
        let twice = RecordLine.header + (0..<2).flatMap { _ in RecordLine.bytes(Records.all[0]) }
        #expect(throws: JournalText.Problem.self) { try JournalText(Array(twice)) }
        let gap = RecordLine.header + [0, 2, 3].flatMap { RecordLine.bytes(Records.all[$0]) }
        #expect(throws: JournalText.Problem.self) { try JournalText(Array(gap)) }
    }

    @Test(arguments: [[], [0], [1, 2], [1, 2, 3], Array(0...255)] as [[UInt8]])
    func `has bytes as base64`(bytes: [UInt8]) {
        #expect(Base64.bytes(Base64.text(bytes)) == bytes)
        #expect(Base64.bytes(Base64.text(bytes) + [UInt8(ascii: "=")]) == nil)
    }

    @Test func `has the checksum that everybody has`() {
        #expect(Checksum.of("123456789".utf8) == 0xCBF4_3926)
        #expect(String(decoding: Base64.text(Array("foob".utf8)), as: UTF8.self) == "Zm9vYg==")
    }
}
