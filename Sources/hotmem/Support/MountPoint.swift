// SPDX-License-Identifier: Apache-2.0

import CLinux
import Glibc
import Picture

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
                throw Failure.failed(
                    "\(argument): a dead mount is in the way; first: fusermount3 -u \(ShellText.path(argument))")
            }
            let reason = String(cString: strerror(errno))
            let advice = errno == ENOENT ? "; make it first, with: mkdir -p \(ShellText.path(argument))" : ""
            throw Failure.failed("\(argument): \(reason)\(advice)")
        }
        guard status.st_mode & S_IFMT == S_IFDIR else {
            throw Failure.failed("\(argument): not a directory; a tree is mounted at a directory")
        }
        guard let resolved = realpath(argument, nil) else {
            throw Failure.failed("\(argument): \(String(cString: strerror(errno)))")
        }
        defer { free(resolved) }
        guard let text = String(validatingCString: resolved) else {
            throw Failure.usage("\(argument): the path of this directory is not UTF-8; take another")
        }
        path = text
        if access(path + "/sys/kernel/debug/hotmem", F_OK) == 0 {
            throw Failure.failed(
                "\(path): a hotmem tree is mounted here already; unmount it with: umount \(ShellText.path(path))")
        }
        if !allowsContent, !Self.isEmpty(path) {
            throw Failure.failed("\(path): directory is not empty; take an empty one, or give -o nonempty")
        }
    }

    /// A directory where somebody else has mounted the tree. Nobody answers there yet: to look at it would be to wait.
    init(mounted path: String) { self.path = path }

    /// Whether a tree of ours is mounted there and waits for somebody to serve it, or is served. One that is dead is taken
    /// away.
    ///
    /// Only called while the process has one thread.
    func isServed() -> Bool {
        guard Self.owner(at: path) != nil else { return false }
        // Where nobody answers yet, whoever asks waits; where nobody will, he hears at once.
        let asker = clinux_fork()
        if asker == 0 {
            var fileSystem = statvfs()
            _exit(statvfs(path, &fileSystem) == 0 ? 0 : 1)
        }
        // Nobody can be asked: a mount that may be served is not taken away. And no process but the asker is ever killed.
        guard asker > 0 else { return true }
        var (status, hasEnded): (Int32, Bool) = (0, false)
        for _ in 0..<20 where !hasEnded {
            hasEnded = waitpid(asker, &status, WNOHANG) == asker
            if !hasEnded { usleep(10_000) }
        }
        if !hasEnded {
            kill(asker, SIGKILL)
            waitpid(asker, nil, 0)
        }
        guard status != 0 else { return true }
        umount2(path, Int32(MNT_DETACH | UMOUNT_NOFOLLOW))
        return false
    }

    /// Who mounted the tree of ours that is mounted at an absolute path, as /proc/self/mounts has it; nil where none is.
    static func owner(at path: String) -> UInt32? {
        guard let mounts = fopen("/proc/self/mounts", "re") else { return nil }
        defer { fclose(mounts) }
        // Blanks and the like are octal there.
        let place = path.utf8.flatMap { byte in
            let octal = String(byte, radix: 8)
            return " \t\n\\".utf8.contains(byte)
                ? Array(("\\" + String(repeating: "0", count: 3 - octal.count) + octal).utf8) : [byte]
        }
        var (owner, line, size): (UInt32?, UnsafeMutablePointer<CChar>?, Int) = (nil, nil, 0)
        defer { free(line) }
        while getline(&line, &size, mounts) > 0, let text = line {
            let words = String(cString: text).split(separator: " ")
            // The last one is what is seen.
            guard words.count > 3, words[1].utf8.elementsEqual(place) else { continue }
            let user = words[3].split(separator: ",").first { $0.hasPrefix("user_id=") }
            owner = words[2] == "fuse.hotmem" ? user.flatMap { UInt32($0.dropFirst("user_id=".count)) } : nil
        }
        return owner
    }

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
        var text = [UInt8](repeating: 0, count: 64)
        return read(descriptor, &text, text.count) > 0
    }
}
