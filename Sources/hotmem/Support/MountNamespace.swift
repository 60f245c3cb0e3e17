// SPDX-License-Identifier: Apache-2.0

import CLinux
import Glibc

/// Another mount namespace than this process's own. It is visited, to mount there, to look and to unmount: a daemon that
/// stayed, or held it open, would keep it in being, and find other files there than its machine's.
struct MountNamespace: Sendable {
    private let name: String
    private let path: String
    /// Which one was meant: another process may have the number by now.
    private let identity: [UInt64]

    /// - Parameter name: a process, whose namespace it is, or a file.
    init(_ name: String) throws(Failure) {
        self.name = name
        path = Int32(name) == nil ? name : "/proc/\(name)/ns/mnt"
        var status = stat()
        guard stat(path, &status) == 0 else { throw Self.failure(name) }
        identity = Self.identity(status)
        try visit {}
    }

    /// Does something there and comes back. Other threads stay where they are.
    func visit<Value>(_ body: () throws(Failure) -> Value) throws(Failure) -> Value {
        let there = open(path, O_RDONLY | O_CLOEXEC)
        let home = open("/proc/self/ns/mnt", O_RDONLY | O_CLOEXEC)
        // Whoever enters a namespace is at its root, which need not be where the way back leads.
        let root = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        defer { for descriptor in [there, home, root] where descriptor >= 0 { close(descriptor) } }
        var status = stat()
        guard there >= 0, home >= 0, root >= 0, fstat(there, &status) == 0 else { throw Self.failure(name) }
        guard Self.identity(status) == identity else { throw .failed("-N \(name): this is another namespace by now") }
        guard clinux_enter_mount_namespace(there) == 0 else { throw Self.failure(name) }
        let result = Result { () throws(Failure) in try body() }
        guard clinux_enter_mount_namespace(home) == 0, fchdir(root) == 0, chroot(".") == 0 else {
            throw Self.failure(name)
        }
        return try result.get()
    }

    /// The same for a steward: where it is, and which one is meant.
    var forSteward: (path: String, device: UInt64, inode: UInt64) { (path, identity[0], identity[1]) }

    private static func identity(_ status: stat) -> [UInt64] { [UInt64(status.st_dev), UInt64(status.st_ino)] }

    private static func failure(_ name: String) -> Failure {
        .failed("-N \(name): \(String(cString: strerror(errno)))")
    }
}
