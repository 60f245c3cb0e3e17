// SPDX-License-Identifier: Apache-2.0
// swift-format-ignore-file: NeverForceUnwrap

import MemoryModel
import StateCoding
import Testing

@testable import SysfsTree

extension Browser {
    init(_ session: TreeSession) { self.session = session }

    /// A session as it comes back from its state's bytes.
    func throughBytes() throws -> Browser {
        let bytes = try StateEncoder().encode(session.state)
        return Browser(TreeSession(restoring: try StateDecoder().decode(TreeSession.State.self, from: bytes)))
    }

    /// What every file says, or why it cannot be read, and every link and listing.
    func everything() throws -> [String: String] {
        var found: [String: String] = [:]
        func walk(_ path: String, _ inode: Inode) throws {
            let status = session.status(of: inode)
            found[path] = "\(inode.number) \(status) "
            for entry in try session.entries(of: inode) {
                let path = path + "/" + entry.name
                switch entry.type {
                case Tree.directoryType: try walk(path, entry.inode)
                case Tree.linkType: found[path] = try session.target(of: entry.inode)
                default:
                    found[path] = "\(entry.inode.number) \(session.status(of: entry.inode)) "
                    do throws(Refusal) {
                        found[path]! += String(decoding: try session.text(of: entry.inode), as: UTF8.self)
                    } catch { found[path]! += "\(error)" }
                }
            }
        }
        try walk("", .root)
        return found
    }
}

private func differences(_ one: [String: String], _ other: [String: String]) -> [String] {
    Set(one.keys).union(other.keys).sorted().filter { one[$0] != other[$0] }
}

@Suite struct `A session's state` {
    @Test(arguments: Machines.all.indices)
    func `shows the same tree in another process`(index: Int) throws {
        let busy = Machines.busy(index)
        let copy = try busy.throughBytes()
        let (before, after) = (try busy.everything(), try copy.everything())
        #expect(before.count > 300 && differences(before, after) == [], "\(Machines.all[index].name)")
    }

    @Test func `has permissions and owners`() throws {
        let browser = Browser()
        let (state, online) = (
            try browser.inode("/sys/devices/system/memory/memory1/state"),
            try browser.inode("/sys/devices/system/memory/memory2/online")
        )
        _ = try browser.session.change(state, permissions: 0o600, user: 1000, group: nil, size: nil)
        _ = try browser.session.change(online, permissions: nil, user: nil, group: 7, size: nil)
        let copy = try browser.throughBytes()
        #expect(copy.session.status(of: state).user == 1000 && copy.session.status(of: online).group == 7)
        #expect(copy.session.status(of: state).attributes.mode & 0o7777 == 0o600)
        #expect(differences(try browser.everything(), try copy.everything()) == [])
    }

    @Test func `has writes that wait, which are answered in the end`() throws {
        let browser = Browser()
        let control = "/sys/kernel/debug/hotmem/workload"
        try browser.write(control, "alloc name=w kind=anon block=3 pages=10")
        try browser.write(control, "pin name=w")
        let memory = "/sys/devices/system/memory"
        guard case .waits(let offline) = try browser.store(browser.inode("\(memory)/memory3/state"), "offline"),
            case .waits(let probe) = try browser.store(browser.inode("\(memory)/probe"), "0x280000000")
        else {
            Issue.record("nothing waits")
            return
        }
        let copy = try browser.throughBytes()
        #expect(copy.session.pendingWrites == [offline, probe])
        var answers: [TreeSession.PendingWrite: Int] = [:]
        copy.session.onAnswer = { write, result in answers[write] = try? result.get() }
        try copy.write(control, "unpin name=w")
        #expect(answers == [offline: 7, probe: 11])
        #expect(try copy.text("\(memory)/memory3/state") == "offline\n")
        #expect(copy.session.pendingWrites.isEmpty)
        // What was written is as it was.
        #expect(browser.session.pendingWrites == [offline, probe])
    }

    @Test func `counts the questions of older journals among the writes, as those did`() throws {
        func waiting(isRecorded: Bool) throws -> TreeSession.PendingWrite? {
            let browser = Browser()
            if isRecorded { browser.session.record = { _ in } }
            let control = "/sys/kernel/debug/hotmem/workload"
            try browser.write(control, "alloc name=w kind=anon block=3 pages=10")
            try browser.write("/sys/kernel/debug/hotmem/explain", "block block=3")
            try browser.write(control, "pin name=w")
            let state = try browser.inode("/sys/devices/system/memory/memory3/state")
            guard case .waits(let write) = try browser.store(state, "offline") else { return nil }
            return write
        }
        #expect(try waiting(isRecorded: false)?.number == 4)
        #expect(try waiting(isRecorded: true)?.number == 3)
    }

    @Test func `has what was captured, and what of it does not hold any more`() throws {
        var description = Machines.default
        description.captured = CapturedFiles(
            areas: ["/sys/devices/system/memory"],
            records: [
                .init(PathPattern("/sys/devices/system/memory/memory*/removable")!, .bytes(Array("7\n".utf8))),
                .init(PathPattern("/sys/devices/system/memory/memory{1-3}/extra")!, .bytes(Array("old\n".utf8))),
                .init(PathPattern("/proc/meminfo")!, .bytes(Array("MemFree:          900000 kB\n".utf8))),
            ])
        let browser = Browser(description)
        try browser.write("/sys/devices/system/memory/memory2/state", "offline")
        let copy = try browser.throughBytes()
        #expect(differences(try browser.everything(), try copy.everything()) == [])
        #expect(try copy.text("/proc/meminfo") != "MemFree:          900000 kB\n")
        for browser in [browser, copy] {
            try browser.write("/sys/devices/system/memory/memory2/state", "online")
            try browser.write("/sys/devices/system/memory/memory3/state", "offline")
        }
        #expect(differences(try browser.everything(), try copy.everything()) == [])
    }

    @Test func `is refused where it is another machine's`() throws {
        var (first, second) = (Machines.default, Machines.default)
        first.captured = CapturedFiles()
        second.captured = CapturedFiles(areas: ["/sys"])
        let (one, other) = (Browser(first).session.state, Browser(second).session.state)
        struct Mixed: Encodable {
            let machine: Machine
            let ownership: [Inode: TreeSession.Ownership] = [:]
            let waiting: [Ticket: TreeSession.Rest] = [:]
            let lastWrite = 1
            let captured: CapturedView.State?
        }
        let bytes = try StateEncoder().encode(Mixed(machine: one.machine, captured: other.captured))
        #expect(throws: StateError.self) { try StateDecoder().decode(TreeSession.State.self, from: bytes) }
        let right = try StateEncoder().encode(Mixed(machine: one.machine, captured: one.captured))
        #expect(throws: Never.self) { try StateDecoder().decode(TreeSession.State.self, from: right) }
    }
}
