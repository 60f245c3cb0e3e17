// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport
import Testing

/// An agent in Rust, linked statically: what a library that is put in between cannot show it, a file system can.
@Suite struct `A static program` {
    /// Compiled when it is first asked for.
    private static let agent = Result {
        let installation = try Installation.shared.get()
        let binary = installation.directory + "/agent"
        let variables = ProcessInfo.processInfo.environment
        let home = variables["HOME"] ?? "/"
        let places = (variables["PATH"] ?? Program.searchPath).split(separator: ":").map(String.init)
        let compiler = (places + ["\(home)/.cargo/bin"]).map { $0 + "/rustc" }.first { access($0, X_OK) == 0 }
        var program = Program([
            try compiler ?? Program.find("rustc"), "-O", "-C", "target-feature=+crt-static", "-o", binary,
            installation.directory + "/Static/agent.rs",
        ])
        // Where there are several compilers, rustup's files say which is meant.
        program.environment = variables.filter { $0.key.hasPrefix("RUSTUP_") || $0.key.hasPrefix("CARGO_") }
        program.environment["HOME"] = home
        let ended = try program.run()
        guard ended.succeeded else { throw ProgramError(description: "\(ended)") }
        return binary
    }

    /// Runs a script in which `agent` is its name.
    private func agentWorld(_ script: String, options: [String] = [], by caller: Caller = .root) throws -> Ended {
        let agent = try Self.agent.get()
        return try world(["dash", "-ec", "agent() { \"$0\" \"$@\"; }\n" + script, agent], options: options, by: caller)
    }

    @Test func `has no interpreter that could load a library`() throws {
        let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: Self.agent.get())))
        func number(_ offset: Int, _ size: Int) -> Int {
            (0..<size).reversed().reduce(0) { $0 << 8 | Int(bytes[offset + $1]) }
        }
        try #require(bytes.prefix(5) == [0x7f, 0x45, 0x4c, 0x46, 2])
        let (table, size, count) = (number(32, 8), number(54, 2), number(56, 2))
        let kinds = (0..<count).map { number(table + $0 * size, 4) }
        // PT_LOAD and PT_INTERP.
        #expect(kinds.contains(1) && !kinds.contains(3))
    }

    @Test(arguments: Caller.allCases)
    func `adds blocks and brings them online`(caller: Caller) throws {
        let ended = try agentWorld(
            """
            agent probe 0 5368709120 5368709121 5502926848
            agent online
            agent online
            cat /sys/devices/system/memory/memory41/valid_zones
            """, by: caller)
        #expect(
            ended.output == """
                refused 0x0 Some(17)
                added 0x140000000
                refused 0x140000001 Some(22)
                added 0x148000000
                34 blocks of 134217728 bytes
                memory40 1
                memory41 1
                34 blocks of 134217728 bytes
                Normal

                """, "\(ended)")
    }

    @Test func `hears of every errno`() throws {
        let ended = try agentWorld(
            """
            agent probe 5368709120 5502926848
            echo -12 > /sys/kernel/debug/notifier-error-inject/memory/actions/MEM_GOING_ONLINE/error
            agent online
            echo 0 > /sys/kernel/debug/notifier-error-inject/memory/actions/MEM_GOING_ONLINE/error
            agent online
            """)
        #expect(
            ended.output.split(separator: "\n").filter { $0.hasPrefix("memory") } == [
                "memory40 Some(12)", "memory41 Some(12)", "memory40 1", "memory41 1",
            ], "\(ended)")
    }

    @Test(arguments: Caller.allCases)
    func `hears uevents and answers them`(caller: Caller) throws {
        let ended = try agentWorld(
            """
            heard=$PWD/heard
            agent listen 4 > $heard &
            until grep -q listening $heard; do sleep 0.01; done
            echo "plug id=a size=256M node=1" > /sys/kernel/debug/hotmem/dimm
            echo 0x140000000 > /sys/devices/system/memory/probe
            echo offline > /sys/devices/system/memory/memory5/state
            echo 0x148000000 > /sys/devices/system/memory/probe
            wait
            cat $heard
            grep -c . /sys/devices/system/node/node1/meminfo | wc -l
            """, by: caller)
        let blocks = ["memory80", "memory81", "memory40", "memory41"]
        #expect(
            ended.output
                == (["listening"] + blocks.map { "/devices/system/memory/\($0) online" } + ["1", ""])
                .joined(separator: "\n"), "\(ended)")
    }
}
