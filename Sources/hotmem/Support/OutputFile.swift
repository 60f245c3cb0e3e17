// SPDX-License-Identifier: Apache-2.0

import CLinux
import Glibc

/// A file that a command writes for its user: whole, or not at all. It is written beside its place and takes that when it is
/// whole; until then what was there stays. What cannot be replaced, such as a pipe, is written to as it is.
final class OutputFile {
    private let path: String
    private let descriptor: Int32
    /// Where it is until it is whole; nil where it is in its place.
    private var part: String?
    private var bytes: [UInt8] = []
    private var error: Int32 = 0
    private static let piece = 1 << 16

    /// - Parameter mayWait: whether it may be something that others have to read before more can be written.
    /// - Throws: where it cannot be made, with status 2.
    init(_ path: String, mayWait: Bool = true) throws(Failure) {
        self.path = path
        var status = stat()
        let isThere = stat(path, &status) == 0
        if isThere, status.st_mode & S_IFMT != S_IFREG {
            guard mayWait || ![S_IFIFO, S_IFSOCK].contains(status.st_mode & S_IFMT) else {
                throw .usage("\(path): a pipe, whose reader could hold the machine up; name a file")
            }
            descriptor = open(path, O_WRONLY | O_CLOEXEC)
        } else if isThere, access(path, W_OK) != 0 {
            descriptor = -1
        } else {
            let part = "\(path).\(getpid()).part"
            descriptor = open(part, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o666)
            if descriptor >= 0 { self.part = part }
        }
        guard descriptor >= 0 else { throw .usage("\(path): \(String(cString: strerror(errno)))") }
    }

    deinit {
        close(descriptor)
        if let part { unlink(part) }
    }

    /// Adds bytes, which are written in large pieces; what goes wrong with that is said in the end.
    func add(_ more: [UInt8]) {
        bytes += more
        if bytes.count >= Self.piece { write() }
    }

    private func write() {
        if error == 0 { error = clinux_write_all(descriptor, bytes, UInt(bytes.count)) }
        bytes.removeAll(keepingCapacity: true)
    }

    /// It is whole.
    ///
    /// - Throws: where it could not be written; what was in its place is there still.
    func finish() throws(Failure) {
        write()
        if error == 0, let part, rename(part, path) != 0 { error = errno }
        guard error == 0 else { throw .failed("\(path): \(String(cString: strerror(error)))") }
        part = nil
    }

    /// Writes a text to a file, or to standard output for `-`.
    static func write(_ text: String, to path: String) throws(Failure) {
        guard path != "-" else { return Terminal.print(text) }
        let file = try OutputFile(path)
        file.add(Array(text.utf8))
        try file.finish()
    }
}
