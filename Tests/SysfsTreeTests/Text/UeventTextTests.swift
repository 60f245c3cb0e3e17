// SPDX-License-Identifier: Apache-2.0

import MemoryModel
import Testing

@testable import SysfsTree

@Suite struct `What uevent files take` {
    private let block = KernelObject.block(BlockID(32))
    private let machine = Machine(booting: Machines.default)
    private static let uuid = "11111111-2222-3333-4444-555555555555"

    @Test(arguments: UeventAction.allCases, ["", "\n", "\0"])
    func `an action alone, with one newline or NUL`(action: UeventAction, end: String) throws {
        let commands = try UeventText.command(for: block, action.rawValue + end, on: machine)
        #expect(commands == [.uevent(block, action, arguments: ["SYNTH_UUID=0"])])
    }

    @Test(
        arguments: [
            ("", []), (" A=b", ["A=b"]), (" A=b C=d\n", ["A=b", "C=d"]), (" a1=2B", ["a1=2B"]),
            (" A=b A=b", ["A=b", "A=b"]),
        ] as [(String, [String])])
    func `an action, a UUID and variables`(rest: String, pairs: [String]) throws {
        for uuid in [Self.uuid, "ABCDEF00-aaaa-BBBB-cccc-0123456789aB"] {
            let commands = try UeventText.command(for: block, "change \(uuid)\(rest)", on: machine)
            let arguments = ["SYNTH_UUID=\(uuid)"] + pairs.map { "SYNTH_ARG_\($0)" }
            #expect(commands == [.uevent(block, .change, arguments: arguments)])
        }
    }

    @Test(
        arguments: [
            "", "\n", "\0", "bogus", "ADD", "Add", " add", "add ", "add  ", "add\n\n", "add\t", "addx", "ad", "add 0",
            "add not-a-uuid", "add \(uuid) ", "add  \(uuid)", "add \(uuid)  A=b", "add \(uuid) A", "add \(uuid) =b",
            "add \(uuid) A=", "add \(uuid) A=b=c", "add \(uuid) A_B=c", "add \(uuid) A=b-c", "add \(uuid) A=b ",
            "add \(uuid) A=é", "add \(uuid)0", "add \(uuid.dropLast())", "add 11111111-2222-3333-4444-55555555555g",
            "add 111111112-222-3333-4444-555555555555", "add A=b", "add \(uuid)\tA=b",
            // Four digits of twelve bytes: hexadecimal by Unicode, not by the kernel.
            "add 11111111-2222-3333-4444-\u{ff11}\u{ff12}\u{ff13}\u{ff14}",
        ])
    func `anything else is EINVAL`(text: String) {
        #expect { try UeventText.command(for: block, text, on: machine) } throws: {
            ($0 as? Refusal)?.errno == .invalid
        }
    }

    @Test(
        arguments: [
            ("sys/devices/system/memory/uevent", KernelObject.memoryRoot),
            ("sys/devices/system/node/uevent", .nodeRoot),
            ("sys/devices/system/cpu/uevent", .cpuRoot),
            ("sys/devices/system/memory/memory3/uevent", .block(BlockID(3))),
            ("sys/devices/system/node/node0/uevent", .node(NodeID(0))), ("sys/devices/system/cpu/cpu1/uevent", .cpu(1)),
            ("sys/bus/memory/uevent", .bus(.memory)), ("sys/bus/acpi/uevent", .bus(.acpi)),
            ("sys/devices/LNXSYSTM:00/LNXSYBUS:00/PNP0C80:03/uevent", .device(slot: 3)),
        ])
    func `each file speaks of its own object, and refuses bad text`(path: String, object: KernelObject) throws {
        let browser = Browser()
        var told: [Command] = []
        browser.session.onOutcome = { command, _ in told.append(command) }
        #expect(try browser.write(path, "change\n") == 7)
        #expect(told == [.uevent(object, .change, arguments: ["SYNTH_UUID=0"])])
        #expect(browser.errno { (browser) throws(Refusal) in try browser.write(path, "bogus\n") } == .invalid)
        #expect(told.count == 1)
        #expect(path.hasSuffix(object.path.dropFirst() + "/uevent"))
    }

    @Test(
        arguments: [
            (Array(repeating: "K=v", count: 59), true), (Array(repeating: "K=v", count: 60), false),
            (["K=" + String(repeating: "v", count: 1800)], true), (["K=" + String(repeating: "v", count: 2000)], false),
        ] as [([String], Bool)])
    func `more than the kernel has room for is ENOMEM`(pairs: [String], fits: Bool) {
        let text = (["add", "11111111-2222-3333-4444-555555555555"] + pairs).joined(separator: " ")
        #expect(((try? UeventText.command(for: .block(BlockID(1)), text, on: machine)) != nil) == fits)
        if !fits {
            #expect(throws: Refusal(.noMemory, "uevent buffer size too small")) {
                try UeventText.command(for: .block(BlockID(1)), text, on: machine)
            }
        }
    }

    @Test func `more arguments than there is room for are ENOMEM also where no uevent follows`() throws {
        func command(_ value: Int) throws(Refusal) -> [Command] {
            let pair = "K=" + String(repeating: "v", count: value)
            return try UeventText.command(
                for: .cpuRoot, "add 11111111-2222-3333-4444-555555555555 \(pair)", on: machine)
        }
        #expect(try command(1900).count == 1)
        #expect(throws: Refusal(.noMemory, "uevent buffer size too small")) { try command(2100) }
    }
}
