// SPDX-License-Identifier: Apache-2.0

import MemoryModel
import Testing

@testable import SysfsTree

/// What comes to a tree, recorded and given to another.
@Suite struct `Inputs that are recorded` {
    private static let texts: [(String, [String])] = [
        ("/sys/devices/system/memory/probe", ["0x140000000", "0x148000000\n", "0x1", "nonsense", "0x150000000"]),
        ("/sys/devices/system/memory/memory33/state", ["offline", "online", "online_movable", "onlin\n"]),
        ("/sys/devices/system/memory/memory40/state", ["online_movable", "offline", "online"]),
        ("/sys/devices/system/memory/auto_online_blocks", ["online", "offline\n", "never"]),
        (
            "/sys/kernel/debug/hotmem/workload",
            [
                "alloc name=a kind=anon pages=100", "alloc name=b kind=kernel pages=3 block=34", "free name=a",
                "alloc name=c kind=file pages=10\nfree name=b", "alloc name=a", "stall name=c", "resume name=c",
            ]
        ),
        ("/sys/kernel/debug/hotmem/dimm", ["plug id=d size=256M node=1", "unplug id=d", "plug id=d size=7"]),
        ("/sys/kernel/debug/hotmem/events", ["note here", "noise"]),
        ("/sys/devices/system/node/node0/compact", ["1"]),
    ]

    /// All texts of the whole tree.
    private func everything(_ session: TreeSession) -> [String: String] {
        var (texts, waiting): ([String: String], [(String, Inode)]) = ([:], [("", .root)])
        while let (path, directory) = waiting.popLast() {
            for entry in (try? session.entries(of: directory)) ?? [] {
                let status = session.status(of: entry.inode)
                texts["\(path)/\(entry.name)"] =
                    "\(status.attributes.mode) \(status.user ?? 0) \(status.group ?? 0) "
                    + ((try? session.text(of: entry.inode)).map { String(decoding: $0, as: UTF8.self) } ?? "")
                if entry.inode.row == 0 { waiting.append(("\(path)/\(entry.name)", entry.inode)) }
            }
        }
        return texts
    }

    private final class Source: EventSource {
        var notes: [String] = []
        var last: UInt64 { UInt64(notes.count) }
        func note(_ text: String) { notes.append(text) }
        func lines(after number: UInt64) -> (text: [UInt8], last: UInt64) {
            (notes.dropFirst(Int(number)).flatMap { Array(($0 + "\n").utf8) }, last)
        }
    }

    @Test(arguments: 0..<20 as Range<UInt64>)
    func `make the same tree again`(seed: UInt64) throws {
        var (browser, random) = (Browser(), SplitMix(seed))
        var inputs: [Input] = []
        let source = Source()
        browser.session.events = source
        browser.session.record = { inputs.append($0) }
        var outcomes: [Outcome] = []
        browser.session.onOutcome = { outcomes.append($1) }
        var pending: [TreeSession.PendingWrite] = []
        for _ in 0..<60 {
            let (file, texts) = Self.texts[random.below(Self.texts.count)]
            guard let inode = try? browser.inode(file) else { continue }
            switch random.below(12) {
            case 0: _ = try? browser.session.change(inode, permissions: 0o640, user: 7, group: nil, size: nil)
            case 1: try browser.session.tick(milliseconds: 5)
            case 2: if let write = pending.popLast() { try browser.session.interrupt(write) }
            default:
                let result = try? browser.store(inode, texts[random.below(texts.count)])
                if case .waits(let write)? = result { pending.append(write) }
            }
        }
        #expect(inputs.count > 20)
        let copy = Browser()
        let copySource = Source()
        copy.session.events = copySource
        var copied: [Outcome] = []
        copy.session.onOutcome = { copied.append($1) }
        for input in inputs { #expect(copy.session.replay(input) != .noFile) }
        #expect(everything(copy.session) == everything(browser.session))
        #expect(copied == outcomes && copySource.notes == source.notes)
        browser = copy
    }

    @Test func `are refused as they cannot be recorded, and change nothing`() throws {
        let browser = Browser()
        let full = Refusal(.noRoom, "no room")
        browser.session.record = { (_) throws(Refusal) in throw full }
        let before = everything(browser.session)
        #expect(throws: full) { try browser.write("/sys/devices/system/memory/probe", "0x140000000") }
        #expect(throws: full) { try browser.write("/sys/kernel/debug/hotmem/workload", "nonsense") }
        let probe = try browser.inode("/sys/devices/system/memory/probe")
        #expect(throws: full) {
            try browser.session.change(probe, permissions: 0o600, user: nil, group: nil, size: nil)
        }
        #expect(throws: full) { try browser.session.tick(milliseconds: 1) }
        #expect(throws: full) { try browser.session.note("x") }
        #expect(throws: full) { try browser.session.take(.note("x")) {} }
        #expect(everything(browser.session) == before)
        // What changes nothing is not recorded.
        _ = try browser.session.change(probe, permissions: nil, user: nil, group: nil, size: 0)
        #expect(try browser.store(probe, "") == .taken(0))
    }

    @Test func `are one where one does much`() throws {
        let browser = Browser()
        var inputs: [Input] = []
        browser.session.record = { inputs.append($0) }
        try browser.session.take(.note("whole")) { try? browser.session.tick(milliseconds: 3) }
        #expect(inputs == [.note("whole")])
        try browser.session.tick(milliseconds: 3)
        #expect(inputs.count == 2)
    }
}

/// Random numbers that are the same each time.
private struct SplitMix {
    private var state: UInt64
    init(_ seed: UInt64) { state = seed }
    mutating func below(_ limit: Int) -> Int {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ value >> 30) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ value >> 27) &* 0x94D0_49BB_1331_11EB
        return Int((value ^ value >> 31) % UInt64(limit))
    }
}
