// SPDX-License-Identifier: Apache-2.0

import CLinux
import Glibc

/// A directory that only this process's user can look into or change, however others try to put something else in its
/// place.
///
/// The way to it is walked once, a component at a time and through no symbolic link, and each component has to belong to
/// root or to the user and to be nobody else's to change. What is found at the end is kept open: all that is done with its files is
/// done below that descriptor, so that nothing that happens to the path later matters.
///
/// Methods may be called on any thread.
public final class PrivateDirectory: Sendable {
    /// What came of the walk, open for reading: to be locked with flock(2), or synced. It is closed with this object.
    public let descriptor: Int32
    /// The path it was found at, for messages only.
    public let path: String

    /// Opens a directory, and makes it and what lacks above it, with mode 0700.
    ///
    /// - Parameter path: where; what is not absolute begins at the working directory.
    /// - Throws: an errno (ELOOP for a link, EPERM for what is not the user's alone, ENOTDIR, or a system call's), and in
    ///   words which component is wrong and what would be right.
    public convenience init(at path: String) throws(PrivateDirectoryError) {
        var (place, names) = ("", try Self.components(of: path))
        // What is root's root is not checked: whoever can change that needs no state directory of ours.
        var parent = clinux_open_place(AT_FDCWD, "/")
        guard parent >= 0 else { throw .system(errno, "/") }
        defer { close(parent) }
        let last = names.removeLast()
        for name in names {
            place += "/" + name
            let next = try Self.enter(name, of: parent, at: place, open: clinux_open_place)
            close(parent)
            parent = next
            try Self.checkPassage(next, place)
        }
        try self.init(named: last, in: parent, at: place + "/" + last)
    }

