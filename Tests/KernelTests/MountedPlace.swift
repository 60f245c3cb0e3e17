// SPDX-License-Identifier: Apache-2.0

import FuseBridge
import Foundation
import Logging
import MemoryModel
import Synchronization
import TestSupport
import Transcripts
import TreeServer
import Uevents

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

    func write(_ path: String, _ data: [UInt8]) throws -> Written {
        let descriptor = try open(path, O_WRONLY | O_TRUNC)
        defer { close(descriptor) }
        let count = Glibc.write(descriptor, data, data.count)
        guard count >= 0 else { throw CallError(errno: errno) }
        return .taken(count)
    }

    func open(_ path: String) throws { close(try open(path, O_RDWR)) }

    func change(_ path: String, permissions: UInt32?, user: UInt32?, group: UInt32?) throws {
        if let permissions, chmod(root + path, permissions) != 0 { throw CallError(errno: errno) }
        guard user != nil || group != nil else { return }
        if chown(root + path, user ?? .max, group ?? .max) != 0 { throw CallError(errno: errno) }
    }

    /// A live kernel was waited for; what it answered had no need of time.
    func pass(milliseconds: Int) {}

    /// None of them had a write that waits.
    func answer(toWrite number: Int) throws -> Int? { nil }
    func interrupt(write number: Int) {}

    func read(_ path: String) throws -> [UInt8] {
        let descriptor = try open(path, O_RDONLY)
        defer { close(descriptor) }
        var text: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = Glibc.read(descriptor, &buffer, buffer.count)
            guard count >= 0 else { throw CallError(errno: errno) }
            if count == 0 { return text }
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
