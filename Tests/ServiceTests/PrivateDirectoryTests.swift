// SPDX-License-Identifier: Apache-2.0
// swift-format-ignore-file: NeverForceUnwrap

import Foundation
import FuseBridge
import Glibc
import TestSupport
import Testing

@testable import Service

/// A directory that everyone may make files in, as /tmp is.
private final class Public {
    let path = SharedDirectory.directory("public")

    init() { chmod(path, 0o1777) }

    deinit {
        umount2(path + "/fuse", Int32(MNT_DETACH))
        Self.remove(path)
    }

    /// Makes a directory in it.
    func directory(_ name: String, mode: mode_t = 0o700, owner: uid_t = 0) -> String {
        mkdir("\(path)/\(name)", 0o700)
        chown("\(path)/\(name)", owner, owner)
        chmod("\(path)/\(name)", mode)
        return "\(path)/\(name)"
    }

    private static func remove(_ path: String) {
        if unlink(path) == 0 { return }
        if let listing = opendir(path) {
            while let entry = readdir(listing) {
                let name = withUnsafePointer(to: entry.pointee.d_name) {
                    $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
                }
                if name != ".", name != ".." { remove("\(path)/\(name)") }
            }
            closedir(listing)
        }
        rmdir(path)
    }
}

private func mode(_ path: String) -> mode_t? {
    var status = stat()
    return lstat(path, &status) == 0 ? status.st_mode & 0o7777 : nil
}

/// What opening a directory fails with.
private func refusal(_ path: String) -> PrivateDirectoryError? {
    do throws(PrivateDirectoryError) {
        _ = try PrivateDirectory(at: path)
        return nil
    } catch { return error }
}

private let nobody: uid_t = 65534

@Suite struct `A private directory` {
    @Test func `is made with all that lacks above it, and found again`() throws {
        let place = Public()
        let path = place.path + "/a//./b/"
        let directory = try PrivateDirectory(at: path)
        #expect(directory.path == place.path + "/a/b")
        #expect(mode(place.path + "/a") == 0o700 && mode(place.path + "/a/b") == 0o700)
        #expect(try PrivateDirectory(at: path).names() == [])
        #expect(fcntl(directory.descriptor, F_GETFD) & FD_CLOEXEC != 0)
    }

    @Test(arguments: ["", "/", ".", "/tmp/../etc", "a\0b"])
    func `has a path that makes sense`(path: String) {
        // "." is where the tests run: it has a path, and is nobody's alone.
        #expect(refusal(path)?.errno == (path == "." ? EPERM : EINVAL))
    }

