// SPDX-License-Identifier: Apache-2.0

import MemoryModel
import StateCoding
import Testing

@testable import TreeServer

@Suite struct `The event log` {
    /// All lines after an event, however many a reader gets at once.
    private func records(of log: EventLog, after first: UInt64 = 0) -> [EventRecord] {
        var (number, records) = (first, [EventRecord]())
        while number < log.last {
            let more = log.lines(after: number)
            records += String(decoding: more.text, as: UTF8.self).split(separator: "\n").compactMap {
                EventRecord(line: $0)
            }
            number = more.last
        }
        return records
    }

    @Test func `numbers events from 1 without gaps, and keeps the latest`() {
        let log = EventLog()
        let block = BlockID(40)
        for _ in 0..<EventLog.kept {
            log.append([.blockAdded(block), .settingChanged, .zoneChanged(NodeID(0), .normal)])
        }
        let records = records(of: log)
        #expect(records.count == EventLog.kept && records.last?.number == log.last)
        #expect(log.last == UInt64(2 * EventLog.kept))
        #expect(records.map(\.number) == Array((log.last - UInt64(EventLog.kept) + 1)...log.last))
        #expect(self.records(of: log, after: log.last - 1).map(\.kind) == [.zone])
    }

    @Test func `tells what a fault did, and of a uevent only when it is sent`() throws {
        var machine = Machine(
            booting: MachineDescription(memory: [.init(first: 0, last: (1 << 30) - 1, kind: .usable)]))
        let log = EventLog()
        func run(_ command: Command) { log.append(machine.apply(command).announced) }
        func set(_ words: [FaultKey: String]) throws { run(.setFault(try Fault(words))) }
        try set([.kind: "lose", .name: "deaf"])
        run(.probe(address: 1 << 30))
        try set([.kind: "delay", .time: "250us"])
        run(.probe(address: 9 << 27))
        run(.tick(milliseconds: 1))
        try set([.kind: "flood", .uevents: "70000"])
        run(.uevent(.block(BlockID(9)), .change, arguments: []))
        try set([.kind: "offline", .errno: "EIO"])
        run(.setState(BlockID(2), .offline))
        let records = records(of: log)
        let told = records.filter { $0.kind == .fault || $0.kind == .uevent }.map(\.words)
        #expect(
            told == [
                "fault deaf: uevent add@/devices/system/memory/memory8 is lost",
                "fault delay: uevent add@/devices/system/memory/memory9 is sent 250us later",
                "uevent add@/devices/system/memory/memory9",
                "fault flood: 70000 other uevents are sent before change@/devices/system/memory/memory9",
                "uevent change@/devices/system/memory/memory9",
                "fault offline: memory2 may not go offline (errno 5)",
            ])
        let refusal = try #require(records.first { $0["fault"] == "offline" })
        #expect(refusal["name"] == "offline" && refusal["block"] == "memory2" && refusal["errno"] == "5")
        #expect(records.allSatisfy { EventRecord(line: $0.line) == $0 })
    }

    @Test func `gives every change that has a number a line`() throws {
        let log = EventLog()
        let refusal = Refusal(.busy, "a \"reason\"")
        let changes: [Change] = [
            .blockAdded(BlockID(1)), .stateChanged(BlockID(1), .online), .nodeRemoved(NodeID(1)),
            .pagesMoved(from: BlockID(1), frames: 3, to: NodeID(0), .movable), .pagesStay(BlockID(1), reason: "pinned"),
            .workloadChanged(name: "db"), .pagePoisoned(77), .refused(refusal), .settingChanged,
            .deviceChanged(slot: 1),
            .uevent(.memoryRoot, .add, arguments: []),
            .uevent(.block(BlockID(1)), .change, arguments: ["SYNTH_UUID=0"]),
        ]
        log.append(changes)
        log.appendRefused(file: "/sys/x", text: "offline\n", refusal)
        log.append(Loss(listener: 12, uevents: 5))
        let records = records(of: log)
        #expect(records.map(\.number) == Array(1...log.last))
        #expect(
            records.map(\.kind) == [
                .uevent, .state, .uevent, .migration, .waiting, .workload, .poison, .refused, .uevent, .refused, .lost,
            ])
        #expect(records.allSatisfy { !$0.words.isEmpty })
        let refused = try #require(records.dropLast().last)
        #expect(refused["file"] == "/sys/x" && refused["errno"] == "16" && refused["reason"] == "a \"reason\"")
        #expect(refused.words == #""offline\n" to /sys/x refused: a "reason" (errno 16)"#)
    }

    @Test func `keeps no long text`() throws {
        let log = EventLog()
        let long = String(repeating: "x", count: 100_000)
        let refusal = Refusal(.invalid, long)
        log.appendRefused(file: "/sys/x", text: long, refusal)
        log.note(long)
        log.append([.workloadChanged(name: long), .refused(refusal), .pagesStay(BlockID(1), reason: long)])
        #expect(log.lines(after: 0).text.count < 2500 && records(of: log).count == 5)
    }

    @Test func `goes on where it was written down`() throws {
        let log = EventLog()
        log.append([.stateChanged(BlockID(3), .offline), .uevent(.node(NodeID(1)), .change, arguments: ["A=1"])])
        log.appendRefused(file: "/sys/x", text: "on", Refusal(.busy, "busy"))
        log.note("here")
        log.append(Loss(listener: 12, uevents: 5))
        let bytes = try StateEncoder().encode(log.state)
        let copy = EventLog(restoring: try StateDecoder().decode(EventLog.State.self, from: bytes))
        #expect(copy.last == log.last && copy.lines(after: 0).text == log.lines(after: 0).text)
        copy.note("there")
        #expect(records(of: copy, after: log.last).map(\.number) == [log.last + 1])
    }

    @Test func `has nothing to tell at first`() {
        let log = EventLog()
        #expect(log.last == 0 && log.lines(after: 0).text.isEmpty && log.lines(after: 9).text.isEmpty)
    }
}
