// SPDX-License-Identifier: Apache-2.0

import Glibc
import Service

/// A control of a running machine, below the root of its tree.
struct ControlFile {
    let path: String

    /// - Parameters:
    ///   - root: `/` in a world of `hotmem run`, or where a tree is mounted.
    ///   - name: the control's name.
    ///   - hasOthers: whether the caller can ask a machine that does not run, too.
    /// - Throws: where there is no simulated machine.
    init(root: String, name: String, hasOthers: Bool = true) throws(Failure) {
        let place = root.hasSuffix("/") ? String(root.dropLast()) : root
        let directory = place + "/sys/kernel/debug/hotmem"
        path = directory + "/" + name
        guard access(path, F_OK) == 0 else {
            let errno = errno
            let reason = String(cString: strerror(errno))
            if errno == EACCES, let owner = MountPoint.owner(at: PrivateDirectory.absolute(place)) {
                throw Failure.failed(
                    "\(path): \(reason); user \(owner) mounted this machine, and nobody else may look into it but with -o "
                        + "allow_other; its controls are the owner's alone")
            }
            throw Failure.failed(
                "\(path): \(reason); there is a running machine inside hotmem run and where hotmem mount put it "
                    + "(--root DIR)" + (hasOthers ? "; or take one that does not run, with --machine" : ""))
        }
    }

    /// Writes a line.
    ///
    /// - Returns: 0, or the errno it was refused with.
    func write(_ line: String) -> Int32 {
        let descriptor = open(path, O_WRONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return errno }
        defer { close(descriptor) }
        let bytes = Array((line + "\n").utf8)
        let count = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
        return count < 0 ? errno : 0
    }

    /// Reads all of it.
    func read() throws(Failure) -> String {
        var bytes: [UInt8] = []
        try readParts { bytes += $0 }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Reads it line by line, as the lines come, until its end or the machine's.
    ///
    /// - Parameter follow: whether to open it for writing too, which is how more is waited for.
    func readLines(follow: Bool, _ take: (Substring) -> Void) throws(Failure) {
        var rest: [UInt8] = []
        try readParts(follow: follow) { part in
            rest += part
            guard let end = rest.lastIndex(of: UInt8(ascii: "\n")) else { return }
            String(decoding: rest[...end], as: UTF8.self).split(separator: "\n").forEach(take)
            rest.removeSubrange(...end)
        }
    }

    private func readParts(
        follow: Bool = false, _ take: (ArraySlice<UInt8>) -> Void
    ) throws(Failure) {
        let descriptor = open(path, (follow ? O_RDWR : O_RDONLY) | O_CLOEXEC)
        guard descriptor >= 0 else { throw failure }
        defer { close(descriptor) }
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            if follow, !Self.waitForMore(descriptor) { return }
            let count = buffer.withUnsafeMutableBytes { Glibc.read(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            if count < 0, follow, [ENODEV, ENOTCONN, ECONNABORTED].contains(errno) { return }
            guard count >= 0 else { throw failure }
            if count == 0, follow, Self.pause(descriptor) {
                // The kernel keeps the text and says at once that this is its end, without asking the daemon. What is
                // there by now need not go on where it ended: the oldest lines go.
                lseek(descriptor, 0, SEEK_SET)
                continue
            }
            guard count > 0 else { return }
            take(buffer[..<count])
        }
    }

    /// Waits until a file that somebody keeps may have changed; false where nobody answers, or would read it.
    private static func pause(_ descriptor: Int32) -> Bool {
        var before = stat()
        fstat(descriptor, &before)
        for _ in 0..<20 {
            if Terminal.isUnread(within: 50) { return false }
            var source = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            if poll(&source, 1, 0) > 0, source.revents & Int16(POLLERR | POLLHUP | POLLNVAL) != 0 { return false }
            var now = stat()
            guard fstat(descriptor, &now) == 0 else { return false }
            if now.st_size != before.st_size { return true }
        }
        return true
    }

    /// Waits until there is more to read; false where nobody would read it any more.
    private static func waitForMore(_ descriptor: Int32) -> Bool {
        var sources = [
            pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0), pollfd(fd: STDOUT_FILENO, events: 0, revents: 0),
        ]
        while poll(&sources, 2, -1) < 0, errno == EINTR {}
        return sources[0].revents != 0 || sources[1].revents & Int16(POLLERR | POLLNVAL) == 0
    }

    /// Why a question could not be written to it.
    func unasked(_ errno: Int32) -> Failure {
        let reason = String(cString: strerror(errno))
        guard errno == EROFS else { return .failed("\(path): \(reason)") }
        return .failed(
            "\(path): \(reason); a question is written to the tree, which is mounted with -o ro: mount it without")
    }

    private var failure: Failure { .failed("\(path): \(String(cString: strerror(errno)))") }
}
