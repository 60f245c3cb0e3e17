// SPDX-License-Identifier: Apache-2.0

import Glibc

/// The files of a running machine, below the root of its tree: all that the server knows of it.
///
/// Its functions block; they are called on a thread that may.
struct MachineFiles: Sendable {
    /// `/` in a world of `hotmem run`, or where a tree is mounted; without a slash at its end.
    let root: String

    init(root: String) {
        self.root = String(root.reversed().drop { $0 == "/" }.reversed())
    }

    /// A control's path in the tree.
    static func control(_ name: String) -> String { "/sys/kernel/debug/hotmem/\(name)" }
    /// Where a file of the tree is.
    func path(_ file: String) -> String { root + file }

    /// Reads all of a file.
    func read(_ file: String) throws(MachineFileProblem) -> String {
        let descriptor = open(path(file), O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw problem(file) }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = buffer.withUnsafeMutableBytes { Glibc.read(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw problem(file) }
            guard count > 0 else { return String(decoding: bytes, as: UTF8.self) }
            bytes += buffer[..<count]
        }
    }

    /// Writes a line, as `echo` does.
    func write(_ line: String, to file: String) throws(MachineFileProblem) {
        let descriptor = open(path(file), O_WRONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw problem(file) }
        defer { close(descriptor) }
        let bytes = Array((line + "\n").utf8)
        let count = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
        guard count >= 0 else { throw problem(file) }
    }

    private func problem(_ file: String) -> MachineFileProblem { MachineFileProblem(file: path(file), errno: errno) }
}

/// A file of the machine's that could not be read or written.
public struct MachineFileProblem: Error, Sendable, CustomStringConvertible {
    /// Which one.
    public let file: String
    /// What the kernel said.
    public let errno: Int32

    /// One line that says so.
    public var description: String { "\(file): \(String(cString: strerror(errno)))" }
}
