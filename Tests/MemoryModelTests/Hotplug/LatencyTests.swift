// SPDX-License-Identifier: Apache-2.0

import MemoryModel
import Testing

@Suite struct `How long a machine takes` {
    private static func machine(_ commandLine: String) -> Machine { Machine(booting: Machines.oneNode(commandLine)) }

    @Test func `holds answers back, and nothing else`() throws {
        var machine = Self.machine("hotmem.latency=online=5ms,offline=1500us")
        let block = BlockID(3)
        let outcome = machine.apply(.setState(block, .offline))
        #expect(outcome.refusal == nil && outcome.finished == [])
        let ticket = try #require(outcome.waiting)
        #expect(machine.block(3).state == .offline && machine.deadline == 2)
        #expect(machine.apply(.tick(milliseconds: 1)).finished == [])
        #expect(machine.apply(.tick(milliseconds: 1)).finished.map(\.ticket) == [ticket])
        #expect(machine.deadline == nil)
        #expect(machine.apply(.setState(block, .offline)).waiting == nil, "what is refused takes no time")
        let late = machine.apply(.setOnline(block, true))
        let answer = machine.apply(.interrupt(try #require(late.waiting))).finished
        #expect(answer.map(\.refusal) == [nil] && machine.block(3).state == .online)
    }

    @Test func `is no property of a plan`() {
        let (slow, quick) = (Self.machine("hotmem.latency=offline=1s"), Self.machine(""))
        let node = quick.onlineNodes[0].id
        #expect(slow.planRemoval(of: node) == quick.planRemoval(of: node))
    }

    @Test(arguments: ["", "online", "online=", "online=5", "walk=5ms", "online=5ms,", "online=0ms", "online=2h"])
    func `that is none is complained of`(text: String) {
        #expect(Latencies(text) == nil)
        #expect(Self.machine("hotmem.latency=\(text)").complaints == ["hotmem.latency=\(text): bad value, ignored"])
    }

    @Test func `and a seed are what nobody else says`() throws {
        var (machine, plain) = (Self.machine("hotmem.seed=7"), Self.machine(""))
        let words: [[FaultKey: String]] = [
            [.kind: "lose", .every: "3"], [.kind: "delay", .time: "1s", .every: "3", .seed: "1"], [.kind: "double"],
        ]
        for fault in try words.map({ try Fault($0) }) {
            _ = machine.apply(.setFault(fault))
            _ = plain.apply(.setFault(fault))
        }
        #expect(machine.faultList.map(\.fault.seed) == [7, 1, nil])
        #expect(plain.faultList.map(\.fault.seed) == [nil, 1, nil])
    }
}
