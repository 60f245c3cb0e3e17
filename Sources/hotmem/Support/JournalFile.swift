// SPDX-License-Identifier: Apache-2.0

import Glibc
import Journal
import Logging

/// A journal that is looked at: a file, or the directory of `--state` that it is in.
struct JournalFile {
    /// Where it is.
    let path: String

    /// - Parameter path: the file, or its directory.
    init(_ path: String) {
        var status = stat()
        let isDirectory = stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
        self.path = isDirectory ? path + "/" + Journal.name : path
    }

    /// What is in it.
    ///
    /// - Parameter last: the number of the last record that counts.
    func text(upTo last: UInt64 = .max) throws(Failure) -> JournalText {
        let bytes = try contents()
        do throws(JournalText.Problem) {
            let text = try JournalText(bytes, upTo: last)
            if let torn = text.torn {
                Terminal.complain("\(path): the last record was cut short (\(torn)) and is passed over", .warning)
            }
            return text
        } catch {
            var advice = ""
            if case .damaged(_, let after, _) = error {
                advice =
                    after > 0
                    ? "; what is before it: hotmem journal cut --after \(after) \(path)"
                    : "; there is nothing before it to go on with"
            }
            throw .failed("\(path): \(error.reason)\(advice)")
        }
    }

    /// All of its bytes.
    func contents() throws(Failure) -> [UInt8] {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { throw failure }
        defer { close(file) }
        var (bytes, part): ([UInt8], [UInt8]) = ([], [UInt8](repeating: 0, count: 1 << 20))
        while true {
            let count = part.withUnsafeMutableBytes { read(file, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw failure }
            if count == 0 { return bytes }
            bytes += part[..<count]
            guard bytes.count <= Self.limit else { throw .failed("\(path): larger than 1 GiB; is it a journal?") }
        }
    }

    /// Cuts it off, and keeps the whole beside it.
    ///
    /// - Parameter whole: where the whole goes.
    func cut(to length: Int, keeping whole: String) throws(Failure) {
        // Who serves its machine has it locked.
        let old = open(path, O_RDONLY | O_CLOEXEC)
        guard old >= 0 else { throw failure }
        defer { close(old) }
        guard flock(old, LOCK_EX | LOCK_NB) == 0 else {
            throw .failed("\(path): a hotmem serves the machine of this journal; unmount it first")
        }
        guard rename(path, whole) == 0 else { throw failure }
        let bytes = try JournalFile(whole).contents().prefix(length)
        let file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw failure }
        defer { close(file) }
        var written = 0
        while written < bytes.count {
            let count = bytes.withUnsafeBytes {
                write(file, $0.baseAddress?.advanced(by: written), $0.count - written)
            }
            guard count > 0 else { throw failure }
            written += count
        }
    }

    private static let mostKept = 100

    /// A name beside it that nothing has yet.
    func nameForWhole() throws(Failure) -> String {
        for number in 1...Self.mostKept {
            let name = path + (number == 1 ? ".whole" : ".whole.\(number)")
            if access(name, F_OK) != 0 { return name }
        }
        throw .failed("\(path): there are \(Self.mostKept) whole ones beside it already; remove some")
    }

    private static let limit = 1 << 30

    private var failure: Failure { .failed("\(path): \(String(cString: strerror(errno)))") }
}
