// SPDX-License-Identifier: Apache-2.0

import Glibc

/// The directory a tree is mounted at.
struct MountPoint {
    /// Its absolute path.
    let path: String

    /// Checks that a directory can take a mount: it is one, is empty, and has none of ours already.
    init(_ argument: String, allowsContent: Bool) throws(Failure) {
        // The kernel may know what stat(2) says of a dead mount; about the file system it asks always.
        var (status, fileSystem) = (stat(), statvfs())
        guard stat(argument, &status) == 0, statvfs(argument, &fileSystem) == 0 else {
            if errno == ENOTCONN || errno == ECONNABORTED {
                throw Failure.failed("\(argument): a dead mount is in the way; first: fusermount3 -u \(argument)")
            }
            let reason = String(cString: strerror(errno))
            let advice = errno == ENOENT ? "; make it first, with: mkdir -p \(argument)" : ""
            throw Failure.failed("\(argument): \(reason)\(advice)")
        }
        guard status.st_mode & S_IFMT == S_IFDIR else {
            throw Failure.failed("\(argument): not a directory; a tree is mounted at a directory")
        }
        guard let resolved = realpath(argument, nil) else {
            throw Failure.failed("\(argument): \(String(cString: strerror(errno)))")
        }
        defer { free(resolved) }
        path = String(cString: resolved)
        if access(path + "/sys/kernel/debug/hotmem", F_OK) == 0 {
            throw Failure.failed("\(path): a hotmem tree is mounted here already; unmount it with: umount \(path)")
        }
        if !allowsContent, !Self.isEmpty(path) {
            throw Failure.failed("\(path): directory is not empty; take an empty one, or give -o nonempty")
        }
    }

    /// A directory where somebody else has mounted the tree. Nobody answers there yet: to look at it would be to wait.
    init(mounted path: String) { self.path = path }

    private static func isEmpty(_ path: String) -> Bool {
        guard let directory = opendir(path) else { return true }
        defer { closedir(directory) }
        while let entry = readdir(directory) {
            let name = withUnsafePointer(to: entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != ".", name != ".." { return false }
        }
        return true
    }

    /// Waits until the tree answers, by reading a file of it.
    func answers() -> Bool {
        let descriptor = open(path + "/sys/devices/system/memory/block_size_bytes", O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        var byte: UInt8 = 0
        return read(descriptor, &byte, 1) == 1
    }
}
