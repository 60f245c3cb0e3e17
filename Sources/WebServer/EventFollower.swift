// SPDX-License-Identifier: Apache-2.0

import CLinux
import Glibc
import NIOPosix
import ServiceLifecycle
import Synchronization
import TreeServer

/// Follows the control `events`, on a thread of its own, until the machine ends or the server does: one for all browsers.
struct EventFollower: Service {
    private let files: MachineFiles
    private let take: @Sendable ([EventRecord]) async -> Void
    private let stopping: StopSignal

    /// - Parameter take: gets what happened, in order, in batches.
    init(
        files: MachineFiles, take: @escaping @Sendable ([EventRecord]) async -> Void
    ) throws(MachineFileProblem) {
        (self.files, self.take, stopping) = (files, take, try StopSignal())
    }

    func run() async throws {
        let (batches, continuation) = AsyncStream<[EventRecord]>.makeStream()
        let pool = NIOThreadPool(numberOfThreads: 1)
        pool.start()
        let ended: Result<Void, any Error>
        do {
            try await withGracefulShutdownHandler {
                async let ended: Void = pool.runIfActive {
                    defer { continuation.finish() }
                    try follow { continuation.yield($0) }
                }
                for await batch in batches { await take(batch) }
                try await ended
            } onGracefulShutdown: {
                stopping.stop()
            }
            ended = .success(())
        } catch { ended = .failure(error) }
        try await pool.shutdownGracefully()
        try ended.get()
    }

    /// Reads what there is, and then waits for more: who opens the file for writing too is told when there is some.
    private func follow(_ give: ([EventRecord]) -> Void) throws(MachineFileProblem) {
        let path = files.path(MachineFiles.control("events"))
        let descriptor = open(path, O_RDWR | O_CLOEXEC)
        guard descriptor >= 0 else { throw MachineFileProblem(file: path, errno: errno) }
        defer { close(descriptor) }
        var (rest, last): ([UInt8], UInt64) = ([], 0)
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while stopping.wait(for: descriptor) {
            let count = buffer.withUnsafeMutableBytes { Glibc.read(descriptor, $0.baseAddress, $0.count) }
            if count < 0 {
                if errno == EINTR { continue }
                // The machine has ended.
                if [ENODEV, ENOTCONN, ECONNABORTED].contains(errno) { return }
                throw MachineFileProblem(file: path, errno: errno)
            }
            if count == 0 {
                // The kernel keeps the text (-o cached) and says that this is its end, without asking the daemon.
                guard stopping.pause(milliseconds: 100) else { return }
                lseek(descriptor, 0, SEEK_SET)
                rest = []
                continue
            }
            rest += buffer[..<count]
            guard let end = rest.lastIndex(of: UInt8(ascii: "\n")) else { continue }
            let lines = String(decoding: rest[...end], as: UTF8.self).split(separator: "\n")
            rest.removeSubrange(...end)
            let events = lines.compactMap { EventRecord(line: $0) }.filter { $0.number > last }
            guard let newest = events.last else { continue }
            last = newest.number
            give(events)
        }
    }
}

/// Wakes a thread that waits in poll(2), to end.
private final class StopSignal: Sendable {
    private let descriptor: Int32

    init() throws(MachineFileProblem) {
        descriptor = clinux_eventfd()
        guard descriptor >= 0 else { throw MachineFileProblem(file: "eventfd", errno: errno) }
    }

    deinit { close(descriptor) }

    func stop() {
        var one: UInt64 = 1
        write(descriptor, &one, MemoryLayout.size(ofValue: one))
    }

    /// Waits until there is something to read; false when it is time to end.
    func wait(for other: Int32) -> Bool { isQuiet([pollfd(fd: other, events: Int16(POLLIN), revents: 0)], -1) }
    /// Waits; false when it is time to end.
    func pause(milliseconds: Int32) -> Bool { isQuiet([], milliseconds) }

    private func isQuiet(_ others: [pollfd], _ milliseconds: Int32) -> Bool {
        var sources = [pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)] + others
        while poll(&sources, nfds_t(sources.count), milliseconds) < 0, errno == EINTR {}
        return sources[0].revents == 0
    }
}
