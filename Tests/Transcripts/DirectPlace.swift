// SPDX-License-Identifier: Apache-2.0

package import MemoryModel
import SysfsTree
package import Uevents

/// The tree itself, without FUSE.
package final class DirectPlace: Place {
    private let session: TreeSession
    /// The machine as it is now.
    package var machine: Machine { session.machine }
    private var uevents: [[String]] = []

    package init(_ machine: Machine) {
        session = TreeSession(machine: machine)
        session.onOutcome = { [unowned self] _, outcome in
            uevents += outcome.uevents.flatMap { Array(repeating: $0.uevent.words, count: Int(clamping: $0.times)) }
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

    package func write(_ path: String, _ data: [UInt8]) throws -> Int {
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

    package func read(_ path: String) throws -> [UInt8] {
        let file = try open(path, reading: true, writing: false)
        defer { session.close(file.handle) }
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 16, alignment: 1)
        defer { buffer.deallocate() }
        var text: [UInt8] = []
        while true {
            let count = try call { () throws(Refusal) in try session.read(file.handle, at: text.count, into: buffer) }
            if count == 0 { return text }
            text += buffer.prefix(count)
        }
    }

    package func readLink(_ path: String) throws -> String {
        try call { () throws(Refusal) in try session.target(of: try walk(path, followLast: false)) }
    }

    package func list(_ path: String) throws -> [String] {
        try call { () throws(Refusal) in
            try Tree.entries(of: try walk(path), in: session.machine).map(\.name)
        }
    }

    package func status(_ path: String) throws -> (mode: UInt32, size: Int64, links: UInt32) {
        let attributes = try call { () throws(Refusal) in
            session.status(of: try walk(path, followLast: false)).attributes
        }
        return (attributes.mode, attributes.size, attributes.links)
    }

    package func takeUevents() -> [[String]] {
        defer { uevents = [] }
        return uevents
    }
}

extension Uevent {
    /// The message's words.
    package var words: [String] { bytes.dropLast().split(separator: 0).map { String(decoding: $0, as: UTF8.self) } }
}
