// SPDX-License-Identifier: Apache-2.0

/// How far reading or writing many files is.
final class Progress {
    private var line = ProgressLine()
    private let what: String

    init(_ what: String) { self.what = what }

    /// Says how many files are done.
    func show(_ files: Int) { line.show("\(what): \(files) files") }

    /// Takes the line away.
    func clear() { line.clear() }
}
