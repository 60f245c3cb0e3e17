// SPDX-License-Identifier: Apache-2.0

import FuseBridge
import Glibc
import Logging
import Service
import Synchronization

/// Log lines, one each, with hotmem's name or a level before them.
struct LineLog: LogHandler {
    var logLevel: Logger.Level
    var metadata: Logger.Metadata = [:]

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) { Terminal.complain("\(event.message)", event.level) }

    /// A logger that shows problems only, in the journal refusals too, or with `verbose` everything.
    static func logger(verbose: Bool) -> Logger {
        let isJournal = LogDestination.current.load(ordering: .relaxed) == .journal
        let level: Logger.Level = verbose ? .debug : isJournal ? .notice : .warning
        return Logger(label: "hotmem") { _ in LineLog(logLevel: level) }
    }
}

/// Where lines about what happens go.
enum LogDestination: UInt8, AtomicRepresentable {
    /// To whoever called.
    case standardError
    /// The same, where that is the journal: with levels.
    case journal
    /// syslog(3), of a daemon that nobody reads the standard error of: problems only.
    case systemLog

    /// Where they go now.
    static let current = Atomic<LogDestination>(
        JournalStream.isBehind(STDERR_FILENO, Environment["JOURNAL_STREAM"]) ? .journal : .standardError)

    /// From now on there is no standard error.
    static func leaveStandardError() {
        // The name stays as long as the program.
        openlog(strdup("hotmem"), LOG_PID, LOG_DAEMON)
        current.store(.systemLog, ordering: .relaxed)
    }

    /// libfuse's own messages go there, too.
    static func takeFuseLog() {
        FuseLog.handler = { level, message in
            switch level {
            case .error: Terminal.complain(message, .error)
            case .warning: Terminal.complain(message, .warning)
            case .info: Terminal.complain(message, .info)
            case .debug: Terminal.complain(message, .debug)
            }
        }
    }
}

/// The environment's variables.
enum Environment {
    static subscript(_ name: String) -> String? { getenv(name).map { String(cString: $0) } }
}

extension Logger.Level {
    /// syslog(3)'s number of it.
    var priority: Int32 {
        switch self {
        case .trace, .debug: LOG_DEBUG
        case .info: LOG_INFO
        case .notice: LOG_NOTICE
        case .warning: LOG_WARNING
        case .error: LOG_ERR
        case .critical: LOG_CRIT
        }
    }

    /// Sends a line, if it is about a problem.
    func sendToSystemLog(_ line: String) {
        guard self >= .warning else { return }
        line.withCString { text in withVaList([text]) { vsyslog(priority, "%s", $0) } }
    }
}
