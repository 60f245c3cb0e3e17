// SPDX-License-Identifier: Apache-2.0

import Glibc
import NIOPosix

/// Does what the page asks for, each in a process of its own, as a write may wait for as long as it likes.
actor ActionRunner {
    /// How many may wait at a time.
    static let limit = 16
    /// How many of the latest are told of.
    private static let shown = 100

    private let files: MachineFiles
    private let program: String
    private let hub: EventHub
    private let pool = NIOThreadPool(numberOfThreads: ActionRunner.limit)
    private var records: [ActionRecord] = []
    private var writers: [Int: FileWriter.Started] = [:]
    private var count = 0
    private var isOver = false

    /// - Parameter program: what writes, see `FileWriter`.
    init(files: MachineFiles, program: String, hub: EventHub) {
        (self.files, self.program, self.hub) = (files, program, hub)
        pool.start()
    }

    /// Begins an action; what becomes of it is told by the hub.
    func start(_ action: Action) async throws -> ActionRecord {
        try action.check()
        guard !isOver else { throw ActionProblem.over }
        guard writers.count < Self.limit else { throw ActionProblem.tooMany }
        count += 1
        let record = ActionRecord(id: count, action: action)
        let writer = try FileWriter.start(program, line: action.text, path: files.path(action.file))
        writers[record.id] = writer
        records.append(record)
        // What waits can still be cancelled, however much came after it.
        while records.count > Self.shown, let ended = records.firstIndex(where: { $0.state != .pending }) {
            records.remove(at: ended)
        }
        let before = await hub.lastEvent
        await tell()
        Task { await finish(record.id, writer, after: before) }
        return record
    }

    /// Ends the write of an action that waits; false where none of that number does.
    func cancel(_ id: Int) -> Bool {
        guard let writer = writers[id] else { return false }
        return kill(writer.process, SIGTERM) == 0
    }

    /// Ends all of them, and begins no more.
    func end() async {
        isOver = true
        for writer in writers.values { kill(writer.process, SIGTERM) }
        try? await pool.shutdownGracefully()
    }

    private func finish(_ id: Int, _ writer: FileWriter.Started, after event: UInt64) async {
        let output = try? await pool.runIfActive { FileWriter.output(of: writer) }
        if output == nil { FileWriter.letGo(writer) }
        writers[id] = nil
        let end = FileWriter.reap(writer, output ?? "")
        guard let index = records.firstIndex(where: { $0.id == id }) else { return }
        var record = records[index]
        switch end {
        case .done: record.state = .done
        case .refused(let errno): (record.state, record.errno) = (.refused, errno)
        case .killed: (record.state, record.errno) = (.cancelled, EINTR)
        }
        if record.errno != 0 {
            record.message = String(cString: strerror(record.errno))
            record.reason = await hub.refusal(of: record.action, errno: record.errno, after: event)
        }
        guard let now = records.firstIndex(where: { $0.id == id }) else { return }
        records[now] = record
        await tell()
    }

    private func tell() async {
        await hub.send(actions: "[" + records.map(\.json).joined(separator: ", ") + "]")
    }
}
