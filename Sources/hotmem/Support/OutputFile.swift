// SPDX-License-Identifier: Apache-2.0

import CLinux
import Capture
import Glibc

/// A file that a command writes for its user: whole, or not at all.
///
/// It is written beside its place, through links, and takes that when it is whole; until then what was there stays. Where nothing
/// can be made or put in that place, it is written elsewhere and copied in the end. What is no file, or is somebody's open
/// descriptor (/dev/stdout), is written to as it is.
final class OutputFile {
    private let path: String
    /// The same, through links.
    private let target: String
    private let descriptor: Int32
    /// Where it is until it is whole; nil where it has no name.
    private var part: String?
    /// What it is copied to in the end; -1 for nothing.
    private var place: Int32 = -1
    private var bytes: [UInt8] = []
    private var error: Int32 = 0
    private static let piece = 1 << 16

    /// - Parameters:
    ///   - inputs: files that are read for it, none of which it may take the place of.
    ///   - besideCommand: whether a command of the user's runs meanwhile, which no reader of this may hold up, and which gets the
    ///     signals. Otherwise one that ends this process takes along what is begun.
    /// - Throws: where it cannot be made, with status 2.
    init(_ path: String, from inputs: [String] = [], besideCommand: Bool = false) throws(Failure) {
        guard !path.isEmpty else { throw .usage("\"\": a file to be written needs a name") }
        try Self.check(path, isNoneOf: inputs)
        self.path = path
        let open: Int32?
        (target, open) = Self.resolved(path)
        var status = stat()
        let isThere = stat(target, &status) == 0
        if isThere, open != nil || status.st_mode & S_IFMT != S_IFREG {
            guard !besideCommand || ![S_IFIFO, S_IFSOCK].contains(status.st_mode & S_IFMT) else {
                throw .usage("\(path): a pipe, whose reader could hold the machine up; name a file")
            }
            descriptor = open.map { fcntl($0, F_DUPFD_CLOEXEC, 0) } ?? Glibc.open(target, O_WRONLY | O_CLOEXEC)
        } else if isThere, access(target, W_OK) != 0 {
            descriptor = -1
        } else if let made = Self.part(beside: target, like: isThere ? status : nil, goesWithSignals: !besideCommand) {
            (descriptor, part) = (made.descriptor, made.path)
        } else if isThere, case let place = Glibc.open(target, O_WRONLY | O_CLOEXEC), place >= 0 {
            (descriptor, self.place) = (Self.nameless(), place)
        } else {
            descriptor = -1
        }
        guard descriptor >= 0 else { throw .usage("\(path): \(String(cString: strerror(errno)))") }
    }

    deinit {
        close(descriptor)
        if place >= 0 { close(place) }
        if let part { unlink(part) }
        clinux_unfinished_file(nil)
    }

    /// Refuses to write to a file that is read for what would be written.
    ///
    /// - Parameter inputs: paths, - for standard input. Of directories, what is in sys and proc is read.
    static func check(_ path: String, isNoneOf inputs: [String]) throws(Failure) {
        if let input = inputs.first(where: { isRead(path, from: $0) }) {
            throw .usage("\(path): is read for what would be written there (\(input)); name another file")
        }
    }

    private static func isRead(_ path: String, from input: String) -> Bool {
        var (file, read) = (stat(), stat())
        guard stat(path, &file) == 0, file.st_mode & S_IFMT == S_IFREG else { return false }
        guard input == "-" ? fstat(STDIN_FILENO, &read) == 0 : stat(input, &read) == 0 else { return false }
        guard read.st_mode & S_IFMT == S_IFDIR else { return (file.st_dev, file.st_ino) == (read.st_dev, read.st_ino) }
        guard let real = realpath(path, nil), let root = realpath(input, nil) else { return false }
        defer {
            free(real)
            free(root)
        }
        let names = String(cString: real).split(separator: "/")
        let above = String(cString: root).split(separator: "/")
        return names.starts(with: above) && names.dropFirst(above.count).contains { ["sys", "proc"].contains($0) }
    }

