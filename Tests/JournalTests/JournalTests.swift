// SPDX-License-Identifier: Apache-2.0

import Foundation
import Glibc
import MemoryModel
import SysfsTree
import Testing

@testable import Journal

/// A directory for a journal.
private final class Place {
    let path: String
    let descriptor: Int32

    init() throws {
        path = FileManager.default.temporaryDirectory.path + "/hotmem-journal.\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
        descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    }

    deinit {
        close(descriptor)
        try? FileManager.default.removeItem(atPath: path)
    }

    var text: JournalText {
        get throws { try JournalText(Array(try Data(contentsOf: URL(fileURLWithPath: path + "/journal")))) }
    }
}

@Suite struct `A journal` {
    private let note = JournalEntry.input(.note("x"), request: nil)

    @Test func `is gone on with where it ends`() throws {
        let place = try Place()
        do {
            let journal = try Journal.begin(in: place.descriptor, boot: Records.boot)
            for entry in Records.entries { try journal.append(entry) }
        }
        do {
            let (journal, text) = try Journal.resume(in: place.descriptor)
            #expect(text.records.map(\.entry) == [.boot(Records.boot)] + Records.entries)
            #expect(journal.last == UInt64(text.records.count) && journal.boot == Records.boot)
            try journal.append(note)
        }
        let records = try place.text.records
        #expect(records.last?.entry == note && records.map(\.number) == Array(1...UInt64(records.count)))
        #expect(records.map(\.time) == records.map(\.time).sorted())
    }

    @Test func `loses a last record that was cut short, and nothing else`() throws {
        let place = try Place()
        do {
            let journal = try Journal.begin(in: place.descriptor, boot: Records.boot)
            try journal.append(note)
        }
        let whole = try Data(contentsOf: URL(fileURLWithPath: place.path + "/journal"))
        try (whole + "1234abcd 3 170".utf8).write(to: URL(fileURLWithPath: place.path + "/journal"))
        do {
            let (journal, text) = try Journal.resume(in: place.descriptor)
            #expect(text.torn != nil && text.records.count == 2)
            try journal.append(note)
        }
        #expect(try place.text.records.count == 3)
    }

    @Test func `belongs to one process`() throws {
        let place = try Place()
        let journal = try Journal.begin(in: place.descriptor, boot: Records.boot)
        let other = open(place.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        defer { close(other) }
        for attempt in [
            { _ = try Journal.resume(in: other) }, { _ = try Journal.begin(in: other, boot: Records.boot) },
        ] {
            let problem = #expect(throws: Journal.Problem.self) { try attempt() }
            #expect(problem?.isBusy == true)
        }
        try journal.append(note)
    }

    @Test func `remembers what was done for good`() throws {
        let place = try Place()
        do {
            let journal = try Journal.begin(in: place.descriptor, boot: Records.boot)
            #expect(journal.lastFollowed == 0)
            journal.followed(1)
        }
        #expect(try Journal.resume(in: place.descriptor).journal.lastFollowed == 1)
        #expect(try Journal.begin(in: place.descriptor, boot: Records.boot).lastFollowed == 0)
    }

    @Test func `is made shorter in one step`() throws {
        let place = try Place()
        let journal = try Journal.begin(in: place.descriptor, boot: Records.boot)
        for _ in 0..<10 { try journal.append(note) }
        try journal.compact(to: [.connection(request: [9]), .snapshot([1, 2, 3])])
        try journal.append(note)
        let text = try place.text
        #expect(
            text.records.map(\.entry) == [
                .boot(Records.boot), .connection(request: [9]), .snapshot([1, 2, 3]), note,
            ])
        #expect(text.records.map(\.number) == [12, 13, 14, 15] && journal.last == 15 && journal.lastFollowed == 14)
    }

    @Test func `begins with what another held, all at once`() throws {
        let place = try Place()
        let records = Array(Records.all.dropFirst())
        let journal = try Journal.begin(in: place.descriptor, boot: Records.boot, and: records)
        try journal.append(note)
        let text = try place.text
        #expect(text.records.map(\.entry) == [.boot(Records.boot)] + Records.entries + [note])
        #expect(text.records[1..<text.records.count - 1].map(\.time) == records.map(\.time))
    }

    @Test func `grows long, and not long again at once`() throws {
        let place = try Place()
        let journal = try Journal.begin(in: place.descriptor, boot: Records.boot)
        let large = JournalEntry.input(.note(String(repeating: "x", count: 1 << 20)), request: nil)
        for _ in 0..<4 { try journal.append(large) }
        #expect(journal.isLong)
        try journal.compact(to: [.snapshot([UInt8](repeating: 7, count: 3 << 20))])
        #expect(!journal.isLong)
        for _ in 0..<4 { try journal.append(large) }
        #expect(!journal.isLong)
    }

    /// On a file system of its own, which root may mount.
    @Test(.enabled(if: geteuid() == 0)) func `is as before where there is no room, and goes on when there is`() throws {
        let path = FileManager.default.temporaryDirectory.path + "/hotmem-full.\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
        #expect(mount("none", path, "tmpfs", 0, "size=64k") == 0)
        defer {
            umount2(path, Int32(MNT_DETACH))
            try? FileManager.default.removeItem(atPath: path)
        }
        let directory = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        defer { close(directory) }
        let journal = try Journal.begin(in: directory, boot: Records.boot)
        let large = JournalEntry.input(.note(String(repeating: "x", count: 3000)), request: nil)
        var written = 0
        let refusal = #expect(throws: Refusal.self) {
            while written < 1000 {
                try journal.append(large)
                written += 1
            }
        }
        #expect(refusal?.errno == .noRoom && written > 5 && journal.isFailing)
        #expect(throws: Refusal.self) { try journal.compact(to: [.snapshot([UInt8](repeating: 0, count: 100_000))]) }
        #expect(throws: Refusal.self) { try journal.append(large) }
        #expect(mount("none", path, "tmpfs", UInt(MS_REMOUNT), "size=256k") == 0)
        try journal.append(note)
        #expect(!journal.isFailing)
        let text = try JournalText(Array(try Data(contentsOf: URL(fileURLWithPath: path + "/journal"))))
        #expect(text.records.count == written + 2 && text.torn == nil && text.records.last?.entry == note)
        try journal.compact(to: [.snapshot([1])])
    }
}
