// SPDX-License-Identifier: Apache-2.0

/// Why a file cannot be used: where, and what is wrong.
package struct TextError: Error, Equatable, CustomStringConvertible {
    package var file: String
    /// Counted from 1; nil if it is about the file as a whole.
    package var line: Int?
    package var reason: String

    package init(file: String, line: Int? = nil, reason: String) {
        (self.file, self.line, self.reason) = (file, line, reason)
    }

    package var description: String { "\(file):\(line.map { "\($0):" } ?? "") \(reason)" }
}
