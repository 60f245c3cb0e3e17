// SPDX-License-Identifier: Apache-2.0

import FuseBridge
import Foundation
import Logging
import MachineFile
import MemoryModel
import Synchronization
import SysfsTree
import TestSupport
import TreeServer
import Uevents

/// A failed system call.
struct CallError: Error {
    let errno: Int32
    var atOpen = false
}

/// Where a transcript is replayed: the same operations, in process or through a mount.
protocol Place {
    func write(_ path: String, _ data: [UInt8]) throws -> Int
    func read(_ path: String) throws -> String
    func readLink(_ path: String) throws -> String
    func list(_ path: String) throws -> [String]
    func status(_ path: String) throws -> (mode: UInt32, size: Int64, links: UInt32)
    /// The uevents since the last call, in order, each as its variables with the first word before them.
    func takeUevents() -> [[String]]
}

/// The tree itself, without FUSE.
final class DirectPlace: Place {
    private let session: TreeSession
    private var uevents: [[String]] = []

    init(_ machine: Machine) {
        session = TreeSession(machine: machine)
        session.onOutcome = { [unowned self] _, outcome in
            uevents += outcome.changes.compactMap(Uevent.init).map(\.words)
        }
    }

    private func walk(_ path: String, followLast: Bool = true) throws(Refusal) -> Inode {
        var trail: [Inode] = [.root]
        var rest = path.split(separator: "/").map(String.init)[...]
        while let name = rest.popFirst() {
            if name == ".." {
                trail.removeLast()
                continue
            }
            let found = try session.lookup(name, in: trail.last!)
            if let target = Tree.target(of: found, in: session.machine), followLast || !rest.isEmpty {
                rest = target.split(separator: "/").map(String.init) + rest
            } else {
                trail.append(found)
            }
        }
        return trail.last!
    }

    private func call<T>(_ body: () throws(Refusal) -> T) throws(CallError) -> T {
        do throws(Refusal) { return try body() } catch { throw CallError(errno: error.errno.rawValue) }
    }

    private func open(_ path: String, reading: Bool, writing: Bool) throws(CallError) -> (inode: Inode, handle: UInt64)
    {
        do throws(Refusal) {
            let inode = try walk(path)
            return (inode, try session.open(inode, reading: reading, writing: writing))
        } catch { throw CallError(errno: error.errno.rawValue, atOpen: true) }
    }

    func write(_ path: String, _ data: [UInt8]) throws -> Int {
        let file = try open(path, reading: false, writing: true)
        defer { session.close(file.handle) }
        return try call { () throws(Refusal) in
            var result: Result<TreeSession.WriteResult, Refusal> = .success(.taken(0))
            data.withUnsafeBytes { bytes in
                do throws(Refusal) { result = .success(try session.write(file.inode, bytes)) } catch {
                    result = .failure(error)
                }
            }
            guard case .taken(let count) = try result.get() else { throw Refusal(.interrupted, "the write waits") }
            return count
        }
    }

    func read(_ path: String) throws -> String {
        let file = try open(path, reading: true, writing: false)
        defer { session.close(file.handle) }
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 16, alignment: 1)
        defer { buffer.deallocate() }
        var text: [UInt8] = []
        while true {
            let count = try call { () throws(Refusal) in try session.read(file.handle, at: text.count, into: buffer) }
            if count == 0 { return String(decoding: text, as: UTF8.self) }
            text += buffer.prefix(count)
        }
    }

    func readLink(_ path: String) throws -> String {
        try call { () throws(Refusal) in try session.target(of: try walk(path, followLast: false)) }
    }

    func list(_ path: String) throws -> [String] {
        try call { () throws(Refusal) in
            try Tree.entries(of: try walk(path), in: session.machine).map(\.name)
        }
    }

    func status(_ path: String) throws -> (mode: UInt32, size: Int64, links: UInt32) {
        let attributes = try call { () throws(Refusal) in
            session.status(of: try walk(path, followLast: false)).attributes
        }
        return (attributes.mode, attributes.size, attributes.links)
    }

    func takeUevents() -> [[String]] {
        defer { uevents = [] }
        return uevents
    }
}

/// The tree through a real mount.
final class MountedPlace: Place, Sendable {
    private let root: String
    private let server: MachineServer
    private let uevents = Queue()
    private let ended = DispatchSemaphore(value: 0)

    private final class Queue: Sendable {
        let words = Mutex<[[String]]>([])
    }

    init(_ machine: Machine) throws {
        root = SharedDirectory.directory("kernel")
        let uevents = uevents
        var quiet = Logger(label: "test")
        quiet.logLevel = .critical
        server = try MachineServer(
            machine: machine, owner: (getuid(), getgid()), options: ["default_permissions"], logger: quiet,
            announce: { uevent in
                uevents.words.withLock { $0.append(uevent.words) }
                return 0
            })
        try server.mount(at: root)
        let (server, ended) = (server, ended)
        Thread.detachNewThread {
            _ = server.serve()
            ended.signal()
        }
    }

    func end() {
        server.stop()
        ended.wait()
        server.unmount()
        rmdir(root)
    }

    private func open(_ path: String, _ flags: Int32) throws(CallError) -> Int32 {
        let descriptor = Glibc.open(root + path, flags | O_CLOEXEC)
        guard descriptor >= 0 else { throw CallError(errno: errno, atOpen: true) }
        return descriptor
    }

    func write(_ path: String, _ data: [UInt8]) throws -> Int {
        let descriptor = try open(path, O_WRONLY | O_TRUNC)
        defer { close(descriptor) }
        let count = Glibc.write(descriptor, data, data.count)
        guard count >= 0 else { throw CallError(errno: errno) }
        return count
    }

    func read(_ path: String) throws -> String {
        let descriptor = try open(path, O_RDONLY)
        defer { close(descriptor) }
        var text: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = Glibc.read(descriptor, &buffer, buffer.count)
            guard count >= 0 else { throw CallError(errno: errno) }
            if count == 0 { return String(decoding: text, as: UTF8.self) }
            text += buffer.prefix(count)
        }
    }

    func readLink(_ path: String) throws -> String {
        var buffer = [UInt8](repeating: 0, count: 4096)
        let count = buffer.withUnsafeMutableBytes { readlink(root + path, $0.baseAddress!, $0.count) }
        guard count >= 0 else { throw CallError(errno: errno) }
        return String(decoding: buffer.prefix(count), as: UTF8.self)
    }

    func list(_ path: String) throws -> [String] {
        guard let directory = opendir(root + path) else { throw CallError(errno: errno) }
        defer { closedir(directory) }
        var names: [String] = []
        while let entry = readdir(directory) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names
    }

    func status(_ path: String) throws -> (mode: UInt32, size: Int64, links: UInt32) {
        var status = stat()
        guard lstat(root + path, &status) == 0 else { throw CallError(errno: errno) }
        return (status.st_mode, Int64(status.st_size), UInt32(status.st_nlink))
    }

    func takeUevents() -> [[String]] {
        uevents.words.withLock { words in
            defer { words = [] }
            return words
        }
    }
}

extension Uevent {
    /// The message's words.
    var words: [String] { bytes.dropLast().split(separator: 0).map { String(decoding: $0, as: UTF8.self) } }
}
