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

    /// Writes a tree into a directory, which is made where there is none: all of it, or, also where a signal ends this
    /// process, nothing.
    ///
    /// - Throws: where there is something in the directory already, or the system refuses something.
    public mutating func write(_ tree: FileTree, into directory: String) throws(CaptureError) {
        let scratch = try HeldSignals.during { _ throws(CaptureError) in try Self.begin(directory) }
        do throws(CaptureError) {
            try write(tree.members, into: scratch.path)
            try HeldSignals.during { _ throws(CaptureError) in
                for (name, member) in tree.members.sorted(by: { $0.key < $1.key }) {
                    try Self.move("\(scratch.path)/\(name)", to: "\(directory)/\(name)", as: member)
                }
            }
        } catch { throw error.renaming(scratch.path, to: directory) }
    }

    /// Makes the directory, if it is not there, and one in it where a tree is until it is whole.
    private static func begin(_ directory: String) throws(CaptureError) -> ScratchDirectory {
        let isNew = mkdir(directory, 0o777) == 0
        if !isNew {
            guard errno == EEXIST else {
                throw errno == ENOENT ? .input(failure(directory).description) : failure(directory)
            }
            guard try DiskReader.isEmpty(directory) else {
                throw .input("\(directory): not an empty directory; name one that is, or is not there yet")
            }
        }
        do throws(CaptureError) { return try ScratchDirectory(in: directory, whichGoes: isNew) } catch {
            if isNew { rmdir(directory) }
            throw error
        }
    }

    /// Makes a directory of a tree.
    mutating func make(_ directory: String, of tree: FileTree) throws(CaptureError) {
        guard mkdir(directory, 0o777) == 0 else { throw Self.failure(directory) }
        try write(tree.members, into: directory)
    }

    /// Moves what was written. A directory that is not to be written to could not be moved.
    private static func move(_ path: String, to place: String, as tree: FileTree) throws(CaptureError) {
        if tree.isDirectory { guard chmod(path, 0o700) == 0 else { throw failure(place) } }
        guard rename(path, place) == 0 else { throw failure(place) }
        if case .directory(_, let mode) = tree { guard chmod(place, mode_t(mode)) == 0 else { throw failure(place) } }
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
