// SPDX-License-Identifier: Apache-2.0

import NIOPosix
import Testing

@testable import WebServer

@Suite struct `An action` {
    @Test(arguments: ["online", "online_kernel", "online_movable", "offline"])
    func `is a word for a block's state`(word: String) throws {
        try Action(file: "/sys/devices/system/memory/memory40/state", text: word).check()
    }

    @Test(arguments: ["workload", "dimm", "faults"]) func `is a line for a control`(name: String) throws {
        try Action(file: "/sys/kernel/debug/hotmem/\(name)", text: "free name=db").check()
    }

    @Test(arguments: [
        "/etc/passwd", "", "/sys/devices/system/memory/memory/state", "/sys/devices/system/memory/memory1/../x/state",
        "/sys/devices/system/memory/memory-1/state", "/sys/devices/system/memory/memory1/online",
        "/sys/kernel/debug/hotmem/events", "/sys/kernel/debug/hotmem/dimm/", "/sys/kernel/debug/hotmem/../hotmem/dimm",
    ]) func `writes to no other file`(file: String) {
        #expect(throws: ActionProblem.file) { try Action(file: file, text: "offline").check() }
    }

    @Test(arguments: ["free name=a\nfree name=b", "a\u{0}", String(repeating: "a", count: 1001), "a\u{7f}"])
    func `is one line of some length`(text: String) {
        #expect(throws: ActionProblem.text) {
            try Action(file: "/sys/kernel/debug/hotmem/workload", text: text).check()
        }
    }

    @Test func `is no other word for a block's state`() {
        #expect(throws: ActionProblem.text) {
            try Action(file: "/sys/devices/system/memory/memory1/state", text: "remove").check()
        }
    }
}

@Suite struct `What becomes of an action` {
    private let action = Action(file: "/sys/devices/system/memory/memory1/state", text: "offline")

    private func hub(_ tree: FakeTree) -> EventHub {
        EventHub(files: tree.files, pool: NIOThreadPool.singleton)
    }

    /// What the hub was told last of the actions, once nothing is pending.
    private func end(_ hub: EventHub) async throws -> String {
        for _ in 0..<500 {
            let told = await hub.actions
            if told != "[]", !told.contains("pending") { return told }
            try await Task.sleep(for: .milliseconds(20))
        }
        return "still pending"
    }

    @Test func `is done when its line is written`() async throws {
        try await FakeTree.with { tree in
            try tree.write("", to: action.file)
            let hub = hub(tree)
            let runner = ActionRunner(
                files: tree.files, program: try tree.writer(#"echo "$3" > "$2""#), hub: hub)
            #expect(try await runner.start(action).state == .pending)
            #expect(try await end(hub).contains(#""state": "done""#))
            #expect(tree.read(action.file) == "offline\n")
            await runner.end()
        }
    }

    @Test func `is its errno, and the reason from the events`() async throws {
        try await FakeTree.with { tree in
            let hub = hub(tree)
            let runner = ActionRunner(files: tree.files, program: try tree.writer("echo 16; exit 1"), hub: hub)
            _ = try await runner.start(action)
            await hub.take(events: [
                #"1 5.000000 refused file=/sys/devices/system/memory/memory1/state text="offline\n" errno=16 reason="no room""#
            ])
            let told = try await end(hub)
            #expect(told.contains(#""state": "refused", "errno": 16, "message": "Device or resource busy""#))
            #expect(told.contains(#""reason": "no room""#))
            await runner.end()
        }
    }

    @Test func `is refused with an errno of any size, and not done`() async throws {
        try await FakeTree.with { tree in
            let hub = hub(tree)
            let runner = ActionRunner(files: tree.files, program: try tree.writer("echo 256; exit 1"), hub: hub)
            _ = try await runner.start(action)
            #expect(try await end(hub).contains(#""state": "refused", "errno": 256"#))
            await runner.end()
        }
    }

    @Test func `is nothing more once it is cancelled`() async throws {
        try await FakeTree.with { tree in
            let hub = hub(tree)
            let runner = ActionRunner(files: tree.files, program: try tree.writer("exec sleep 3600"), hub: hub)
            let id = try await runner.start(action).id
            #expect(await !runner.cancel(id + 1))
            #expect(await runner.cancel(id))
            #expect(try await end(hub).contains(#""state": "cancelled", "errno": 4"#))
            #expect(await !runner.cancel(id))
            await runner.end()
        }
    }

    @Test func `is not awaited for more than so many, and none outlives the server`() async throws {
        try await FakeTree.with { tree in
            let hub = hub(tree)
            let runner = ActionRunner(files: tree.files, program: try tree.writer("exec sleep 3600"), hub: hub)
            for _ in 0..<ActionRunner.limit { _ = try await runner.start(action) }
            await #expect(throws: ActionProblem.tooMany) { try await runner.start(action) }
            await runner.end()
            let told = try await end(hub)
            #expect(told.matches(of: /"cancelled"/).count == ActionRunner.limit)
        }
    }
}
