// SPDX-License-Identifier: Apache-2.0

import Sandbox

/// The words that hotmem was started with, as they are: `CommandLine.arguments` has other bytes in place of those that are no
/// UTF-8.
enum OwnWords {
    static var all: [Word] {
        (0..<Int(CommandLine.argc)).compactMap { CommandLine.unsafeArgv[$0].map { Word(copying: $0) } }
    }

    /// Refuses words that would become others.
    ///
    /// - Parameter others: how many of the last are a command's, which gets them as they are.
    static func check(butLast others: Int) throws(Failure) {
        for word in all.dropLast(others) where String(validating: word.bytes, as: UTF8.self) == nil {
            throw .usage(
                "\(String(decoding: word.bytes, as: UTF8.self)): hotmem takes words and names of files in UTF-8 only")
        }
    }
}
