// SPDX-License-Identifier: Apache-2.0

import Foundation
import MemoryModel
import Testing

@testable import SysfsTree

/// How many texts each file gets: `make torture` says more.
private let textsPerFile = ProcessInfo.processInfo.environment["HOTMEM_HOSTILE_WRITES"].flatMap { Int($0) } ?? 50

@Suite struct `Hostile writes` {
    private final class Record {
        var commands: [(Command, Outcome)] = []
    }

    /// A file that can be written to, and the rule that it has.
    private struct File {
        let path: String
        let inode: Inode
        let rule: HostileRule?
    }

    private func files(of session: TreeSession) throws -> [File] {
        let abi = session.machine.description.abi
        var files: [File] = []
        try Browser(session: session).walk { path, _, entry in
            guard entry.type == Tree.fileType,
                (try? session.check(entry.inode, reading: false, writing: true)) != nil
            else { return }
            var devices: [String] = []
            if path.hasPrefix("/sys/bus/"), path.hasSuffix("/drivers_probe") {
                let bus = path.split(separator: "/").dropLast()
                var inode = Inode.root
                for name in bus + ["devices"] { inode = try session.lookup(String(name), in: inode) }
                devices = try session.entries(of: inode).map(\.name)
            }
            files.append(File(path: path, inode: entry.inode, rule: .of(path, abi, devices: devices)))
        }
        return files
    }

    @Test(arguments: Machines.all.indices)
    func `get the kernel's errno each, and what is refused leaves the machine alone`(index: Int) throws {
        let machine = Machines.busy(index).session.machine
        let files = try files(of: TreeSession(machine: machine))
        #expect(files.count > 40)
        var texts = HostileTexts(seed: UInt64(index) + 1)
        for file in files {
            // Each begins with the same machine, so that none has what others made of it.
            let session = TreeSession(machine: machine)
            let record = Record()
            session.onOutcome = { record.commands.append(($0, $1)) }
            for _ in 0..<textsPerFile {
                let text = texts.text()
                if let problem = problem(with: text, to: file, of: session, record) {
                    Issue.record("\(Machines.all[index].name) \(file.path): \(problem); text \(text.prefix(200))")
                    break
                }
            }
        }
    }

    /// What is wrong with the answer to a write, if anything is.
    private func problem(
        with text: [UInt8], to file: File, of session: TreeSession, _ record: Record
    ) -> String? {
        record.commands = []
        let before = MachineState(session.machine)
        var (refusal, result): (Refusal?, TreeSession.WriteResult?) = (nil, nil)
        text.withUnsafeBytes { bytes in
            do throws(Refusal) { result = try session.write(file.inode, bytes) } catch { refusal = error }
        }
        if case .waits(let write)? = result { try? session.interrupt(write) }
        if text.isEmpty { return result == .taken(0) && record.commands.isEmpty ? nil : "an empty write did something" }
        let isControl = file.rule == nil
        if let refusal, refusal.errno == .noDevice, record.commands.isEmpty, !session.exists(file.inode) { return nil }
        if let rule = file.rule {
            if let wanted = rule.refusal(text.prefix(4096)[...]) {
                guard refusal?.errno == wanted else {
                    return "\(String(describing: refusal)), not errno \(wanted.rawValue)"
                }
            } else if let refusal, record.commands.isEmpty, !file.path.hasSuffix("/reclaim") {
                return "refused (\(refusal)) before the machine was asked"
            }
        }
        if case .taken(let count)? = result, count != (isControl ? text.count : min(4096, text.count)) {
            return "took \(count) of \(text.count)"
        }
        guard let refusal else { return nil }
        guard (1...133).contains(refusal.errno.rawValue) else { return "no errno: \(refusal)" }
        let after = MachineState(session.machine)
        guard let command = record.commands.last?.0 else {
            return before == after ? nil : "refused (\(refusal)) as text, yet the machine changed"
        }
        // Of several commands the first may have been done.
        guard record.commands.count == 1 else { return nil }
        return before.kept(byRefused: command) == after.kept(byRefused: command)
            ? nil : "refused (\(refusal)) \(command), yet the machine changed"
    }
}

extension Browser {
    fileprivate init(session: TreeSession) { self.session = session }
}

extension TreeSession {
    fileprivate func exists(_ inode: Inode) -> Bool { Tree.exists(inode, in: machine) }
}
