// SPDX-License-Identifier: Apache-2.0

import Synchronization
import Testing

@testable import MemoryModel

@Suite struct `The notifier chain` {
    /// Notes who was called, in order.
    private final class Calls: Sendable {
        let names = Mutex<[String]>([])

        func listener(_ name: String, priority: Int, refusing: MemoryAction? = nil) -> MemoryListener {
            MemoryListener(name: name, priority: priority) { [self] action, _ in
                names.withLock { $0.append("\(name) \(action.rawValue)") }
                return action == refusing ? .notPermitted : nil
            }
        }

        func take() -> [String] {
            names.withLock { names in
                defer { names = [] }
                return names
            }
        }
    }

    @Test func `calls the highest priority first, equal ones in order of registration`() throws {
        let calls = Calls()
        var machine = Machine(booting: Machines.oneNode())
        for (name, priority) in [("a", 0), ("b", 5), ("c", 0), ("d", -1), ("e", 5), ("f", 1000)] {
            machine.register(calls.listener(name, priority: priority))
        }
        try machine.run(.state(3, .offline))
        let order = ["f", "b", "e", "a", "c", "d"]
        #expect(calls.take() == order.map { "\($0) MEM_GOING_OFFLINE" } + order.map { "\($0) MEM_OFFLINE" })
        let priorities = machine.notifiers.listeners.map(\.priority)
        #expect(priorities == priorities.sorted(by: >))
    }

    @Test(arguments: [MemoryAction.goingOnline, .goingOffline])
    func `the first objection ends the round, and everyone hears of the cancellation`(action: MemoryAction) throws {
        let calls = Calls()
        var machine = Machine(booting: Machines.oneNode())
        if action == .goingOnline { try machine.run(.state(3, .offline)) }
        machine.register(calls.listener("first", priority: 9))
        machine.register(calls.listener("objector", priority: 8, refusing: action))
        machine.register(calls.listener("last", priority: 7))
        let outcome = machine.apply(.state(3, action == .goingOnline ? .online : .offline))
        #expect(outcome.refusal == Refusal(.notPermitted, "notifier failure: objector"))
        let cancel = action == .goingOnline ? "MEM_CANCEL_ONLINE" : "MEM_CANCEL_OFFLINE"
        #expect(
            calls.take() == ["first \(action.rawValue)", "objector \(action.rawValue)"]
                + ["first", "objector", "last"].map { "\($0) \(cancel)" })
        expectInvariants(machine)
    }

    @Test(arguments: [MemoryAction.online, .offline, .cancelOnline, .cancelOffline])
    func `an objection to what has happened is ignored`(action: MemoryAction) throws {
        let calls = Calls()
        var machine = Machine(booting: Machines.oneNode())
        machine.register(calls.listener("late", priority: 0, refusing: action))
        machine.register(calls.listener("later", priority: -1))
        try machine.run(.state(3, .offline), .state(3, .online))
        #expect(calls.take().filter { $0.hasPrefix("later") }.count == 4)
    }

    @Test func `the injector is asked last`() throws {
        let calls = Calls()
        var machine = Machine(booting: Machines.oneNode())
        machine.register(calls.listener("low", priority: -100))
        try machine.run(.injectError(.goingOffline, .busy))
        #expect(machine.apply(.state(3, .offline)).refusal?.reason == "notifier failure: memory-notifier-error-inject")
        #expect(calls.take() == ["low MEM_GOING_OFFLINE", "low MEM_CANCEL_OFFLINE"])
    }
}
