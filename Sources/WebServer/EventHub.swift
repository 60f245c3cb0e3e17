// SPDX-License-Identifier: Apache-2.0

import DequeModule
import NIOPosix
import Picture
import ServiceLifecycle
import TreeServer

/// Knows what happened and what the machine looks like, and tells all who look.
///
/// What they are told is what changed. Events come last and carry their number: who names the number of the last one
/// that came has missed nothing that came before, and gets what came since.
actor EventHub: Service {
    /// How many events are kept, which is what the machine keeps.
    static let kept = 65_536
    /// How many a page begins with.
    static let shown = 500
    /// How many may look at a time.
    static let limit = 32

    private let files: MachineFiles
    private let pool: NIOThreadPool
    private var events: Deque<EventRecord> = []
    private var view: MachineView?
    private(set) var actions = "[]"
    private var watchers: [Int: AsyncStream<ServerSentEvent>.Continuation] = [:]
    private var count = 0
    private var untold: [EventRecord] = []
    private var isDue = false
    /// How long the machine is let alone after something happened: its thread has others to answer.
    private var pause = Duration.milliseconds(40)
    private var (isReading, isStale) = (false, false)
    private var (reads, newest) = (0, 0)
    private var isOver = false

    init(files: MachineFiles, pool: NIOThreadPool) { (self.files, self.pool) = (files, pool) }

    /// The number of the last event.
    var lastEvent: UInt64 { events.last?.number ?? 0 }

    /// Looks at the machine every two seconds while somebody does: not everything that changes is an event.
    func run() async throws {
        await cancelWhenGracefulShutdown {
            while (try? await Task.sleep(for: .seconds(2))) != nil { await self.lookAgain() }
        }
        isOver = true
        watchers.values.forEach { $0.finish() }
        watchers = [:]
    }

    /// Takes what happened. It is told with what the machine looks like then, a moment later, as most events come in groups.
    func take(_ batch: [EventRecord]) {
        events.append(contentsOf: batch)
        if events.count > Self.kept { events.removeFirst(events.count - Self.kept) }
        guard !watchers.isEmpty else { return }
        untold = (untold + batch).suffix(Self.kept)
        guard !isDue else { return }
        isDue = true
        Task {
            try? await Task.sleep(for: pause)
            isDue = false
            await refresh()
        }
    }

    /// Somebody looks.
    ///
    /// - Parameter event: the last event that they were told of, if they come back.
    /// - Returns: what to tell them; nil where too many look.
    func watch(after event: UInt64?) async throws -> AsyncStream<ServerSentEvent>? {
        guard watchers.count < Self.limit, !isOver else { return nil }
        // What nobody looked at was not read.
        if watchers.isEmpty { untold = [] }
        try await look()
        // Others may have come meanwhile.
        guard watchers.count < Self.limit, !isOver else { return nil }
        let (stream, continuation) = AsyncStream<ServerSentEvent>.makeStream(bufferingPolicy: .bufferingOldest(512))
        count += 1
        let id = count
        for message in beginning(after: event) { continuation.yield(message) }
        continuation.onTermination = { _ in Task { await self.leave(id) } }
        watchers[id] = continuation
        return stream
    }

    /// Tells of the actions, as JSON.
    func send(actions: String) {
        self.actions = actions
        send([ServerSentEvent(name: "actions", data: actions)])
    }

    /// Why a write was refused, from the event that says so; it may come a little later than the answer.
    func refusal(of action: Action, errno: Int32, after event: UInt64) async -> String? {
        for _ in 0..<25 {
            let found = events.reversed().prefix { $0.number > event }.last {
                $0.kind == .refused && $0["file"] == action.file && $0["text"] == action.text + "\n"
                    && $0["errno"] == "\(errno)"
            }
            if let found { return found["reason"] }
            try? await Task.sleep(for: .milliseconds(20))
        }
        return nil
    }

    private func leave(_ id: Int) { watchers[id] = nil }

    private func lookAgain() async {
        guard !watchers.isEmpty else { return }
        // Whoever has gone without a word is found out so.
        send([.comment])
        await refresh()
    }

    /// Looks at the machine and tells of it.
    private func refresh() async {
        isStale = true
        guard !isReading else { return }
        isReading = true
        while isStale {
            isStale = false
            // What cannot be read has gone; the follower says so.
            try? await look()
        }
        isReading = false
    }

    private func look() async throws {
        reads += 1
        let read = reads
        let start = ContinuousClock.now
        let view = try await pool.runIfActive { [files] in try MachineView.read(from: files) }
        pause = min(max(.milliseconds(40), (ContinuousClock.now - start) * 4), .seconds(5))
        // Somebody who began later may have ended earlier.
        guard let view, read > newest else { return }
        newest = read
        tell(of: view)
    }

    /// Tells those who look what differs, and the events that came since.
    private func tell(of read: MachineView) {
        var messages: [ServerSentEvent] = []
        for part in MachineView.Part.allCases where read.parts[part] != view?.parts[part] {
            messages.append(ServerSentEvent(name: part.rawValue, data: read.parts[part] ?? "null"))
        }
        if let splice = RunSplice(from: view?.runs ?? [], to: read.runs) {
            messages.append(ServerSentEvent(name: "blocks", data: splice.json))
        }
        view = read
        messages += Self.messages(untold)
        untold = []
        send(messages)
    }

    private func beginning(after event: UInt64?) -> [ServerSentEvent] {
        guard let view else { return [] }
        var messages = [ServerSentEvent(name: "begin", data: "{}")]
        messages += MachineView.Part.allCases.map { ServerSentEvent(name: $0.rawValue, data: view.parts[$0] ?? "null") }
        messages.append(ServerSentEvent(name: "blocks", data: RunSplice(all: view.runs).json))
        messages.append(ServerSentEvent(name: "actions", data: actions))
        // A number that is not reached yet is another machine's.
        let missed =
            if let event, event <= lastEvent { Array(events.suffix(Int(clamping: lastEvent - event))) } else {
                Array(events.suffix(Self.shown))
            }
        return messages + Self.messages(missed)
    }

    private static func messages(_ events: [EventRecord]) -> [ServerSentEvent] {
        guard let last = events.last else { return [] }
        return [
            ServerSentEvent(
                name: "events", id: last.number, data: "[" + events.map(\.json).joined(separator: ", ") + "]")
        ]
    }

    /// Whoever does not keep up is parted from, and comes back by itself.
    private func send(_ messages: [ServerSentEvent]) {
        for (id, watcher) in watchers {
            for message in messages {
                if case .enqueued = watcher.yield(message) { continue }
                watcher.finish()
                watchers[id] = nil
                break
            }
        }
    }
}

extension EventRecord {
    /// The event for the page: number, time, kind, words, and the block that it is about.
    fileprivate var json: String {
        let name = self["block"] ?? self["DEVPATH"].map { String($0.split(separator: "/").last ?? "") } ?? ""
        let block = name.hasPrefix("memory") ? Int(name.dropFirst("memory".count)) : nil
        return JSONText.object([
            ("number", "\(number)"), ("time", "\(time)"), ("kind", JSONText.text(kind.rawValue)),
            ("words", JSONText.text(words)), ("block", block.map(String.init) ?? "null"),
        ])
    }
}
