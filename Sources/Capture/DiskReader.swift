// SPDX-License-Identifier: Apache-2.0

import Glibc
import MemoryModel

/// Reads a tree of files from disk, or from a live /sys and /proc.
public struct DiskReader {
    /// Told how many files have been read, now and then.
    public var onProgress: (Int) -> Void = { _ in }
    /// The most files, and bytes in all, that are read: more is no copy of what is simulated here.
    public static let (mostFiles, mostBytes) = (8 << 20, 1 << 30)
    private static let mostFileBytes = 16 << 20

    /// Whether the files are the kernel's own, with permissions and errors that mean something.
    private let isLive: Bool
    private var files = 0
    private var bytes = 0

    /// Makes a reader.
    ///
    /// - Parameter isLive: whether what is read are the kernel's own files, or simulated ones.
    public init(isLive: Bool) { self.isLive = isLive }

    /// What is at a path; nil where there is nothing.
    public mutating func read(_ path: String) throws(CaptureError) -> FileTree? {
        var status = stat()
        guard lstat(path, &status) == 0 else {
            guard errno == ENOENT || errno == ENOTDIR else { throw Self.failure(path) }
            return nil
        }
        return try read(path, status)
    }

    private mutating func read(_ path: String, _ status: stat) throws(CaptureError) -> FileTree? {
        files += 1
        if files.isMultiple(of: 1000) { onProgress(files) }
        guard files <= Self.mostFiles, bytes <= Self.mostBytes else {
            throw .input("\(path): more than \(Self.mostFiles) files or 1 GiB; name a copy of less")
        }
        let mode = UInt16(status.st_mode & 0o7777)
        switch status.st_mode & S_IFMT {
        case S_IFDIR: return .directory(try members(of: path), mode: mode)
        case S_IFLNK: return .link(try Self.target(of: path))
        case S_IFREG: return .file(try content(of: path, mode: mode), mode: mode)
        default: return nil
        }
    }

    private mutating func members(of path: String) throws(CaptureError) -> [String: FileTree] {
        guard let directory = opendir(path) else {
            if isLive, errno == EACCES || errno == ENOENT { return [:] }
            throw Self.failure(path)
        }
        defer { closedir(directory) }
        var members: [String: FileTree] = [:]
        while let entry = readdir(directory) {
            let bytes = withUnsafeBytes(of: &entry.pointee.d_name) { Array($0.prefix { $0 != 0 }) }
            guard let name = String(validating: bytes, as: UTF8.self) else {
                throw .input("\(path): a name in it is not UTF-8; rename or remove it")
            }
            guard name != ".", name != "..", let tree = try read("\(path)/\(name)") else { continue }
            guard members.updateValue(tree, forKey: name) == nil else {
                throw .input("\(path)/\(name): another name in it is the same but for its Unicode form")
            }
        }
        return members
    }

    private mutating func content(of path: String, mode: UInt16) throws(CaptureError) -> FileTree.Content {
        // Nobody reads such a file of the kernel's; root could open what others write.
        if isLive, mode & 0o444 == 0 { return .writeOnly }
        let descriptor = open(path, O_RDONLY | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC)
        guard descriptor >= 0 else {
            if isLive { return .unreadable(Errno(rawValue: errno)) }
            // A copy keeps the kernel's permissions, and who made it need not be root.
            if errno == EACCES, mode & 0o444 == 0 { return .writeOnly }
            throw Self.failure(path)
        }
        defer { close(descriptor) }
        var content: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 64 << 10)
        while true {
            let count = buffer.withUnsafeMutableBytes { Glibc.read(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            if count < 0 {
                if isLive { return .unreadable(Errno(rawValue: errno)) }
                throw Self.failure(path)
            }
            if count == 0 { break }
            content += buffer[..<count]
            guard content.count <= Self.mostFileBytes else {
                throw .input("\(path): larger than 16 MiB; such a file is in no /sys or /proc that can be captured")
            }
        }
        bytes += content.count
        // stat says 4096 of every attribute; who packs them with tar gets as many bytes, the rest of them zero.
        if !isLive, content.count == 4096, content.last == 0 {
            content.removeLast(content.reversed().prefix { $0 == 0 }.count)
        }
        return .bytes(content)
    }

    private static func target(of path: String) throws(CaptureError) -> String {
        var buffer = [UInt8](repeating: 0, count: Int(PATH_MAX))
        let count = buffer.withUnsafeMutableBytes { bytes in
            bytes.withMemoryRebound(to: CChar.self) { $0.baseAddress.map { readlink(path, $0, bytes.count) } ?? -1 }
        }
        guard count >= 0 else { throw failure(path) }
        return String(decoding: buffer[..<count], as: UTF8.self)
    }

    private static func failure(_ path: String) -> CaptureError {
        .system("\(path): \(String(cString: strerror(errno)))")
    }
}
