// SPDX-License-Identifier: Apache-2.0

import Foundation

/// A program that a test makes to run it.
package enum ProgramFile {
    /// Copies a file to a place that everybody can run.
    ///
    /// Another process writes it. One that another test starts in just that moment has what is open here, open too, and what
    /// is open for writing anywhere cannot be run: "Text file busy".
    package static func copy(_ file: String, to path: String) throws {
        let line: [String] = ["install", "-m", "755", "--", file, path]
        var words = line.map { strdup($0) } + [nil]
        defer { words.forEach { free($0) } }
        var (process, status) = (pid_t(), Int32(-1))
        guard posix_spawn(&process, "/usr/bin/install", nil, nil, &words, environ) == 0 else {
            throw CocoaError(.executableNotLoadable)
        }
        while waitpid(process, &status, 0) < 0, errno == EINTR {}
        guard status == 0 else { throw CocoaError(.fileWriteUnknown) }
    }

    /// Makes one of a text.
    package static func write(_ text: String, to path: String) throws {
        try text.write(toFile: path + ".text", atomically: false, encoding: .utf8)
        try copy(path + ".text", to: path)
        try FileManager.default.removeItem(atPath: path + ".text")
    }
}
