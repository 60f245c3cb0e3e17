// SPDX-License-Identifier: Apache-2.0

import Glibc
import MemoryModel
import SysfsTree

@testable import TreeServer

/// The tree of a machine in this process, which nobody keeps anything of. It tells what it shows in the lines of
/// `tree-reader.py`.
final class ReferenceTree {
    let session: TreeSession
    /// Files, by their last name.
    private(set) var files: [String: [String]] = [:]
    /// Everything that was there at the last walk.
    private(set) var inodes: [String: Inode] = [:]
    private var known: [String] = []
    private var isKnown: Set<String> = []
    private var kept: [(path: String, inode: Inode, handle: UInt64?)] = []
    private let log = EventLog()
    private let mode: CacheMode
    private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 1)
    private var answer: Answer?

    static let events = "/sys/kernel/debug/hotmem/events"

    /// - Parameters:
    ///   - candidates: paths that may come to be.
    ///   - mode: how the tree is mounted that it is compared with.
    init(_ machine: Machine, candidates: [String], mode: CacheMode) {
        session = TreeSession(machine: machine)
        self.mode = mode
        session.events = log
        session.onOutcome = { [log] _, outcome in log.append(outcome.announced) }
        session.onRefusedWrite = { [unowned session, log] inode, text, refusal in
            log.appendRefused(file: session.path(of: inode), text: text, refusal)
        }
        session.onAnswer = { [unowned self] _, result in
            switch result {
            case .success(let count): answer = count
            case .failure(let refusal): answer = -Int(refusal.errno.rawValue)
            }
        }
        candidates.forEach { know($0) }
    }

    deinit { buffer.deallocate() }

    var machine: Machine { session.machine }

    /// What the write that waited last was answered.
    func takeAnswer() -> Answer? {
        defer { answer = nil }
        return answer
    }

    // MARK: Reading

    /// Everything, as it is.
    func walk() -> [String] {
        (files, inodes) = ([:], ["": .root])
        var lines: [String] = []
        directory("", .root, &lines)
        for path in known where inodes[path] == nil && inodes[parent(of: path)] != nil {
            lines.append("\(path) absent !\(ENOENT)")
        }
        return lines
    }

    private func parent(of path: String) -> String { path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "" }

    private func know(_ path: String) {
        if isKnown.insert(path).inserted { known.append(path) }
    }

    private func told(_ path: String, _ inode: Inode, _ rest: String) -> String {
        let status = session.status(of: inode)
        let attributes = status.attributes
        let size = mode.keepsContents && attributes.mode & 0o170000 == 0o100000 ? "-" : "\(attributes.size)"
        return "\(path) ino=\(inode.number) mode=\(String(attributes.mode, radix: 8)) links=\(attributes.links) "
            + "owner=\(status.user ?? 0):\(status.group ?? 0) size=\(size) \(rest)"
    }

    private func directory(_ path: String, _ inode: Inode, _ lines: inout [String]) {
        let entries: [Tree.Entry]
        do throws(Refusal) { entries = try session.entries(of: inode) } catch {
            return lines.append(told(path, inode, "!\(error.errno.rawValue)"))
        }
        let types: [UInt32: String] = [0o040000: "d", 0o100000: "f", 0o120000: "l"]
        let rest = entries.map { "\($0.name):\(types[$0.type] ?? "?"):\($0.inode.number)" }
        lines.append(told(path.isEmpty ? "/" : path, inode, rest.joined(separator: " ")))
        for entry in entries {
            let child = "\(path)/\(entry.name)"
            inodes[child] = entry.inode
            know(child)
            if entry.type == 0o040000 {
                directory(child, entry.inode, &lines)
            } else if let target = try? session.target(of: entry.inode) {
                lines.append(told(child, entry.inode, target))
            } else {
                files[entry.name, default: []].append(child)
                lines.append(told(child, entry.inode, text(of: child, entry.inode)))
            }
        }
    }

    private func text(of path: String, _ inode: Inode) -> String {
        let handle: UInt64
        do throws(Refusal) { handle = try session.open(inode, reading: true, writing: false) } catch {
            return (mode.keepsContents ? "!" : "open !") + "\(error.errno.rawValue)"
        }
        defer { session.close(handle) }
        if session.mustWait(handle, at: 0) || path == beingWritten { return "not read" }
        return text(of: path, handle)
    }

    private func text(of path: String, _ handle: UInt64) -> String {
        var text: [UInt8] = []
        do throws(Refusal) {
            repeat {
                let count = try session.read(handle, at: text.count, into: buffer)
                if count == 0 { break }
                text += buffer.prefix(count)
            } while true
        } catch { return "!\(error.errno.rawValue)" }
        return Self.escaped(path == Self.events ? Self.timeless(text) : text)
    }

    /// The file whose writer waits, where the kernel keeps its readers waiting, too.
    var beingWritten: String?

    /// What of the tree cannot be read before a write that waits has its answer.
    var locked: [String] {
        (beingWritten.map { [$0] } ?? [])
            + inodes.compactMap { path, inode in
                guard path.hasSuffix("/online"), let handle = try? session.open(inode, reading: true, writing: false)
                else {
                    return nil
                }
                defer { session.close(handle) }
                return session.mustWait(handle, at: 0) ? path : nil
            }
    }

    // MARK: Descriptors that are kept

    /// Opens everything there is; how much that is.
    func keep() -> [String] {
        kept.compactMap(\.handle).forEach { session.close($0) }
        kept = []
        open("", .root)
        return ["\(kept.count)"]
    }

    private func open(_ path: String, _ inode: Inode) {
        kept.append((path.isEmpty ? "/" : path, inode, nil))
        for entry in (try? session.entries(of: inode)) ?? [] {
            let child = "\(path)/\(entry.name)"
            if entry.type == 0o040000 {
                open(child, entry.inode)
            } else if entry.type == 0o100000,
                let handle = try? session.open(entry.inode, reading: true, writing: false)
            {
                kept.append((child, entry.inode, handle))
            }
        }
    }

    /// Which of them are of what is there no more, as of the last walk; what their status is, nobody says.
    var gone: Set<Int> {
        let there = Set(inodes.values)
        return Set(kept.indices.filter { !there.contains(kept[$0].inode) })
    }

    /// What the descriptors give, from their starts, with the status of all but some.
    func again(statusless: Set<Int>) -> [String] {
        kept.enumerated().flatMap { number, file in
            [
                statusless.contains(number) ? nil : told(file.path, file.inode, "kept"),
                again(file.path, file.inode, file.handle),
            ]
            .compactMap(\.self)
        }
    }

    private func again(_ path: String, _ inode: Inode, _ handle: UInt64?) -> String? {
        if let handle {
            return session.mustWait(handle, at: 0) || path == beingWritten ? nil : "\(path) \(text(of: path, handle))"
        }
        // Of a directory that was removed getdents(2) says ENOENT, and readdir(3) that there is nothing more.
        let names = (try? session.entries(of: inode))?.map(\.name) ?? []
        return "\(path) \(names.joined(separator: " "))"
    }

    // MARK: Texts

    private static func timeless(_ text: [UInt8]) -> [UInt8] {
        text.split(separator: 10).flatMap { line -> [UInt8] in
            let words = line.split(separator: 32, maxSplits: 2, omittingEmptySubsequences: false)
            return Array(words[0]) + [32, UInt8(ascii: "T"), 32] + Array(words.count > 2 ? words[2] : []) + [10]
        }
    }

    private static func escaped(_ text: [UInt8]) -> String {
        let digits = Array("0123456789abcdef".utf8)
        var result: [UInt8] = []
        result.reserveCapacity(text.count + 16)
        for byte in text {
            switch byte {
            case 10: result += Array("\\n".utf8)
            case 9: result += Array("\\t".utf8)
            case 13: result += Array("\\r".utf8)
            case UInt8(ascii: "\\"): result += Array("\\\\".utf8)
            case 0x20...0x7e: result.append(byte)
            default: result += Array("\\x".utf8) + [digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
        }
        return String(decoding: result, as: UTF8.self)
    }
}
