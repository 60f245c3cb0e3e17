// SPDX-License-Identifier: Apache-2.0

import CLinux
import Glibc
import Journal
import Logging

/// A journal that is looked at: a file, the directory of `--state` that it is in, or that of a mounted machine.
struct JournalFile {
    /// Where it is.
    let path: String

    /// - Parameter path: the file, its directory, or where its machine is mounted.
    init(_ path: String) throws(Failure) {
        if let mounted = try Self.directory(mountedAt: path) {
            self.path = mounted + "/" + Journal.name
            return
        }
        var status = stat()
        let isDirectory = stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
        self.path = isDirectory ? path + "/" + Journal.name : path
    }

    /// - Parameter root: where its machine is mounted.
    init(root: String) throws(Failure) {
        guard let mounted = try Self.directory(mountedAt: root) else {
            throw .failed(
                "--root \(root): no hotmem tree is mounted there; a journal that is a file is named without --root")
        }
        path = mounted + "/" + Journal.name
    }

    /// The directory of a mounted machine's journal; nil where none is mounted.
    private static func directory(mountedAt path: String) throws(Failure) -> String? {
        guard let resolved = realpath(path, nil) else { return nil }
        defer { free(resolved) }
        let place = String(cString: resolved)
        guard let user = MountPoint.owner(at: place) else { return nil }
        return try MountedJournal.directory(at: place, of: user)
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
        do throws(Journal.Problem) { return try Journal.contents(of: file) } catch {
            throw .failed("\(path): \(error.description)")
        }
    }

    /// Cuts it off, and keeps the whole beside it.
    ///
    /// - Parameter whole: where the whole goes.
    func cut(to length: Int, keeping whole: String) throws(Failure) {
        // Who serves its machine has the directory locked.
        let directory = open(parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard directory >= 0 else { throw failure }
        defer { close(directory) }
        guard flock(directory, LOCK_EX | LOCK_NB) == 0 else {
            throw .failed("\(path): a hotmem serves the machine of this journal; unmount it first")
        }
        guard rename(path, whole) == 0 else { throw failure }
        let bytes = Array(try JournalFile(whole).contents().prefix(length))
        let file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw failure }
        defer { close(file) }
        guard clinux_write_all(file, bytes, UInt(bytes.count)) == 0 else { throw failure }
    }

    /// The directory it is in.
    private var parent: String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
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

    private var failure: Failure { .failed("\(path): \(String(cString: strerror(errno)))") }
}
