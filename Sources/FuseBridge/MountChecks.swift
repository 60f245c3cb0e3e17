// SPDX-License-Identifier: Apache-2.0
import CFuse3
import Glibc

/// Finds out before libfuse does why a mount cannot work, to say it better.
enum MountChecks {
    /// The place to give to libfuse: absolute, so that it can still be unmounted after a chdir(2).
    static func place(_ path: String) throws(FuseSessionError) -> String {
        // A descriptor that somebody else opened and mounted.
        if path.hasPrefix("/dev/fd/") { return path }
        let resolved = try directory(path)
        try device()
        if geteuid() != 0, !hasHelper() {
            throw FuseSessionError(.noHelper, "no fusermount3: apt install fuse3, or run as root")
        }
        return resolved
    }

    private static func directory(_ path: String) throws(FuseSessionError) -> String {
        var status = stat()
        guard let resolved = realpath(path, nil) else { throw unusable(path, errno) }
        defer { free(resolved) }
        // The kernel may know what stat(2) says of a dead mount; about the file system it asks always.
        var fileSystem = statvfs()
        guard stat(resolved, &status) == 0, statvfs(resolved, &fileSystem) == 0 else { throw unusable(path, errno) }
        guard status.st_mode & S_IFMT == S_IFDIR else {
            throw FuseSessionError(.mountPoint, "\(path): not a directory")
        }
        // fusermount3 mounts only where its caller could write.
        if geteuid() != 0, access(resolved, W_OK) != 0 {
            throw FuseSessionError(.mountPoint, "\(path): not writable by you, so not yours to mount on")
        }
        return String(cString: resolved)
    }

    private static func unusable(_ path: String, _ errno: Int32) -> FuseSessionError {
        let reason =
            switch errno {
            case ENOENT: "no such directory"
            // A mount whose daemon died.
            case ENOTCONN, ECONNABORTED: "a dead mount: umount it first"
            default: FuseSession.reason(errno)
            }
        return FuseSessionError(.mountPoint, "\(path): \(reason)")
    }

    private static func device() throws(FuseSessionError) {
        let descriptor = open("/dev/fuse", O_RDWR | O_CLOEXEC)
        if descriptor >= 0 {
            close(descriptor)
            return
        }
        switch errno {
        case ENOENT, ENODEV, ENXIO:
            throw FuseSessionError(.noDevice, "no /dev/fuse: modprobe fuse; in a container give it --device /dev/fuse")
        case EPERM:
            throw FuseSessionError(.noDevice, "/dev/fuse is not permitted: give the container --device /dev/fuse")
        default:
            throw FuseSessionError(.noDevice, "/dev/fuse: \(FuseSession.reason(errno))")
        }
    }

    private static func hasHelper() -> Bool {
        // Where libfuse itself looks first is fixed when it is built; /usr/bin is Debian's.
        let path = getenv("PATH").map { String(cString: $0) } ?? ""
        return (["/usr/bin", "/bin"] + path.split(separator: ":").map(String.init)).contains {
            access($0 + "/fusermount3", X_OK) == 0
        }
    }

    /// What to say when libfuse tried and failed.
    static func refusal(_ path: String, _ messages: [String]) -> String {
        let text = oneLine(messages)
        if geteuid() == 0, text.isEmpty || text.contains("not permitted") {
            return "mounting on \(path) is not permitted: it needs CAP_SYS_ADMIN (in a container --cap-add SYS_ADMIN)"
        }
        return "cannot mount on \(path): \(text.isEmpty ? "fusermount3 refused" : text)"
    }
}
