// SPDX-License-Identifier: Apache-2.0

/// Why a file cannot be used: where, and what is wrong.
public struct TextError: Error, Equatable, CustomStringConvertible {
    /// The file.
    public var file: String
    /// Counted from 1; nil if it is about the file as a whole.
    public var line: Int?
    /// What is wrong with it.
    public var reason: String

    /// Makes one.
    public init(file: String, line: Int? = nil, reason: String) {
        (self.file, self.line, self.reason) = (file, line, reason)
    }

    /// All of it in one line.
    public var description: String { "\(file):\(line.map { "\($0):" } ?? "") \(reason)" }
}
