// SPDX-License-Identifier: Apache-2.0

import CLinux
import Glibc

/// Writes a tree of plain files: what cannot be read of the simulated ones has nothing in it.
public struct DiskWriter {
    /// Told how many files have been written, now and then.
    public var onProgress: (Int) -> Void = { _ in }
    /// What every file's mode has at least: whoever reads them again needs it.
    var least: UInt16 = 0
    private var files = 0

    /// Makes a writer.
    public init() {}

    /// Writes a tree into a directory, which is made where there is none.
    ///
    /// - Throws: where there is something in the directory already, or the system refuses something.
    public mutating func write(_ tree: FileTree, into directory: String) throws(CaptureError) {
        if mkdir(directory, 0o777) != 0 {
            guard errno == EEXIST else { throw Self.failure(directory) }
            guard try DiskReader.isEmpty(directory) else {
                throw .input("\(directory): not an empty directory; name one that is, or is not there yet")
            }
        }
        try write(tree.members, into: directory)
    }

    private mutating func write(_ members: [String: FileTree], into directory: String) throws(CaptureError) {
        for (name, member) in members.sorted(by: { $0.key < $1.key }) {
            guard !name.utf8.contains(UInt8(ascii: "/")), name != ".", name != "..", !name.isEmpty else {
                throw .input("\(directory): \"\(name)\" is no name of a file")
            }
            try write(member, at: "\(directory)/\(name)")
        }
    }

    private mutating func write(_ tree: FileTree, at path: String) throws(CaptureError) {
        files += 1
        if files.isMultiple(of: 1000) { onProgress(files) }
        switch tree {
        case .directory(let members, let mode):
            guard mkdir(path, 0o700) == 0 else { throw Self.failure(path) }
            try write(members, into: path)
            guard chmod(path, mode_t(mode)) == 0 else { throw Self.failure(path) }
        case .link(let target):
            guard symlink(target, path) == 0 else { throw Self.failure(path) }
        case .file(let content, let mode):
            try Self.write(content.plain, to: path, mode: mode | least)
        }
    }

    private static func write(_ bytes: [UInt8], to path: String, mode: UInt16) throws(CaptureError) {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw failure(path) }
        defer { close(descriptor) }
        errno = clinux_write_all(descriptor, bytes, UInt(bytes.count))
        guard errno == 0 else { throw failure(path) }
        guard fchmod(descriptor, mode_t(mode)) == 0 else { throw failure(path) }
    }

    private static func failure(_ path: String) -> CaptureError {
        .system("\(path): \(String(cString: strerror(errno)))")
    }
}

extension DiskReader {
    /// Whether there is nothing in a directory.
    static func isEmpty(_ path: String) throws(CaptureError) -> Bool {
        guard let directory = opendir(path) else {
            let reason = String(cString: strerror(errno))
            throw errno == ENOTDIR ? .input("\(path): \(reason)") : .system("\(path): \(reason)")
        }
        defer { closedir(directory) }
        while let entry = readdir(directory) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { Array($0.prefix { $0 != 0 }) }
            if name != Array(".".utf8), name != Array("..".utf8) { return false }
        }
        return true
    }
}
