// SPDX-License-Identifier: Apache-2.0

import Glibc

/// Reads files as text.
enum FileText {
    /// The largest file read, in bytes.
    static let limit = 16 << 20

    /// Whether there is anything at a path.
    static func exists(path: String) -> Bool {
        access(path, F_OK) == 0
    }

    /// The text of a file, or of standard input for "-".
    static func read(path: String, name: String) throws(MachineFileError) -> String {
        try text(of: try path == "-" ? contents(of: STDIN_FILENO, name: name) : contents(path: path, name: name), name)
    }

    /// The text of an open file.
    static func read(descriptor: Int32, name: String) throws(MachineFileError) -> String {
        try text(of: try contents(of: descriptor, name: name), name)
    }

    private static func text(of bytes: [UInt8], _ name: String) throws(MachineFileError) -> String {
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw MachineFileError(
                file: name, line: lineOfBadUTF8(in: bytes), reason: "not UTF-8; machine files are TOML in UTF-8")
        }
        return text
    }

    private static func contents(path: String, name: String) throws(MachineFileError) -> [UInt8] {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw failure(errno, name: name) }
        defer { close(descriptor) }
        return try contents(of: descriptor, name: name)
    }

    private static func contents(of descriptor: Int32, name: String) throws(MachineFileError) -> [UInt8] {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 64 << 10)
        while true {
            let count = buffer.withUnsafeMutableBytes { Glibc.read(descriptor, $0.baseAddress, $0.count) }
            if count == 0 { return bytes }
            if count < 0 {
                let code = errno
                if code == EINTR { continue }
                throw failure(code, name: name)
            }
            bytes.append(contentsOf: buffer[..<count])
            guard bytes.count <= limit else {
                throw MachineFileError(file: name, reason: "larger than 16 MiB; is it a machine file?")
            }
        }
    }

    private static func failure(_ code: Int32, name: String) -> MachineFileError {
        switch code {
        case EISDIR:
            return MachineFileError(file: name, reason: "a directory; name a machine file")
        case ENOENT:
            return MachineFileError(file: name, reason: "no such file")
        default:
            let text = strerror(code).map { String(cString: $0) } ?? "error \(code)"
            return MachineFileError(file: name, reason: "cannot be read: \(text)")
        }
    }

    private static func lineOfBadUTF8(in bytes: [UInt8]) -> Int? {
        bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
            .firstIndex { String(validating: $0, as: UTF8.self) == nil }
            .map { $0 + 1 }
    }
}