    @Test func `has a path from here, and from above here`() throws {
        let current = FileManager.default.currentDirectoryPath
        let above = URL(fileURLWithPath: current).deletingLastPathComponent().path
        for (path, absolute) in [
            ("/a/b", "/a/b"), ("x", current + "/x"), ("./x//y", current + "/x/y"), ("..", above),
            ("../x", (above == "/" ? "" : above) + "/x"), ("./.././x", (above == "/" ? "" : above) + "/x"),
            (String(repeating: "../", count: 100) + "x/y", "/x/y"), ("x/../y", current + "/x/../y"), ("", ""),
        ] { #expect(PrivateDirectory.absolute(path) == absolute) }
        // What is in between may be a link.
        let refused = try #require(refusal("x/../y"))
        #expect(refused.errno == EINVAL && refused.description.contains("at the beginning only"), "\(refused)")
        let place = Public()
        let up = String(repeating: "../", count: current.split(separator: "/").count)
        #expect(try PrivateDirectory(at: up + place.path.dropFirst() + "/state").path == place.path + "/state")
        symlink(place.path + "/state", place.path + "/link")
        #expect(refusal(up + place.path.dropFirst() + "/link")?.errno == ELOOP)
    }

    @Test(arguments: [0o755, 0o750, 0o701, 0o770, 0o1777] as [mode_t])
    func `is nobody else's to look into`(mode: mode_t) throws {
        let place = Public()
        let path = place.directory("state", mode: mode)
        let refused = try #require(refusal(path))
        #expect(refused.errno == EPERM && refused.description.contains("chmod 700 \(path)"), "\(refused)")
        chmod(path, 0o700)
        #expect(refusal(path) == nil)
    }

    @Test func `of another user is refused, at its end and on the way`() throws {
        let place = Public()
        let path = place.directory("state", owner: nobody)
        for path in [path, path + "/below"] {
            let refused = try #require(refusal(path))
            #expect(refused.errno == EPERM && refused.description.contains("belongs to user 65534"), "\(refused)")
        }
        #expect(mode(path + "/below") == nil)
    }

    @Test(arguments: [0o777, 0o720, 0o702] as [mode_t])
    func `is not below one that others may change`(mode given: mode_t) throws {
        let place = Public()
        let open = place.directory("open", mode: given)
        let refused = try #require(refusal(open + "/state"))
        #expect(refused.errno == EPERM && refused.description.contains("chmod go-w \(open)"), "\(refused)")
        #expect(mode(open + "/state") == nil)
        // There names are their owners'.
        chmod(open, given | S_ISVTX)
        #expect(refusal(open + "/state") == nil)
    }

    @Test func `is not reached through links, whoever made them`() throws {
        let place = Public()
        let real = place.directory("real")
        symlink(real, place.path + "/link")
        symlink(place.path + "/nothing", place.path + "/dangling")
        lchown(place.path + "/dangling", nobody, nobody)
        for path in ["link", "link/", "link/below", "dangling", "dangling/below"] {
            let refused = try #require(refusal("\(place.path)/\(path)"))
            #expect(refused.errno == ELOOP && refused.description.contains("is a symbolic link"), "\(refused)")
        }
        #expect(try PrivateDirectory(at: real).names() == [])
        #expect(mode(place.path + "/nothing") == nil)
        #expect(refusal(place.path + "/real/below") == nil)
    }

    @Test func `is no file`() throws {
        let place = Public()
        close(open(place.path + "/file", O_CREAT | O_WRONLY, 0o600))
        #expect(refusal(place.path + "/file")?.errno == ENOTDIR)
        #expect(refusal(place.path + "/file/below")?.errno == ENOTDIR)
    }

    /// A file system that says that everything is root's alone.
    private final class Liar: FuseFileSystem {
        private var root: FileAttributes {
            FileAttributes(inode: 1, mode: S_IFDIR | 0o700, size: 0, links: 2)
        }
        func lookup(parent: UInt64, name: String) throws(FuseError) -> Entry { throw FuseError(ENOENT) }
        func attributes(of inode: UInt64, handle: UInt64?) throws(FuseError) -> FileAttributes { root }
        func read(
            inode: UInt64, handle: UInt64, offset: Int64, flags: Int32, into buffer: UnsafeMutableRawBufferPointer
        ) throws(FuseError) -> Transfer { throw FuseError(ENOENT) }
        func readDirectory(
            inode: UInt64, handle: UInt64, offset: UInt64, into buffer: inout DirectoryBuffer
        ) throws(FuseError) {}
    }

    @Test func `is on no file system that a user serves`() throws {
        let place = Public()
        let path = place.directory("fuse")
        let session = try FuseSession(fileSystem: Liar(), options: ["allow_other"])
        try session.mount(at: path)
        defer { session.unmount() }
        let box = Unmanaged.passRetained(session)
        var thread = pthread_t()
        pthread_create(
            &thread, nil,
            {
                _ = Unmanaged<FuseSession>.fromOpaque($0!).takeRetainedValue().run()
                return nil
            }, box.toOpaque())
        var status = stat()
        #expect(stat(path, &status) == 0 && status.st_uid == 0 && status.st_mode & 0o777 == 0o700)
        for path in [path, path + "/below"] {
            let refused = try #require(refusal(path))
            #expect(refused.errno == EPERM && refused.description.contains("is a FUSE file system's"), "\(refused)")
        }
        session.exit()
        pthread_join(thread, nil)
    }

    @Test func `stays the one that was checked, whatever its path leads to later`() throws {
        let place = Public()
        let path = place.path + "/state"
        let directory = try PrivateDirectory(at: path)
        rename(path, place.path + "/moved")
        symlink("/etc", path)
        close(try directory.open("file", flags: O_WRONLY, creating: .always))
        #expect(mode(place.path + "/moved/file") == 0o600)
        #expect(try directory.names() == ["file"])
        #expect(access("/etc/file", F_OK) != 0)
    }

    @Test func `has directories of its kind in it`() throws {
        let place = Public()
        let directory = try PrivateDirectory(at: place.path + "/state")
        close(try directory.directory("one").open("file", flags: O_RDWR, creating: .ifMissing))
        #expect(mode(place.path + "/state/one") == 0o700 && mode(place.path + "/state/one/file") == 0o600)
        #expect(try directory.directory("one").names() == ["file"])
        symlink("one", place.path + "/state/two")
        #expect(throws: PrivateDirectoryError.self) { try directory.directory("two") }
        try directory.directory("one").remove("file")
        try directory.removeDirectory("one")
        #expect(try directory.names() == ["two"])
    }

    @Test func `keeps no descriptor when it is refused, nor after its end`() throws {
        let place = Public()
        let wrong = place.directory("wrong", mode: 0o755)
        // Tests of other suites open files, too: this many they do not.
        func open() -> Int {
            var count = 0
            for descriptor in 0..<Int32(4096) where fcntl(descriptor, F_GETFD) >= 0 { count += 1 }
            return count
        }
        let before = open()
        for _ in 0..<500 {
            _ = refusal(wrong)
            _ = refusal(wrong + "/file/below")
            _ = try PrivateDirectory(at: place.path + "/state").names()
        }
        #expect(open() < before + 250)
    }
}

@Suite struct `A private file` {
    private let place = Public()
    private let directory: PrivateDirectory

