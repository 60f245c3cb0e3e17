// SPDX-License-Identifier: Apache-2.0

import CLinux
import Glibc

/// A temporary directory that goes when its maker does, however that ends.
final class ScratchDirectory: Sendable {
    /// Where it is.
    let path: String
    /// While this is open, here or in a process that has it, too, the directory stays.
    let holder: Int32
    private let remover: pid_t

    /// Makes one, and a process that waits to remove it: rm(1) knows how, whatever is in it, and a signal that ends us does
    /// not end it. A signal that ends us waits for it. SIGKILL in the moment before that process is there leaves an empty directory.
    ///
    /// - Parameters:
    ///   - place: the directory to make it in; nil for the system's.
    ///   - goesToo: whether that goes, too, if there is nothing else in it.
    init(in place: String? = nil, whichGoes goesToo: Bool = false) throws(CaptureError) {
        (path, holder, remover) = try HeldSignals.during { _ throws(CaptureError) in
            let base = place ?? getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
            var template = Array((base + (place == nil ? "/hotmem.XXXXXX" : "/.hotmem.XXXXXX")).utf8CString)
            guard mkdtemp(&template) != nil else {
                throw .system("\(base): no temporary directory can be made: \(String(cString: strerror(errno)))")
            }
            let path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
            guard let (holder, remover) = Self.startRemover(of: path, and: goesToo ? base : nil) else {
                rmdir(path)
                throw .system("\(path): no process can be started to remove it: \(String(cString: strerror(errno)))")
            }
            clinux_unfinished_directory(holder, remover)
            return (path, holder, remover)
        }
    }

    private static func startRemover(of path: String, and place: String?) -> (holder: Int32, remover: pid_t)? {
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else { return nil }
        ends.forEach { _ = fcntl($0, F_SETFD, FD_CLOEXEC) }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, ends[0], STDIN_FILENO)
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        // In a process group of its own: a terminal's signals are not for it.
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK))
        var none = sigset_t()
        sigemptyset(&none)
        posix_spawnattr_setsigmask(&attributes, &none)
        let script =
            "read -r _; chmod -R u+rwx -- \"$1\" 2>/dev/null; rm -rf -- \"$1\"; test -z \"$2\" || rmdir -- \"$2\" 2>/dev/null"
        let words: [String] = ["sh", "-c", script, "sh", path, place ?? ""]
        var arguments = words.map { strdup($0) } + [nil]
        defer { arguments.forEach { free($0) } }
        var process = pid_t()
        let error = posix_spawnp(&process, "sh", &actions, &attributes, &arguments, environ)
        close(ends[0])
        guard error == 0 else {
            close(ends[1])
            errno = error
            return nil
        }
        return (ends[1], process)
    }

    /// Removes it, and waits until it is gone.
    deinit {
        HeldSignals.during { _ in
            clinux_unfinished_directory(-1, remover)
            close(holder)
        }
        var ended: Int32 = 0
        while waitpid(remover, &ended, 0) < 0, errno == EINTR {}
        clinux_unfinished_directory(-1, 0)
    }
}
