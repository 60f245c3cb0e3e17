// SPDX-License-Identifier: Apache-2.0
import CFuse3
import Glibc
import Synchronization

/// Where libfuse's own messages go. It is one place for the whole process, as in libfuse.
public enum FuseLog {
    /// How much a message matters.
    public enum Level: Sendable {
        /// Something failed.
        case error
        /// Something may fail.
        case warning
        /// Something to know.
        case info
        /// What the mount option `debug` says.
        case debug

        init(_ number: Int32) {
            switch number {
            case ...3: self = .error
            case 4: self = .warning
            case 5, 6: self = .info
            default: self = .debug
            }
        }
    }

    /// What takes a message: one line, without its newline. It may be called on any thread.
    public typealias Handler = @Sendable (Level, String) -> Void

    private struct State: Sendable {
        var handler: Handler
        /// Messages of threads that want theirs in an error rather than in the log.
        var captured: [pthread_t: [String]] = [:]
    }

    private static let state = Mutex(
        State { _, message in
            let line = "hotmem: \(message)\n"
            _ = line.utf8.withContiguousStorageIfAvailable { write(STDERR_FILENO, $0.baseAddress, $0.count) }
        })

    /// What messages are given to; by default it writes them to standard error after "hotmem: ".
    public static var handler: Handler {
        get { state.withLock { $0.handler } }
        set { state.withLock { $0.handler = newValue } }
    }

    // Swift runs a static's initialiser once, whichever thread comes first.
    private static let installed: Void = cfuse3_set_log_sink { level, message in
        guard let message else { return }
        FuseLog.receive(Level(level), String(cString: message))
    }

    /// Makes libfuse log here. Every session does it.
    static func install() {
        installed
    }

    /// Runs `body` and returns, apart from its result, what libfuse logged meanwhile on this thread.
    static func capturing<Result>(_ body: () -> Result) -> (result: Result, messages: [String]) {
        install()
        let thread = pthread_self()
        state.withLock { $0.captured[thread] = [] }
        let result = body()
        return (result, state.withLock { $0.captured.removeValue(forKey: thread) } ?? [])
    }

    private static func receive(_ level: Level, _ text: String) {
        var message = text[...]
        while message.last?.isNewline == true { message.removeLast() }
        guard !message.isEmpty else { return }
        let thread = pthread_self()
        let handler: Handler? = state.withLock { state in
            guard state.captured[thread] != nil else { return state.handler }
            state.captured[thread]?.append(String(message))
            return nil
        }
        // Outside the lock, so that a handler may look at `FuseLog.handler`.
        handler?(level, String(message))
    }
}
