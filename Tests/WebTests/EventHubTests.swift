// SPDX-License-Identifier: Apache-2.0

import NIOPosix
import Testing
import TreeServer

@testable import WebServer

extension EventHub {
    /// Takes lines of `events`.
    func take(events lines: [String]) { take(lines.compactMap { EventRecord(line: $0) }) }
}

@Suite struct `Who looks at a machine` {
    private func line(_ number: Int) -> String { "\(number) 5.000000 state block=memory\(number) state=offline" }

    /// The messages until one of that name.
    private func messages(
        _ stream: AsyncStream<ServerSentEvent>, to name: String
    ) async throws -> [ServerSentEvent] {
        try await withThrowingTaskGroup(of: [ServerSentEvent].self) { group in
            group.addTask {
                var all: [ServerSentEvent] = []
                for await message in stream {
                    all.append(message)
                    if message.name == name { break }
                }
                return all
            }
            group.addTask {
                try await Task.sleep(for: .seconds(20))
                return []
            }
            defer { group.cancelAll() }
            return try await group.next() ?? []
        }
    }

    @Test func `begins with all of it, and events last`() async throws {
        try await FakeTree.with { tree in
            let hub = EventHub(files: tree.files, pool: NIOThreadPool.singleton)
            await hub.take(events: [line(1), line(2)])
            let stream = try #require(try await hub.watch(after: nil))
            let told = try await messages(stream, to: "events")
            #expect(
                told.map(\.name) == [
                    "begin", "machine", "free", "workloads", "devices", "faults", "blocks", "actions", "events",
                ])
            #expect(told.last?.id == 2)
            #expect(told.last?.data.contains(#""block": 1"#) == true)
        }
    }

    @Test func `misses nothing when they come back`() async throws {
        try await FakeTree.with { tree in
            let hub = EventHub(files: tree.files, pool: NIOThreadPool.singleton)
            await hub.take(events: (1...2000).map(line))
            let stream = try #require(try await hub.watch(after: 700))
            let told = try #require(try await messages(stream, to: "events").last)
            #expect(told.id == 2000)
            #expect(told.data.matches(of: /"number"/).count == 1300)
            #expect(told.data.hasPrefix(#"[{"number": 701,"#))
        }
    }

    @Test func `is told of the latest when they come with another machine's number`() async throws {
        try await FakeTree.with { tree in
            let hub = EventHub(files: tree.files, pool: NIOThreadPool.singleton)
            await hub.take(events: (1...2000).map(line))
            let stream = try #require(try await hub.watch(after: 5000))
            let told = try #require(try await messages(stream, to: "events").last)
            #expect(told.data.matches(of: /"number"/).count == EventHub.shown)
        }
    }

    @Test func `is told what changed, and no more`() async throws {
        try await FakeTree.with { tree in
            let hub = EventHub(files: tree.files, pool: NIOThreadPool.singleton)
            let stream = try #require(try await hub.watch(after: nil))
            _ = try await messages(stream, to: "actions")
            try tree.write(FakeTree.map(offline: [2]), to: MachineFiles.control("map"))
            await hub.take(events: [line(1), line(2)])
            let told = try await messages(stream, to: "events")
            #expect(told.map(\.name) == ["blocks", "events"])
            #expect(told.first?.data.hasPrefix(#"{"at": 2, "removed": 1, "runs": [{"first": 2, "last": 2"#) == true)
            #expect(told.last?.id == 2)
        }
    }

    @Test func `is one of so many at most, also where many come at once`() async throws {
        try await FakeTree.with { tree in
            let hub = EventHub(files: tree.files, pool: NIOThreadPool.singleton)
            // All at once, for that is how a limit is passed.
            let streams = try await withThrowingTaskGroup(of: AsyncStream<ServerSentEvent>?.self) { group in
                for _ in 0..<EventHub.limit * 3 { group.addTask { try await hub.watch(after: nil) } }
                return try await group.reduce(into: [AsyncStream<ServerSentEvent>]()) { streams, stream in
                    if let stream { streams.append(stream) }
                }
            }
            #expect(streams.count == EventHub.limit)
            #expect(try await hub.watch(after: nil) == nil)
        }
    }
}
