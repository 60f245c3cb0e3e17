// SPDX-License-Identifier: Apache-2.0
import Glibc
import Synchronization

/// A system call on a thread of its own, which signals can interrupt.
final class Caller: Sendable {
    /// What a read(2) or write(2) returned.
    struct Result: Equatable {
        var count: Int
        var errno: Int32 = 0
        var text = ""
    }

    private let result = Mutex<Result?>(nil)
    private let thread = Mutex<pthread_t?>(nil)
    private let body: @Sendable () -> Result

    init(_ body: @escaping @Sendable () -> Result) {
        Self.catchSignal
        self.body = body
        var started = pthread_t()
        pthread_create(
            &started, nil,
            { raw in
                guard let raw else { return nil }
                let caller = Unmanaged<Caller>.fromOpaque(raw).takeRetainedValue()
                // In the threads that tests run on, all signals are blocked.
                var signals = sigset_t()
                sigemptyset(&signals)
                sigaddset(&signals, SIGUSR1)
                pthread_sigmask(SIG_UNBLOCK, &signals, nil)
                let result = caller.body()
                caller.result.withLock { $0 = result }
                return nil
            }, Unmanaged.passRetained(self).toOpaque())
        thread.withLock { $0 = started }
    }

    deinit {
        if let thread = thread.withLock({ $0 }) { pthread_detach(thread) }
    }

    /// Writes `text` to a file.
    static func writing(_ text: String, to path: String) -> Caller {
        Caller {
            let descriptor = open(path, O_WRONLY | O_CLOEXEC)
            defer { close(descriptor) }
            let count = write(descriptor, text, text.utf8.count)
            return Result(count: count, errno: count < 0 ? errno : 0)
        }
    }

    /// Reads from a file's start.
    static func reading(_ path: String, size: Int = 4096) -> Caller {
        Caller {
            let descriptor = open(path, O_RDONLY | O_CLOEXEC)
            defer { close(descriptor) }
            var bytes = [UInt8](repeating: 0, count: size)
            let count = read(descriptor, &bytes, size)
            let failure = count < 0 ? errno : 0
            return Result(
                count: count, errno: failure, text: String(decoding: bytes.prefix(max(count, 0)), as: UTF8.self))
        }
    }

    /// Sends it a signal that is caught and restarts nothing.
    func interrupt() {
        if let thread = thread.withLock({ $0 }) { pthread_kill(thread, SIGUSR1) }
    }

    /// The call's result so far.
    var now: Result? { result.withLock { $0 } }

    /// What it returned, or nil if it has not within half a minute.
    func ended() -> Result? {
        eventually { now != nil } ? now : nil
    }

    private static let catchSignal: Void = {
        var action = sigaction()
        action.__sigaction_handler.sa_handler = { _ in }
        sigaction(SIGUSR1, &action, nil)
    }()
}

/// Whether something comes true within half a minute.
func eventually(_ condition: () -> Bool) -> Bool {
    for _ in 0..<30_000 {
        if condition() { return true }
        usleep(1000)
    }
    return condition()
}