    init() throws { directory = try PrivateDirectory(at: place.path + "/state") }

    private func refusal(_ name: String, flags: Int32 = O_RDWR, _ creating: PrivateDirectory.Creation = .never)
        -> PrivateDirectoryError?
    {
        do throws(PrivateDirectoryError) {
            close(try directory.open(name, flags: flags, creating: creating))
            return nil
        } catch { return error }
    }

    @Test func `is made once, opened, given another name and removed`() throws {
        #expect(refusal("file")?.errno == ENOENT)
        let file = try directory.open("file", flags: O_RDWR, creating: .always)
        defer { close(file) }
        #expect(write(file, "text", 4) == 4)
        #expect(mode("\(place.path)/state/file") == 0o600)
        #expect(fcntl(file, F_GETFD) & FD_CLOEXEC != 0)
        #expect(refusal("file", .always)?.errno == EEXIST)
        // What is there stays as it is.
        #expect(refusal("file", flags: O_WRONLY | O_TRUNC, .ifMissing) == nil)
        #expect(lseek(file, 0, SEEK_END) == 4)
        let again = try directory.open("file", flags: O_RDONLY)
        #expect(fcntl(again, F_GETFL) & O_NONBLOCK == 0)
        close(again)
        close(try directory.open("other", flags: O_RDWR, creating: .ifMissing))
        try directory.rename("file", to: "other")
        #expect(try directory.names() == ["other"])
        try directory.remove("other")
        #expect(try directory.names() == [])
        #expect(throws: PrivateDirectoryError.self) { try directory.remove("other") }
        #expect(throws: PrivateDirectoryError.self) { try directory.rename("file", to: "other") }
    }

    @Test(arguments: ["", ".", "..", "a/b", "/etc/passwd", "../x", "a\0b"])
    func `has a name, and no path`(name: String) {
        #expect(refusal(name, .ifMissing)?.errno == EINVAL)
        #expect(throws: PrivateDirectoryError.self) { try directory.remove(name) }
        #expect(throws: PrivateDirectoryError.self) { try directory.rename("file", to: name) }
        #expect(throws: PrivateDirectoryError.self) { try directory.directory(name) }
    }

    @Test(arguments: [.never, .always, .ifMissing] as [PrivateDirectory.Creation])
    func `is no link, wherever that leads`(creating: PrivateDirectory.Creation) throws {
        symlink(place.path + "/target", place.path + "/state/link")
        #expect(refusal("link", creating)?.errno == (creating == .always ? EEXIST : ELOOP))
        #expect(mode(place.path + "/target") == nil)
        close(open(place.path + "/target", O_CREAT | O_WRONLY, 0o600))
        #expect(refusal("link", creating)?.errno == (creating == .always ? EEXIST : ELOOP))
    }

    @Test func `has no other name`() throws {
        close(try directory.open("file", flags: O_RDWR, creating: .always))
        link(place.path + "/state/file", place.path + "/second")
        let refused = try #require(refusal("file", .ifMissing))
        #expect(refused.errno == EPERM && refused.description.contains("another name"), "\(refused)")
        unlink(place.path + "/second")
        #expect(refusal("file") == nil)
    }

    @Test(.timeLimit(.minutes(1)), arguments: [O_RDONLY, O_WRONLY, O_RDWR])
    func `is neither pipe nor directory nor device, and nobody waits for one`(flags: Int32) throws {
        mkfifo(place.path + "/state/pipe", 0o600)
        // open(2) itself refuses a pipe that nobody reads.
        #expect(refusal("pipe", flags: flags)?.errno == (flags == O_WRONLY ? ENXIO : EPERM))
        mkdir(place.path + "/state/directory", 0o700)
        #expect(refusal("directory", flags: flags)?.errno == (flags == O_RDONLY ? EPERM : EISDIR))
        mknod(place.path + "/state/device", S_IFCHR | 0o600, 0x0103)
        #expect(refusal("device", flags: flags)?.errno == EPERM)
    }

