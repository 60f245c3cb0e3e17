// SPDX-License-Identifier: Apache-2.0

import MemoryModel
import Testing

@testable import SysfsTree

/// What the controls read back after what was written to them.
@Suite struct `The control` {
    private static let control = "sys/kernel/debug/hotmem/"
    private let memory = "sys/devices/system/memory/"
    private let browser = Browser()

    private func text(_ name: String) throws -> String { try browser.text(Self.control + name) }
    private func lines(_ name: String) throws -> [String] { try text(name).split(separator: "\n").map(String.init) }
    private func write(_ name: String, _ line: String) throws { try browser.write(Self.control + name, line + "\n") }
    private func errno(_ name: String, _ line: String) -> Errno? {
        browser.errno { (browser) throws(Refusal) in try browser.write(Self.control + name, line) }
    }

    @Test func `notifiers shows who is on the chain, and the calls with all they were told`() throws {
        #expect(try lines("notifiers").first == "listener ksm priority=100")
        try write("dimm", "plug id=d1 size=128M node=1")
        try browser.write(memory + "memory80/state", "online_movable")
        let error = "sys/kernel/debug/notifier-error-inject/memory/actions/MEM_GOING_OFFLINE/error"
        try browser.write(error, "-5")
        #expect(browser.errno { (b) throws(Refusal) in try b.write(memory + "memory80/state", "offline") } != nil)
        let range = "start_pfn=2621440 nr_pages=32768"
        let ids = "status_change_nid=1 status_change_nid_normal=-1 status_change_nid_high=-1"
        #expect(
            try lines("notifiers").filter { !$0.hasPrefix("listener") } == [
                "1 MEM_GOING_ONLINE \(range) \(ids)", "2 MEM_ONLINE \(range) \(ids)",
                "3 MEM_GOING_OFFLINE \(range) \(ids) refused=5 by=memory-notifier-error-inject",
                "4 MEM_CANCEL_OFFLINE \(range) \(ids)",
            ])
    }

    @Test func `notifiers names the node that gets its first high memory`() throws {
        var description = Machines.all[4].description
        description.affinity = [
            .init(node: 0, first: 0, last: (1 << 30) - 1),
            .init(node: 1, first: 1 << 30, last: (2 << 30) - 1, hotplug: true),
        ]
        let browser = Browser(description)
        let size = browser.session.machine.blockSize
        try browser.write(Self.control + "dimm", "plug id=d1 size=\(size) node=1")
        let block = try #require(browser.session.machine.blocks.last).id
        try browser.write(memory + "\(block)/state", "online_kernel")
        #expect(try browser.text(Self.control + "notifiers").contains("status_change_nid_high=1\n"))
    }

    @Test func `policy shows both policies, and what is booked`() throws {
        #expect(try text("policy") == "set offline_policy=isolate\nset migrate=away\n")
        try write("policy", "set offline_policy=booked")
        try write("policy", "set migrate=near")
        try write("workload", "alloc name=w kind=kernel block=3 pages=8")
        let state = try browser.inode(memory + "memory3/state")
        guard case .waits = try browser.store(state, "offline") else {
            Issue.record("a kernel page is not waited for")
            return
        }
        #expect(try text("policy") == "set offline_policy=booked\nset migrate=near\nbooked=32760\n")
        for line in ["set", "set migrate=far", "set migrate=near offline_policy=booked", "set offline_policy="] {
            #expect(errno("policy", line) == .invalid, "\(line)")
        }
    }

    @Test func `faults shows them in the words that set them, with their counts`() throws {
        #expect(try text("faults").isEmpty)
        try write("faults", "set kind=offline errno=EAGAIN next=2 block=3-4")
        try write("faults", "set kind=lose every=1 seed=7 name=deaf subsystem=memory action=offline")
        let state = memory + "memory3/state"
        for _ in 0..<2 { #expect(browser.errno { (b) throws(Refusal) in try b.write(state, "offline") } == .tryAgain) }
        try browser.write(state, "offline")
        #expect(
            try lines("faults") == [
                "set name=offline kind=offline errno=EAGAIN next=2 block=3-4 asked=2 hits=2",
                "set name=deaf kind=lose every=1 seed=7 subsystem=memory action=offline asked=1 hits=1",
            ])
        try write("faults", "clear name=offline")
        #expect(try lines("faults").count == 1)
        try write("faults", "set kind=memmap\nclear\n")
        #expect(try text("faults").isEmpty)
    }

    @Test func `faults says which word it does not take, and why`() throws {
        for (line, reason) in [
            ("set kind=slow", "time= is needed for a fault of kind slow"),
            ("set kind=offline errno=EBUSI", "errno= is a name such as EBUSY, or a number from 1 to 511"),
            ("set kind=memmap errno=EBUSY", "errno= is nothing that a fault of kind memmap has"),
            (
                "set kind=off",
                "kind= is unknown: known are \(FaultKind.allCases.map(\.rawValue).joined(separator: ", "))"
            ),
            ("set name=a", "set needs kind="), ("clear name=a", "no fault named a"),
        ] {
            #expect(throws: (any Error).self) { try write("faults", line) }
            do { try write("faults", line) } catch let error as Refusal { #expect(error.reason == reason) }
        }
        #expect(try text("faults").isEmpty)
    }

    @Test func `schedule shows the blocks in the words that scheduled them`() throws {
        try write("schedule", "avoid block=2-4")
        try write("schedule", "avoid block=6")
        #expect(try text("schedule") == "avoid block=2-4\navoid block=6\n")
        try write("schedule", "allow block=3")
        #expect(try text("schedule") == "avoid block=2\navoid block=4\navoid block=6\n")
        try write("schedule", "allow block=0-7")
        #expect(try text("schedule").isEmpty)
        for line in ["avoid block=4-2", "avoid block=x", "avoid block=1-2-3", "avoid block=-", "avoid"] {
            #expect(errno("schedule", line) == .invalid, "\(line)")
        }
        #expect(errno("schedule", "avoid block=90-99") == .noAddress)
    }

    @Test func `migration finds a page that was moved`() throws {
        #expect(try text("migration") == "hits=0 misses=0\n")
        try write("workload", "alloc name=db kind=anon block=3 pages=4")
        try browser.write(memory + "memory3/state", "offline")
        #expect(errno("migration", "find pfn=7") == .noEntry)
        try write("migration", "find pfn=131071")
        let lines = try lines("migration")
        #expect(lines.first == "hits=1 misses=1")
        #expect(lines.last?.hasPrefix("pfn=131071 now=") == true && lines.last?.hasSuffix("owner=db") == true)
    }

    @Test func `memmap shows where the memory map of an added block is`() throws {
        #expect(try text("memmap").isEmpty, "boot's own is reserved")
        try write("dimm", "plug id=d1 size=256M node=1")
        let lines = try lines("memmap")
        #expect(lines.count == 2 && lines[0].hasPrefix("block=80 pages=512 blocks="), "\(lines)")
        #expect(lines.allSatisfy { $0.hasSuffix(":512") }, "\(lines)")
    }

    @Test func `dimm shows what is plugged in, and where`() throws {
        try write("dimm", "plug id=d1 size=256M node=1")
        #expect(
            try text("dimm") == "id=d1 slot=0 first=0x280000000 size=268435456 node=1 bound=1 blocks=80-81\n")
        try write("dimm", "unplug id=d1")
        #expect(try text("dimm").isEmpty)
    }
}
