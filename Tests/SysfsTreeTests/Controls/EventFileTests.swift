// SPDX-License-Identifier: Apache-2.0

import MemoryModel
import Testing

@testable import SysfsTree

@Suite struct `The files of events` {
    /// Lines as somebody might keep them: "1", "2", ..., some at a time, and one that has no line.
    private final class Source: EventSource {
        var last: UInt64 = 0
        var notes: [String] = []
        func note(_ text: String) { notes.append(text) }
        func lines(after number: UInt64) -> (text: [UInt8], last: UInt64) {
            let next = min(last, number + 3)
            guard number < next else { return ([], number) }
            return (Array((number + 1...next).map { $0 == 4 ? "" : "\($0)\n" }.joined().utf8), next)
        }
    }

    private static let directory = "/sys/kernel/debug/hotmem"

    private func browser() -> (Browser, Source) {
        let (browser, source) = (Browser(), Source())
        browser.session.events = source
        return (browser, source)
    }

    @Test func `events reads all there are, in parts of any size`() throws {
        let (browser, source) = browser()
        source.last = 8
        let handle = try browser.open(Self.directory + "/events")
        var text = ""
        while case let part = try browser.read(handle, at: text.utf8.count, count: 3), !part.isEmpty { text += part }
        #expect(text == "1\n2\n3\n5\n6\n7\n8\n")
        // What comes later is there when it is read again from its start.
        source.last = 9
        #expect(try browser.read(handle, at: text.utf8.count).isEmpty)
        text = ""
        while case let part = try browser.read(handle, at: text.utf8.count), !part.isEmpty { text += part }
        #expect(text == "1\n2\n3\n5\n6\n7\n8\n9\n")
        // Back and forth, as pagers read.
        for (offset, start) in [(10, "7\n"), (2, "2\n"), (12, "8\n"), (4, "3\n"), (14, "9\n"), (99, ""), (6, "5\n")] {
            let part = try browser.read(handle, at: offset)
            #expect(part.hasPrefix(start) && (start.isEmpty ? part.isEmpty : true), "at \(offset): \(part)")
        }
    }

    @Test func `who may write to it too goes on where it was, and waits for more`() throws {
        let (browser, source) = browser()
        source.last = 4
        let handle = try browser.open(Self.directory + "/events", writing: true)
        var text = ""
        while !browser.session.mustWait(handle, at: 0) { text += try browser.read(handle, count: 3) }
        #expect(text == "1\n2\n3\n")
        source.last = 5
        #expect(!browser.session.mustWait(handle, at: 0))
        #expect(try browser.read(handle) == "5\n" && browser.session.mustWait(handle, at: 0))
        // Another reader has a place of its own.
        let other = try browser.open(Self.directory + "/events", writing: true)
        #expect(!browser.session.mustWait(other, at: 0))
    }

    @Test func `who does not want to wait is told EAGAIN`() throws {
        let (browser, _) = browser()
        let inode = try browser.inode(Self.directory + "/events")
        let handle = try browser.session.open(inode, reading: true, writing: true)
        #expect(browser.session.waitsForEvents(handle) && browser.session.mustWait(handle, at: 0))
        #expect(browser.errno { (browser) throws(Refusal) in _ = try browser.read(handle) } == .tryAgain)
        let state = try browser.inode("/sys/devices/system/memory/memory1/state")
        let other = try browser.session.open(state, reading: true, writing: true)
        #expect(!browser.session.followsEvents(other) && !browser.session.waitsForEvents(other))
    }

    @Test func `takes notes, and nothing else`() throws {
        let (browser, source) = browser()
        let inode = try browser.inode(Self.directory + "/events")
        #expect(browser.session.status(of: inode).attributes.mode == 0o100600)
        #expect(try browser.write(inode, "note one\nnote  two=2 \n") == 22)
        #expect(source.notes == ["one", " two=2 "])
        // One that joins the blank before it, and what is no line's end here.
        try browser.write(inode, "note \u{301}a\u{2028}b\r")
        #expect(source.notes.popLast() == "\u{301}a\u{2028}b\r")
        for text in ["x", "note\n", "note a\nclear\n", "\n", "notes a\n"] {
            #expect(browser.errno { (browser) throws(Refusal) in try browser.write(inode, text) } == .invalid)
        }
        #expect(source.notes.count == 2)
    }
}
