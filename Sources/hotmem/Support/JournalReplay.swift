// SPDX-License-Identifier: Apache-2.0

import Capture
import Journal
import Logging
import MemoryModel
import Service
import SysfsTree
import TreeServer

/// A journal's machine, brought to where the journal ends, in this process.
struct JournalReplay {
    let text: JournalText
    let machine: ReplayedMachine

    /// Boots what a journal was begun with.
    init(_ text: JournalText) throws(Failure) {
        self.text = text
        let description = try text.boot.describe()
        let current = Reload(of: description, logger: Logger(label: "hotmem") { _ in SwiftLogNoOpLogHandler() })
        machine = ReplayedMachine(Machine(booting: description), reload: current.replay)
    }

    /// Takes all records.
    ///
    /// - Parameter onAnswer: told of each record and what came of it.
    func run(_ onAnswer: (JournalRecord, TreeSession.Replayed?) -> Void = { _, _ in }) throws(Failure) {
        do throws(ServerError) {
            for record in text.records { onAnswer(record, try machine.take(record)) }
        } catch { throw .failed(error.reason) }
    }

    /// All that its tree says, the simulator's controls but for events included, by path.
    var files: [String: String] {
        var files: [String: String] = [:]
        Self.add(FileTree(of: machine.session, areas: FileTree.areas + ["/sys/kernel/debug"]), at: "", to: &files)
        files["/sys/kernel/debug/hotmem/events"] = machine.events
        return files
    }

    private static func add(_ tree: FileTree, at path: String, to files: inout [String: String]) {
        switch tree {
        case .directory(let members, let mode):
            files[path.isEmpty ? "/" : path] = "directory, mode \(String(mode, radix: 8))"
            for (name, member) in members { add(member, at: "\(path)/\(name)", to: &files) }
        case .link(let target): files[path] = "-> \(target)"
        case .file(.bytes(let bytes), let mode):
            files[path] = "mode \(String(mode, radix: 8)): " + String(decoding: bytes, as: UTF8.self)
        case .file(.unreadable(let errno), let mode):
            files[path] = "mode \(String(mode, radix: 8)): errno \(errno.rawValue)"
        case .file(.writeOnly, let mode): files[path] = "mode \(String(mode, radix: 8))"
        }
    }
}

extension Reload {
    /// Does again what reading the machine's file did, or takes note of what it said.
    func replay(_ input: Input, _ session: TreeSession, isDone: Bool) {
        guard case .reload(let text, let name, let commandLine) = input else { return }
        let boot = BootRecord(program: "", name: name, text: text, commandLine: commandLine)
        // What was refused then is refused now.
        guard let description = try? boot.describe() else { return }
        if isDone { note(description) } else { apply(description, to: session, isReplayed: true) }
    }
}
