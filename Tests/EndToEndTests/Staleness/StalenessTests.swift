// SPDX-License-Identifier: Apache-2.0

import Foundation
import MachineFile
import MemoryModel
import TestSupport
import Testing

/// How far the walks go, and how long there is rush; the environment may say more.
private enum Length {
    static let steps = number("HOTMEM_STALE_STEPS") ?? 16
    static let seed = number("HOTMEM_STALE_SEED").map(UInt64.init)
    static let seconds = number("HOTMEM_STALE_SECONDS") ?? 20

    static let isVerbose = ProcessInfo.processInfo.environment["HOTMEM_STALE_VERBOSE"] != nil

    private static func number(_ name: String) -> Int? { ProcessInfo.processInfo.environment[name].flatMap { Int($0) } }
}

@Suite(.serialized) struct `Nothing that is read is out of date` {
    /// Mounts a machine, and begins a walk on it.
    private func onWalk<Result>(
        _ machine: WalkedMachine, _ mode: CacheMode, seed: UInt64, _ body: (StaleWalk) throws -> Result
    ) throws -> Result {
        try Scratch.with { scratch in
            let file = try machine.file(in: scratch)
            let place = try scratch.directory("tree")
            let ended = try scratch.hotmem(["mount", "--machine", file] + mode.arguments + [place])
            try #require(ended.succeeded && ended.errors.isEmpty, "\(ended)")
            let booted = Machine(booting: try MachineFile.load(path: file))
            let walk = try StaleWalk(booted, at: place, in: scratch, mode: mode, seed: seed)
            defer { walk.end() }
            return try body(walk)
        }
    }

    @Test(arguments: WalkedMachine.allCases, CacheMode.all)
    func `after any write other processes read what nobody ever kept`(machine: WalkedMachine, mode: CacheMode) throws {
        let seed = Length.seed ?? UInt64(WalkedMachine.allCases.firstIndex(of: machine) ?? 0) + 1
        try onWalk(machine, mode, seed: seed) { walk in
            let differences = try walk.walk(steps: Length.steps)
            #expect(
                differences.isEmpty,
                """
                \(machine.rawValue), \(mode), HOTMEM_STALE_SEED=\(seed), step \(walk.steps.count):
                \(differences.prefix(12).map { "  \($0.prefix(300))" }.joined(separator: "\n"))
                \(walk.steps.suffix(8).map { "  \($0)" }.joined(separator: "\n"))
                """)
            if Length.isVerbose {
                print("\(machine.rawValue), \(mode): \(walk.entries) entries, \(walk.waits) waited")
                walk.steps.forEach { print("  \($0)") }
            }
        }
    }

    /// Changes that the reference does not hear of, and where that has to show.
    private static let hidden: [(change: TreeChange, shows: [String])] = [
        (
            TreeChange(path: block + "/state", action: .write("offline\n", .truncating)),
            [block + "/online", block + "/valid_zones", "/sys/devices/system/node/node0/meminfo", "/proc/zoneinfo"]
        ),
        (
            TreeChange(path: "/sys/devices/system/memory/probe", action: .write("0x200000000", .plain)),
            ["/sys/devices/system/memory", "/sys/devices/system/node/node0", "/sys/bus/memory/devices"]
        ),
        (
            TreeChange(path: ReferenceTree.events, action: .write("note of ours\n", .plain)), [ReferenceTree.events]
        ),
    ]
    private static let block = "/sys/devices/system/memory/memory20"

    @Test(arguments: CacheMode.all)
    func `a change that the reference does not hear of is noticed by both readers`(mode: CacheMode) throws {
        try onWalk(.oneNode, mode, seed: 0) { walk in
            for (change, paths) in Self.hidden {
                let differences = try walk.hide(change)
                for path in paths {
                    for reader in ["fresh", "kept open"] {
                        #expect(differences.contains { $0.hasPrefix("\(reader), is: \(path) ") }, "\(change): \(path)")
                    }
                }
            }
            let mode = try walk.hide(TreeChange(path: Self.block + "/uevent", action: .mode(0o600)))
            #expect(mode.contains { $0.hasPrefix("fresh, is: \(Self.block)/uevent ") })
        }
    }

    /// Who tells the kernel may not get a processor for a while, which is not to be taken for what the kernel makes it
    /// wait for.
    @Test func `a write is answered when the kernel has been told, however long who tells it is kept from doing so`()
        throws
    {
        try mounted("two-nodes", options: ["-o", "cached"]) { scratch, place in
            let block = place + Self.block
            #expect(Host.text(block + "/online") == "1\n")
            // There is somebody who tells once there was something to tell.
            #expect(try scratch.program(["sh", "-c", "printf 1 1<>\(block)/online"]).run().succeeded)
            #expect(Host.text(block + "/online") == "1\n")
            let messengers = scratch.messengers
            try #require(!messengers.isEmpty)
            messengers.forEach { kill($0, SIGSTOP) }
            defer { messengers.forEach { kill($0, SIGCONT) } }
            let writer = try scratch.program(["sh", "-c", "printf 0 1<>\(block)/online && echo done"]).start()
            usleep(400_000)
            #expect(Host.text("/proc/\(writer.process)/stat").contains(/\)\s[DS]\s/), "it waits")
            messengers.forEach { kill($0, SIGCONT) }
            #expect(writer.finish().output == "done\n")
            #expect(Host.text(block + "/online") == "0\n")
            #expect(try scratch.program(["sh", "-c", "echo online > \(block)/state"]).run().succeeded)
            #expect(Host.text(block + "/online") == "1\n")
        }
    }

    @Test(arguments: CacheMode.all)
    func `many processes at once see nothing that is not so`(mode: CacheMode) throws {
        try mounted("two-nodes", options: mode.arguments) { scratch, place in
            let rush = try scratch.program(
                [
                    "python3", "-B", try Installation.shared.script("rush.py"), place, "\(Length.seconds)",
                    mode.keepsContents ? "keeps" : "asks",
                ],
                limit: Double(Length.seconds) + 90
            ).run()
            #expect(rush.succeeded && rush.errors.isEmpty && rush.output.hasSuffix("all is well\n"), "\(rush)")
            if Length.isVerbose { print(rush.output) }
        }
    }
}
