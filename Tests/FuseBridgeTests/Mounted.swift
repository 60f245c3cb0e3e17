// SPDX-License-Identifier: Apache-2.0
import FuseBridge
import Glibc
import Synchronization
import TestSupport

/// A session that runs on a thread of its own, on a directory of its own.
final class Mounted: Sendable {
    let path: String
    let session: FuseSession
    private let busyPollMicroseconds: Int
    private let status = Mutex<Int32?>(nil)

    init(
        _ fileSystem: any FuseFileSystem, timeouts: Timeouts = Timeouts(), readDirectoryPlus: Bool = false,
        busyPollMicroseconds: Int = 0, debug: Bool = false
    ) throws {
        path = temporaryDirectory()
        self.busyPollMicroseconds = busyPollMicroseconds
        session = try FuseSession(
            fileSystem: fileSystem, options: ["fsname=toy", "default_permissions"] + (debug ? ["debug"] : []),
            timeouts: timeouts, readDirectoryPlus: readDirectoryPlus)
        try session.mount(at: path)
        start()
    }

    /// Runs a session that is mounted already.
    init(_ session: FuseSession, path: String) {
        self.path = path
        self.session = session
        busyPollMicroseconds = 0
        start()
    }

    private func start() {
        var thread = pthread_t()
        pthread_create(
            &thread, nil,
            { raw in
                guard let raw else { return nil }
                let mounted = Unmanaged<Mounted>.fromOpaque(raw).takeRetainedValue()
                let status = mounted.session.run(busyPollMicroseconds: mounted.busyPollMicroseconds)
                mounted.status.withLock { $0 = status }
                return nil
            }, Unmanaged.passRetained(self).toOpaque())
        pthread_detach(thread)
    }

    /// What `run` returned, or nil if it has not within half a minute.
    func ended() -> Int32? {
        for _ in 0..<3000 {
            if let status = status.withLock({ $0 }) { return status }
            usleep(10_000)
        }
        return nil
    }

    func close() {
        session.unmount()
        _ = ended()
        rmdir(path)
    }

    func callAsFunction(_ name: String) -> String {
        path + "/" + name
    }
}

func temporaryDirectory() -> String { SharedDirectory.directory("fuse") }

/// Mounts, runs `body`, and unmounts whatever happened.
func withMount<FileSystem: FuseFileSystem>(
    of fileSystem: FileSystem, timeouts: Timeouts = Timeouts(), readDirectoryPlus: Bool = false,
    busyPollMicroseconds: Int = 0, _ body: (Mounted, FileSystem) throws -> Void
) throws {
    let mounted = try Mounted(
        fileSystem, timeouts: timeouts, readDirectoryPlus: readDirectoryPlus,
        busyPollMicroseconds: busyPollMicroseconds)
    defer { mounted.close() }
    try body(mounted, fileSystem)
}

/// The same with a toy.
func withMount(
    _ fileSystem: ToyFileSystem = ToyFileSystem(), timeouts: Timeouts = Timeouts(), readDirectoryPlus: Bool = false,
    busyPollMicroseconds: Int = 0, _ body: (Mounted, ToyFileSystem) throws -> Void
) throws {
    try withMount(
        of: fileSystem, timeouts: timeouts, readDirectoryPlus: readDirectoryPlus,
        busyPollMicroseconds: busyPollMicroseconds, body)
}

/// Unmounts. A program that another test is about to start may hold a file for a moment.
func umounted(_ path: String) -> Bool {
    eventually { umount2(path, 0) == 0 }
}

/// 0, or the errno of a call that answers -1.
func failure(_ call: () -> Int32) -> Int32 {
    call() == -1 ? errno : 0
}

/// The errno of an open(2), or 0 after closing what it gave.
func openFailure(_ path: String, _ flags: Int32) -> Int32 {
    let descriptor = open(path, flags, 0o644)
    if descriptor < 0 { return errno }
    close(descriptor)
    return 0
}

/// Everything that read(2) gives, asked for in pieces of `size`.
func contents(_ path: String, by size: Int = 4096) -> String {
    let descriptor = open(path, O_RDONLY)
    defer { close(descriptor) }
    var bytes: [UInt8] = []
    var piece = [UInt8](repeating: 0, count: size)
    while case let count = read(descriptor, &piece, size), count > 0 {
        bytes += piece.prefix(count)
    }
    return String(decoding: bytes, as: UTF8.self)
}

func size(_ path: String) -> Int {
    var status = stat()
    return lstat(path, &status) == 0 ? Int(status.st_size) : -1
}

/// A directory's names and types, in the order they come.
func list(_ path: String) -> [(name: String, type: UInt8, inode: UInt64)] {
    guard let directory = opendir(path) else { return [] }
    defer { closedir(directory) }
    var result: [(name: String, type: UInt8, inode: UInt64)] = []
    while let entry = readdir(directory) {
        let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
            String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
        }
        result.append((name, entry.pointee.d_type, UInt64(entry.pointee.d_ino)))
    }
    return result
}