    @Test func `is the user's, and others may not write to it`() throws {
        close(try directory.open("file", flags: O_RDWR, creating: .always))
        chmod(place.path + "/state/file", 0o622)
        #expect(refusal("file")?.errno == EPERM)
        for loose in [0o644, 0o604, 0o640, 0o755, 0o600] as [mode_t] {
            chmod(place.path + "/state/file", loose)
            #expect(refusal("file", flags: O_RDONLY) == nil)
            #expect(mode("\(place.path)/state/file") == loose & 0o700)
        }
        chown(place.path + "/state/file", nobody, nobody)
        let refused = try #require(refusal("file"))
        #expect(refused.errno == EPERM && refused.description.contains("user 65534"), "\(refused)")
    }
}

/// Another user, on a thread of this process, who puts one thing after another in a path's place.
private final class Attacker: @unchecked Sendable {
    // Unchecked: what is written to is a pipe; the rest is constant, but for the thread, which its maker alone touches.
    private let path: String
    private let prey: String
    private let own: String
    private var thread = pthread_t()
    private var ends: [Int32] = [-1, -1]

    /// - Parameter prey: what the attacker wants written to.
    init(at path: String, prey: String) {
        (self.path, self.prey, own) = (path, prey, path + ".own")
        pipe(&ends)
        _ = fcntl(ends[0], F_SETFL, O_NONBLOCK)
        pthread_create(
            &thread, nil,
            {
                Unmanaged<Attacker>.fromOpaque($0!).takeUnretainedValue().attack()
                return nil
            }, Unmanaged.passUnretained(self).toOpaque())
    }

    /// Ends it.
    func stop() {
        close(ends[1])
        pthread_join(thread, nil)
        close(ends[0])
    }

    private func attack() {
        // Of this thread alone; root's rights to others' files go with it.
        _ = hidden("setfsuid", (@convention(c) (uid_t) -> Int32).self)(nobody)
        var byte: UInt8 = 0
        while read(ends[0], &byte, 1) != 0 {
            mkdir(path, 0o777)
            symlink(prey, path + "/state")
            rename(path, own)
            symlink(prey, path)
            unlink(path)
            rename(own, path)
            unlink(path + "/state")
            rmdir(path)
            link(prey + "/secret", path)
            unlink(path)
        }
    }
}

@Suite struct `Whoever races for a private directory` {
    @Test(arguments: ["", "/state", "/state/deep"])
    func `gets nothing written anywhere else`(below: String) throws {
        let place = Public()
        let prey = place.directory("prey", mode: 0o755)
        close(open(prey + "/secret", O_CREAT | O_WRONLY, 0o644))
        let contested = place.path + "/contested"
        let attacker = Attacker(at: contested, prey: prey)
        var (made, refused) = (0, 0)
        for _ in 0..<20_000 {
            do throws(PrivateDirectoryError) {
                let directory = try PrivateDirectory(at: contested + below)
                close(try directory.open("written", flags: O_WRONLY, creating: .ifMissing))
                made += 1
                var status = stat()
                #expect(fstat(directory.descriptor, &status) == 0 && status.st_uid == 0)
                #expect(status.st_mode & 0o7777 == 0o700)
                // It was there for the taking, and nobody takes it back: the next round begins.
                #expect(mode(contested) == 0o700)
                try directory.remove("written")
                if below == "/state/deep" { rmdir(contested + below) }
                if !below.isEmpty { rmdir(contested + "/state") }
                rmdir(contested)
            } catch { refused += 1 }
        }
        attacker.stop()
        // Both happened, or it was no race.
        #expect(made > 0 && refused > 0, "\(made) made, \(refused) refused")
        #expect(access(prey + "/written", F_OK) != 0 && access(prey + "/state", F_OK) != 0)
        #expect(access(prey + "/deep", F_OK) != 0)
    }
}

@Suite struct `The usual place for state` {
    @Test(
        arguments: [
            (1000, "/run/user/1000", ["/run/user/1000": 1000], "/run/user/1000/hotmem"),
            (1000, "/somewhere", ["/somewhere": 1000, "/run/user/1000": 1000], "/somewhere/hotmem"),
            // Another user's, as su(1) leaves it.
            (1000, "/run/user/0", ["/run/user/0": 0, "/run/user/1000": 1000], "/run/user/1000/hotmem"),
            (1000, "relative", ["relative": 1000], "/tmp/hotmem-1000"),
            (1000, nil, ["/run/user/1000": 1000], "/run/user/1000/hotmem"),
            (1000, nil, ["/run/user/1000": 1001], "/tmp/hotmem-1000"),
            (1000, "", [:], "/tmp/hotmem-1000"),
            (0, "/run/user/0", ["/run/user/0": 0, "/run": 0], "/run/hotmem.state"),
            (0, nil, ["/run": 65534], "/tmp/hotmem-0"),
        ] as [(uid_t, String?, [String: uid_t], String)])
    func `is the user's own`(user: uid_t, variable: String?, owners: [String: uid_t], place: String) {
        #expect(
            PrivateDirectory.usual(for: user, environment: { $0 == "XDG_RUNTIME_DIR" ? variable : nil }) { owners[$0] }
                == place)
    }
}
