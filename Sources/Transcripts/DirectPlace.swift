// SPDX-License-Identifier: Apache-2.0

public import MemoryModel
import SysfsTree
import Uevents

/// The tree itself, without FUSE.
public final class DirectPlace: Place {
    private let session: TreeSession
    /// The machine as it is now.
    public var machine: Machine { session.machine }
    private var uevents: [[String]] = []
    /// Writes that had to wait, in their order, and what they were answered by now.
    private var waiting: [TreeSession.PendingWrite] = []
    private var answers: [TreeSession.PendingWrite: Result<Int, Refusal>] = [:]

    /// As many links as Linux follows in one path.
    private static let mostLinks = 40

    /// Starts with a machine that has just booted.
    public init(_ machine: Machine) {
        session = TreeSession(machine: machine)
        session.onOutcome = { [unowned self] _, outcome in uevents += UeventWords.all(in: outcome) }
        session.onAnswer = { [unowned self] write, result in answers[write] = result }
    }

    private func walk(_ path: String, followLast: Bool = true) throws(Refusal) -> Inode {
        var trail: [Inode] = []
        var here = Inode.root
        var links = 0
        var rest = Self.names(in: path)[...]
        while let name = rest.popFirst() {
            if name == "." { continue }
            if name == ".." {
                here = trail.popLast() ?? .root
                continue
            }
            let found = try session.lookup(name, in: here)
            if followLast || !rest.isEmpty, let target = try? session.target(of: found) {
                links += 1
                guard links <= Self.mostLinks else { throw Refusal(Self.tooManyLinks, "too many links") }
                if target.hasPrefix("/") { (trail, here) = ([], .root) }
                rest = target.split(separator: "/").map(String.init) + rest
            } else {
                trail.append(here)
                here = found
            }
        }
        return here
    }

    private static let tooManyLinks = Errno(rawValue: 40)

    /// The names in a path whose characters are bytes.
    private static func names(in path: String) -> [String] {
        path.split(separator: "/").map { String(decoding: String($0).latin1 ?? [], as: UTF8.self) }
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

    /// Opens a file for reading and writing, and closes it.
    public func open(_ path: String) throws { session.close(try open(path, reading: true, writing: true).handle) }

    /// Opens a file and writes to it once.
    public func write(_ path: String, _ data: [UInt8]) throws -> Written {
        let file = try open(path, reading: false, writing: true)
        defer { session.close(file.handle) }
        let result = try call { () throws(Refusal) in
            try data.withUnsafeBytes { bytes in
                Result { () throws(Refusal) in try session.write(file.inode, bytes) }
            }.get()
        }
        switch result {
        case .taken(let count): return .taken(count)
        case .waits(let write):
            waiting.append(write)
            return .waits(waiting.count)
        }
    }

    /// The answer to a write that waited; nil while it waits.
    public func answer(toWrite number: Int) throws -> Int? {
        guard waiting.indices.contains(number - 1), let result = answers[waiting[number - 1]] else { return nil }
        return try call { () throws(Refusal) in try result.get() }
    }

    /// A signal comes to who made a write that waits.
    public func interrupt(write number: Int) {
        if waiting.indices.contains(number - 1) { try? session.interrupt(waiting[number - 1]) }
    }

    /// Time passes.
    public func pass(milliseconds: Int) { try? session.tick(milliseconds: UInt64(clamping: milliseconds)) }

    /// Reads a file to its end.
    public func read(_ path: String) throws -> [UInt8] {
        let file = try open(path, reading: true, writing: false)
        defer { session.close(file.handle) }
        if session.mustWait(file.handle, at: 0) { throw ReadWaits() }
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 16, alignment: 1)
        defer { buffer.deallocate() }
        var text: [UInt8] = []
        while true {
            let count = try call { () throws(Refusal) in try session.read(file.handle, at: text.count, into: buffer) }
            if count == 0 { return text }
            text += buffer.prefix(count)
        }
    }

    /// Where a symbolic link points.
    public func readLink(_ path: String) throws -> String {
        let target = try call { () throws(Refusal) in try session.target(of: try walk(path, followLast: false)) }
        return String(latin1: target.utf8)
    }

    /// The names in a directory.
    public func list(_ path: String) throws -> [String] {
        try call { () throws(Refusal) in
            let inode = try walk(path)
            guard inode.row == 0 else { throw Refusal(.notDirectory, "not a directory") }
            return try session.entries(of: inode).map { String(latin1: $0.name.utf8) }
        }
    }

    /// What lstat(2) says.
    public func status(_ path: String) throws -> (mode: UInt32, size: Int64, links: UInt32) {
        let attributes = try call { () throws(Refusal) in
            session.status(of: try walk(path, followLast: false)).attributes
        }
        return (attributes.mode, attributes.size, attributes.links)
    }

    /// chmod and chown.
    public func change(_ path: String, permissions: UInt32?, user: UInt32?, group: UInt32?) throws {
        _ = try call { () throws(Refusal) in
            try session.change(try walk(path), permissions: permissions, user: user, group: group, size: nil)
        }
    }

    /// The uevents since the last call.
    public func takeUevents() -> [[String]] {
        defer { uevents = [] }
        return uevents
    }
}
