// SPDX-License-Identifier: Apache-2.0

import MemoryModel
import Testing

@testable import SysfsTree

@Suite struct `Handlers of ACPI devices` {
    private let browser = Browser()
    private let enabled = "sys/firmware/acpi/hotplug/memory/enabled"
    private let dimm = "sys/kernel/debug/hotmem/dimm"

    @Test func `are told to eject nothing`() throws {
        #expect(try browser.text(enabled) == "1\n")
        try browser.write(dimm, "plug id=a size=128M node=0\n")
        try browser.write(enabled, "0\n")
        #expect(try browser.text(enabled) == "0\n")
        #expect(browser.errno { (browser) throws(Refusal) in try browser.write(dimm, "unplug id=a") } == .notPermitted)
        try browser.write(enabled, "1")
        try browser.write(dimm, "unplug id=a\n")
        #expect(
            try browser.text("sys/kernel/debug/hotmem/firmware") == """
                1 PNP0C80:00 event=0x1 status=0x0
                2 PNP0C80:00 event=0x3 status=0x80
                3 PNP0C80:00 event=0x3 status=0x84
                4 PNP0C80:00 event=0x3 status=0x0

                """)
    }

    @Test(arguments: ["2", "-1", "x", "", "18446744073709551616", "1 1"])
    func `take 0 and 1 only`(text: String) throws {
        if text.isEmpty { return #expect(try browser.write(enabled, text) == 0) }
        #expect(browser.errno { (browser) throws(Refusal) in try browser.write(enabled, text) } == .invalid)
        #expect(try browser.text(enabled) == "1\n")
    }

    @Test func `cannot be forced`() throws {
        let force = "sys/firmware/acpi/hotplug/force_remove"
        try browser.write(force, "0")
        #expect(browser.errno { (browser) throws(Refusal) in try browser.write(force, "1") } == .invalid)
        #expect(try browser.text(force) == "0\n")
    }

    @Test func `are not there on older kernels and without ACPI`() throws {
        var old = Machines.default
        old.abi = .linux3_8
        var s390x = Machines.default
        s390x.architecture = .s390x
        for description in [old, s390x] {
            let browser = Browser(description)
            #expect(browser.errno { (browser) throws(Refusal) in _ = try browser.inode(enabled) } == .noEntry)
        }
    }
}
