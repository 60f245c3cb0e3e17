// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import TreeServer

@Suite struct `A line of events` {
    private func record(_ values: [(key: String, value: EventRecord.Value)]) -> EventRecord {
        EventRecord(number: 7, time: 1_700_000_000_000_042, kind: .refused, values: values)
    }

    @Test func `has number, time, kind and values`() {
        let values: [(key: String, value: EventRecord.Value)] = [("block", .text("memory40")), ("errno", .number(16))]
        #expect(record(values).line == "7 1700000000.000042 refused block=memory40 errno=16")
    }

    @Test(arguments: [
        "", " ", "two words", "\"", "a\"b", "back\\slash", "line\nend\n", "\u{0}\u{1b}[31m\u{7f}", "16", "-5", "a=b",
        "\\x41", "Grüße 🐧", "\r\n", "e\u{301}", "\u{301}",
    ])
    func `reads back as it was written, whatever the text`(text: String) throws {
        for values in [[("text", .text(text))], [("a", .text(text)), ("b", .text(text)), ("c", .number(3))]]
            as [[(key: String, value: EventRecord.Value)]]
        {
            let written = record(values)
            #expect(!written.line.contains("\n"))
            #expect(EventRecord(line: written.line) == written, "\(written.line)")
        }
    }

    @Test(arguments: [
        "", "7", "7 1.5", "7 1.5 nothing a=b", "x 1.5 refused", "7 15 refused", "7 1.5 refused text=\"open",
        "7 1.5 refused text=\"a\\x4", "7 1.5 refused text=\"a\\",
    ])
    func `is none where it is damaged`(line: String) {
        #expect(EventRecord(line: line) == nil)
    }
}
