// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport

/// A directory of a test's own, and a mark by which every process that descends from the test is found.
struct Scratch {
    let path: String
    let mark: [String: String]

    /// Makes one, and removes it with everything mounted or running in it whatever happens.
    static func with<Result>(_ body: (Scratch) throws -> Result) throws -> Result {
        let scratch = Scratch()
        defer { scratch.remove() }
        return try body(scratch)
    }

    private init() {
        path = SharedDirectory.directory("scratch")
        mark = ["HOTMEM_E2E": path]
        chmod(path, 0o777)
    }

    /// A directory in it that everyone may write to.
    func directory(_ name: String) throws -> String {
        try FileManager.default.createDirectory(atPath: "\(path)/\(name)", withIntermediateDirectories: true)
        chmod("\(path)/\(name)", 0o777)
        return "\(path)/\(name)"
    }

    /// A file in it that everyone may read.
    func file(_ name: String, _ text: String) throws -> String {
        try text.write(toFile: "\(path)/\(name)", atomically: false, encoding: .utf8)
        chmod("\(path)/\(name)", 0o755)
        return "\(path)/\(name)"
    }

    /// A program in it that everyone may run.
    func executable(_ name: String, _ text: String) throws -> String {
        try ProgramFile.write(text, to: "\(path)/\(name)")
        return "\(path)/\(name)"
    }

    /// What hotmem, with these arguments, came to.
    func hotmem(_ arguments: [String], by caller: Caller = .root, limit: Double = 60) throws -> Ended {
        try program([try Installation.shared.hotmem] + arguments, by: caller, limit: limit).run()
    }

    /// A program that carries the mark.
    func program(_ arguments: [String], by caller: Caller = .root, limit: Double = 60) -> Program {
        var program = Program(arguments)
        program.environment = mark
        program.directory = path
        program.caller = caller
        program.limit = limit
        return program
    }

    /// The mount points below it.
    var mounts: [String] { Host.mountPoints.filter { $0.hasPrefix(path + "/") } }

    /// The processes that carry the mark.
    var processes: [pid_t] { Host.processes(with: "HOTMEM_E2E=\(path)") }

    /// Those of them that are not beside a server: what the kernel calls those has 15 letters at most.
    var servers: [pid_t] {
        // What has ended by now has no name.
        let others = ["hotmem-steward", "hotmem-keeper", "hotmem-messenge", ""]
        return processes.filter { !others.contains(trimmed(Host.text("/proc/\($0)/comm"))) }
    }

    /// The processes that tell the kernel what to forget.
    var messengers: [pid_t] { processes.filter { trimmed(Host.text("/proc/\($0)/comm")) == "hotmem-messenge" } }

    /// The process that starts a server again.
    var keeper: pid_t? { processes.first { Host.text("/proc/\($0)/comm") == "hotmem-keeper\n" } }

    /// The process beside a server that keeps what the server gave up.
    var steward: pid_t? { processes.first { Host.text("/proc/\($0)/comm") == "hotmem-steward\n" } }

    /// What the processes, with all their threads, are and do, for who wants to know why something does not happen.
    var processReport: String {
        processes.flatMap { process in
            let threads = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/\(process)/task")) ?? []
            return threads.map { thread in
                let directory = "/proc/\(process)/task/\(thread)/"
                let status = Host.text(directory + "status").split(separator: "\n").filter { line in
                    ["Name:", "State:", "PPid:", "SigPnd:", "ShdPnd:", "SigBlk:", "SigIgn:", "SigCgt:"].contains {
                        line.hasPrefix($0)
                    }
                }
                return "\n\(process) \(thread) " + status.joined(separator: " ") + "\n" + Host.text(directory + "stack")
            }
        }.joined()
    }

    /// Whether the processes are gone, or go soon.
    var hasNoProcesses: Bool { Host.comesTrue { processes.isEmpty } }

    private func remove() {
        // What ends by itself leaves no state behind.
        for point in mounts.reversed() { umount2(point, Int32(MNT_DETACH)) }
        if !Host.comesTrue(within: 1, { processes.isEmpty }) { processes.forEach { kill($0, SIGKILL) } }
        for point in mounts.reversed() { umount2(point, Int32(MNT_DETACH)) }
        // A mount that would not go must not be emptied.
        if mounts.isEmpty { try? FileManager.default.removeItem(atPath: path) }
    }
}