    private init(named name: String, in parent: Int32, at path: String) throws(PrivateDirectoryError) {
        let found = try Self.enter(name, of: parent, at: path) {
            openat($0, $1, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
        }
        do throws(PrivateDirectoryError) { try Self.checkOwn(found, path) } catch {
            close(found)
            throw error
        }
        (descriptor, self.path) = (found, path)
    }

    deinit { close(descriptor) }

    /// A directory in it, of the same kind; it is made if it is not there.
    ///
    /// - Parameter name: one component of a path.
    public func directory(_ name: String) throws(PrivateDirectoryError) -> PrivateDirectory {
        try check(name)
        return try PrivateDirectory(named: name, in: descriptor, at: "\(path)/\(name)")
    }

    /// Whether a file is made.
    public enum Creation: Sendable {
        /// It has to be there.
        case never
        /// It must not be there.
        case always
        /// It is, unless it is there.
        case ifMissing
    }

    /// Opens a file, close-on-exec. What is made has mode 0600; what is there has to be a regular file of the user's
    /// that nobody else may change and that has no other name, or it is not touched. What others might read is nobody
    /// else's from then on.
    ///
    /// - Parameters:
    ///   - name: one component of a path.
    ///   - flags: open(2)'s O_RDONLY, O_WRONLY or O_RDWR, and O_APPEND, O_DSYNC and the like. A file is emptied with
    ///     ftruncate(2) once it is known whose it is: O_TRUNC is left out.
    /// - Returns: the descriptor, which is the caller's.
    /// - Throws: ENOENT, EEXIST, ELOOP for a link, EPERM for a file that is not as above, or what open(2) says.
    public func open(
        _ name: String, flags: Int32, creating: Creation = .never
    ) throws(PrivateDirectoryError) -> Int32 {
        try check(name)
        let flags = (flags & ~(O_TRUNC | O_CREAT | O_EXCL)) | O_NOFOLLOW | O_CLOEXEC | O_NOCTTY
        // Between the two somebody may make or remove it: not for ever.
        for _ in 0..<16 {
            if creating != .never {
                let made = openat(descriptor, name, flags | O_CREAT | O_EXCL, 0o600)
                if made >= 0 { return made }
                guard errno == EEXIST, creating == .ifMissing else { throw .system(errno, "\(path)/\(name)") }
            }
            // Without waiting: a pipe waits for its other end, and a file that is leased for its holder.
            let found = openat(descriptor, name, flags | O_NONBLOCK)
            if found >= 0 {
                do throws(PrivateDirectoryError) { try Self.checkFile(found, "\(path)/\(name)") } catch {
                    close(found)
                    throw error
                }
                _ = fcntl(found, F_SETFL, fcntl(found, F_GETFL) & ~O_NONBLOCK)
                return found
            }
            if errno == ELOOP { throw .link("\(path)/\(name)") }
            guard errno == ENOENT, creating == .ifMissing else { throw .system(errno, "\(path)/\(name)") }
        }
        throw .system(EAGAIN, "\(path)/\(name)")
    }

    /// Gives a file another name; a file that has it is replaced, in one step for who looks and after a crash.
    public func rename(_ name: String, to new: String) throws(PrivateDirectoryError) {
        try check(name)
        try check(new)
        guard renameat(descriptor, name, descriptor, new) == 0 else { throw .system(errno, "\(path)/\(name)") }
    }

    /// Removes a name, whatever kind of file but a directory it stands for.
    public func remove(_ name: String) throws(PrivateDirectoryError) {
        try check(name)
        guard unlinkat(descriptor, name, 0) == 0 else { throw .system(errno, "\(path)/\(name)") }
    }

    /// Removes a directory in it that is empty.
    public func removeDirectory(_ name: String) throws(PrivateDirectoryError) {
        try check(name)
        guard unlinkat(descriptor, name, AT_REMOVEDIR) == 0 else { throw .system(errno, "\(path)/\(name)") }
    }

    /// What is in it, in the order of names.
    public func names() throws(PrivateDirectoryError) -> [String] {
        // One of its own: where a descriptor is in a listing is shared by its copies.
        let own = openat(descriptor, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard own >= 0 else { throw .system(errno, path) }
        guard let listing = fdopendir(own) else {
            let error = errno
            close(own)
            throw .system(error, path)
        }
        defer { closedir(listing) }
        var names: [String] = []
        errno = 0
        while let entry = readdir(listing) {
            let name = withUnsafePointer(to: entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != ".", name != ".." { names.append(name) }
            errno = 0
        }
        guard errno == 0 else { throw .system(errno, path) }
        return names.sorted()
    }

    private func check(_ name: String) throws(PrivateDirectoryError) {
        guard !name.isEmpty, name != ".", name != "..",
            !name.utf8.contains(where: { $0 == UInt8(ascii: "/") || $0 == 0 })
        else {
            throw PrivateDirectoryError(errno: EINVAL, description: "\(path): \"\(name)\" is no name of a file in it")
        }
    }
}

extension PrivateDirectory {
    /// Where a user's state is if nobody says where: the user's runtime directory, which goes with the user's last
    /// session; root's `/run/hotmem.state`, which goes with a reboot; and below `/tmp` where there is neither.
    ///
    /// It is a proposal only: what is there is checked when it is opened.
    ///
    /// - Parameter environment: a variable's value; `XDG_RUNTIME_DIR` counts if it is the user's own.
    public static func usual(for user: UInt32, environment: (String) -> String?) -> String {
        usual(for: user, environment: environment) { path in
            var status = stat()
            return lstat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR ? status.st_uid : nil
        }
    }

    /// The same.
    ///
    /// - Parameter owner: whose a directory is; nil where there is none.
    static func usual(
        for user: UInt32, environment: (String) -> String?, owner: (String) -> UInt32?
    ) -> String {
        // What root serves outlives root's sessions, and is to be found by sudo(8) and at(1) alike.
        if user == 0 { return owner("/run") == 0 ? "/run/hotmem.state" : "/tmp/hotmem-0" }
        for place in [environment("XDG_RUNTIME_DIR") ?? "", "/run/user/\(user)"]
        where place.hasPrefix("/") && owner(place) == user { return place + "/hotmem" }
        return "/tmp/hotmem-\(user)"
    }

    /// The path that begins at the root, for a process that will be elsewhere.
    ///
    /// A `..` at the beginning is taken from the working directory's path, in which there are no links, so that it means
    /// what it means to the kernel. Any other stays, and is refused when the directory is opened: what it leads to is not
    /// known before somebody has looked, and may be something else afterwards.
    ///
    /// - Returns: the path as it was, if it is absolute, empty, or there is no working directory.
    public static func absolute(_ path: String) -> String {
        guard !path.isEmpty, !path.hasPrefix("/"), let directory = getcwd(nil, 0) else { return path }
        defer { free(directory) }
        var above = String(cString: directory).split(separator: "/")
        var names = path.split(separator: "/")[...]
        while let name = names.first, name == "." || name == ".." {
            names.removeFirst()
            // Above the root is the root.
            if name == "..", !above.isEmpty { above.removeLast() }
        }
        return "/" + (above + names).joined(separator: "/")
    }

    /// The names on the way from the root.
    private static func components(of path: String) throws(PrivateDirectoryError) -> [String] {
        let whole = absolute(path)
        guard whole.isEmpty || whole.hasPrefix("/") else { throw .system(ENOENT, path) }
        let names = whole.split(separator: "/").map(String.init).filter { $0 != "." }
        guard !names.isEmpty, !whole.utf8.contains(0) else {
            throw PrivateDirectoryError(
                errno: EINVAL, description: "\"\(path)\": give the path of a directory of its own")
        }
        guard !names.contains("..") else {
            throw PrivateDirectoryError(
                errno: EINVAL, description: "\"\(path)\": .. may stand at the beginning only; leave it out elsewhere")
        }
        return names
    }

    /// Opens a component, which is made if it is not there.
    private static func enter(
        _ name: String, of parent: Int32, at place: String,
        open: (_ parent: Int32, _ name: UnsafePointer<CChar>) -> Int32
    ) throws(PrivateDirectoryError) -> Int32 {
        var found = open(parent, name)
        if found < 0, errno == ENOENT {
            // If somebody else is faster, what that made is checked as if it had been there.
            guard mkdirat(parent, name, 0o700) == 0 || errno == EEXIST else { throw .system(errno, place) }
            found = open(parent, name)
        }
        guard found >= 0 else {
            let error = errno
            var status = stat()
            if [ELOOP, ENOTDIR].contains(error), fstatat(parent, name, &status, AT_SYMLINK_NOFOLLOW) == 0,
                status.st_mode & S_IFMT == S_IFLNK
            {
                throw .link(place)
            }
            throw .system(error, place)
        }
        return found
    }

    /// Checks a directory on the way: nobody but root and the user may put something else in the place of what is in it.
    private static func checkPassage(_ directory: Int32, _ place: String) throws(PrivateDirectoryError) {
        let status = try status(of: directory, place)
        // In a sticky directory names are their owners' and the directory's owner's to change.
        guard status.st_mode & 0o022 == 0 || status.st_mode & S_ISVTX != 0 else {
            throw .shared(place, status, "others may change what is in it; chmod go-w \(place), or take another")
        }
    }

    /// Checks the last directory, which is the user's alone.
    private static func checkOwn(_ directory: Int32, _ place: String) throws(PrivateDirectoryError) {
        let status = try status(of: directory, place)
        guard status.st_uid == geteuid() else {
            throw .shared(place, status, "it belongs to user \(status.st_uid), not to you; take another")
        }
        guard status.st_mode & 0o077 == 0 else {
            throw .shared(place, status, "others may look into it; chmod 700 \(place), or take another")
        }
    }

    private static func status(of directory: Int32, _ place: String) throws(PrivateDirectoryError) -> stat {
        // Asked first, for the rest is what the file system says: one that a user serves says whatever that user likes.
        guard clinux_file_system_kind_of(directory) != 0x6573_5546 else {
            throw PrivateDirectoryError(
                errno: EPERM, description: "\(place): is a FUSE file system's, which may say of owners what it likes")
        }
        var status = stat()
        guard fstat(directory, &status) == 0 else { throw .system(errno, place) }
        guard status.st_uid == 0 || status.st_uid == geteuid() else {
            throw .shared(
                place, status, "it belongs to user \(status.st_uid), neither to you nor to root; take another")
        }
        return status
    }

    private static func checkFile(_ file: Int32, _ place: String) throws(PrivateDirectoryError) {
        var status = stat()
        guard fstat(file, &status) == 0 else { throw .system(errno, place) }
        let reason: String? =
            if status.st_mode & S_IFMT != S_IFREG {
                "it is no regular file"
            } else if status.st_uid != geteuid() {
                "it belongs to user \(status.st_uid)"
            } else if status.st_nlink != 1 {
                "it has another name elsewhere"
            } else if status.st_mode & 0o022 != 0 {
                "others may write to it"
            } else {
                nil
            }
        if let reason {
            throw PrivateDirectoryError(
                errno: EPERM, description: "\(place): \(reason), so hotmem did not make it; remove it")
        }
        guard status.st_mode & 0o077 == 0 || fchmod(file, status.st_mode & 0o700) == 0 else {
            throw .system(errno, place)
        }
    }
}

/// Why a private directory or a file in it is not to be had.
public struct PrivateDirectoryError: Error, Sendable, CustomStringConvertible {
    /// What failed, as a system call would say.
    public let errno: Int32
    /// The path, what is wrong with it, and what to do.
    public let description: String

    static func system(_ errno: Int32, _ place: String) -> Self {
        Self(errno: errno, description: "\(place): \(String(cString: strerror(errno)))")
    }

    static func link(_ place: String) -> Self {
        Self(
            errno: ELOOP, description: "\(place): is a symbolic link; name the directory itself")
    }

    static func shared(_ place: String, _ status: stat, _ reason: String) -> Self {
        let mode = String(status.st_mode & 0o7777, radix: 8)
        return Self(errno: EPERM, description: "\(place) (mode \(mode)) is not safe: \(reason)")
    }
}
