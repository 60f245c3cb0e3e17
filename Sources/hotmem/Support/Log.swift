// SPDX-License-Identifier: Apache-2.0

import Glibc
import Logging

/// Log lines on standard error, one each, with hotmem's name before them.
struct StandardErrorLog: LogHandler {
    var logLevel: Logger.Level
    var metadata: Logger.Metadata = [:]

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) { Terminal.complain("\(event.message)") }

    /// A logger that shows problems only, or with `verbose` every refusal and uevent.
    static func logger(verbose: Bool) -> Logger {
        Logger(label: "hotmem") { _ in StandardErrorLog(logLevel: verbose ? .debug : .warning) }
    }
}