    /// Follows links, which are to stay, to a file or to a descriptor that is open.
    private static func resolved(_ path: String) -> (target: String, open: Int32?) {
        var target = path
        for _ in 0..<40 {
            let slash = target.lastIndex(of: "/")
            let directory = slash.map { String(target[...$0]) } ?? "."
            if let real = realpath(directory, nil) {
                defer { free(real) }
                let name = slash.map { String(target[target.index(after: $0)...]) } ?? target
                if String(cString: real) == "/proc/\(getpid())/fd" { return (target, Int32(name)) }
            }
            var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
            let count = readlink(target, &buffer, buffer.count)
            guard count > 0 else { break }
            let link = String(decoding: buffer.prefix(count).lazy.map { UInt8(bitPattern: $0) }, as: UTF8.self)
            target = link.hasPrefix("/") || slash == nil ? link : directory + link
        }
        return (target, nil)
    }

    /// A file to be put in the place of another, whose owner and mode it has.
    private static func part(
        beside target: String, like status: stat?, goesWithSignals: Bool
    ) -> (descriptor: Int32, path: String)? {
        // Others have it by other names.
        if let status, status.st_nlink > 1 { return nil }
        let directory = target.lastIndex(of: "/").map { target[...$0] } ?? ""
        var path = ""
        let descriptor = HeldSignals.during { _ in
            var made: Int32 = -1
            // Another pid namespace has the same numbers, and what was killed has left what it had begun.
            for ending in ["", ".1", ".2", ".3", ".4"] where made < 0 && (ending.isEmpty || errno == EEXIST) {
                path = "\(directory).hotmem.\(getpid())\(ending).part"
                made = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o666)
            }
            if made >= 0, goesWithSignals { clinux_unfinished_file(path) }
            return made
        }
        guard descriptor >= 0 else { return nil }
        if let status {
            let isTaken =
                fchown(descriptor, status.st_uid, status.st_gid) == 0
                && fchmod(descriptor, status.st_mode & 0o7777) == 0
            guard isTaken else {
                close(descriptor)
                unlink(path)
                clinux_unfinished_file(nil)
                return nil
            }
        }
        return (descriptor, path)
    }

    /// A file that is gone when it is closed; -1 where there can be none.
    private static func nameless() -> Int32 {
        guard let file = tmpfile() else { return -1 }
        defer { fclose(file) }
        return fcntl(fileno(file), F_DUPFD_CLOEXEC, 0)
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
    /// - Throws: where it could not be written; what was in its place is there still, unless it was copied to.
    func finish() throws(Failure) {
        write()
        if error == 0, let part {
            if rename(part, target) == 0 {
                self.part = nil
                clinux_unfinished_file(nil)
            } else {
                // Such as what is mounted there.
                place = open(target, O_WRONLY | O_CLOEXEC)
                if place < 0 { error = errno }
            }
        }
        if error == 0, place >= 0 { error = copy() }
        guard error == 0 else { throw .failed("\(path): \(String(cString: strerror(error)))") }
    }

    /// Copies it to its place.
    private func copy() -> Int32 {
        guard lseek(descriptor, 0, SEEK_SET) == 0, ftruncate(place, 0) == 0 else { return errno }
        var buffer = [UInt8](repeating: 0, count: Self.piece)
        while true {
            let count = buffer.withUnsafeMutableBytes { read(descriptor, $0.baseAddress, $0.count) }
            guard count > 0 else { return count < 0 ? errno : 0 }
            let error = clinux_write_all(place, buffer, UInt(count))
            guard error == 0 else { return error }
        }
    }

    /// Writes a text to a file, or to standard output for `-`.
    ///
    /// - Parameter inputs: files that are read for it.
    static func write(_ text: String, to path: String, from inputs: [String] = []) throws(Failure) {
        guard path != "-" else { return Terminal.print(text) }
        let file = try OutputFile(path, from: inputs)
        file.add(Array(text.utf8))
        try file.finish()
    }
}
