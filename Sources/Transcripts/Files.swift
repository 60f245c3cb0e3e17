// SPDX-License-Identifier: Apache-2.0

import CLinux
import Glibc

/// Whole files.
public enum Files {
    /// The longest file that is read.
    private static let longest = 1 << 28

    /// All bytes of a file.
    public static func read(_ path: String) throws(TextError) -> [UInt8] {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw failure(path) }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = Glibc.read(descriptor, &buffer, buffer.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw failure(path) }
            if count == 0 { return bytes }
            bytes += buffer.prefix(count)
            guard bytes.count <= longest else {
                throw TextError(file: path, reason: "longer than \(longest >> 20) MiB, which is more than is read")
            }
        }
    }

    /// All of a file, as text.
    public static func text(_ path: String) throws(TextError) -> String {
        let bytes = try read(path)
        if let text = String(validating: bytes, as: UTF8.self) { return text }
        let lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        let line = lines.firstIndex { String(validating: $0, as: UTF8.self) == nil }
        throw TextError(file: path, line: line.map { $0 + 1 }, reason: "not UTF-8")
    }

    /// Makes a file, or replaces what is in it.
    public static func write(_ bytes: [UInt8], to path: String) throws(TextError) {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw failure(path) }
        defer { close(descriptor) }
        errno = clinux_write_all(descriptor, bytes, UInt(bytes.count))
        guard errno == 0 else { throw failure(path) }
    }

    private static func failure(_ path: String) -> TextError {
        TextError(file: path, reason: String(cString: strerror(errno)))
    }
}
