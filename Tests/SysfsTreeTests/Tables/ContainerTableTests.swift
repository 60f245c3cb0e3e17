// SPDX-License-Identifier: Apache-2.0

import MemoryModel
import Testing

@testable import SysfsTree

@Suite struct `The tree of a container` {
    private let browser = Browser(Machines.containers)
    private let control = "sys/kernel/debug/hotmem/container"
    private let object = "sys/devices/LNXSYSTM:00/LNXSYBUS:00/ACPI0004:00"
    private let device = "sys/devices/system/container/ACPI0004:00"
    private let cpu = "sys/devices/system/cpu"
    private let node = "sys/devices/system/node"

    private func names(_ path: String) throws -> [String] {
        try Tree.entries(of: try browser.inode(path), in: browser.session.machine).map(\.name).sorted()
    }

    @Test func `comes and goes with the control`() throws {
        try browser.write(control, "plug name=node1\n")
        #expect(
            try browser.text(control)
                == "name=node1 device=ACPI0004:00 node=1 online=1 slots=0-1 blocks=80-82 cpus=2-3\n")
        #expect(try browser.text("\(node)/online") == "0-1\n")
        try browser.write(control, "unplug name=node1\n")
        #expect(try browser.text(control).isEmpty)
        #expect(browser.errno { (browser) throws(Refusal) in _ = try browser.inode(object) } == .noEntry)
        #expect(try browser.text("\(node)/online") == "0\n")
    }

    @Test func `has what a udev rule needs to find all that is to go offline`() throws {
        try browser.write(control, "plug name=x hid=ACPI0004 node=1 cpus=2 dimms=256M,128M\n")
        #expect(
            try names(object) == [
                "LNXCPU:02", "LNXCPU:03", "PNP0C80:00", "PNP0C80:01", "eject", "hid", "modalias", "path",
                "physical_node", "power", "status", "subsystem", "uevent", "uid",
            ])
        #expect(try browser.text("\(object)/hid") == "ACPI0004\n")
        #expect(try browser.text("\(object)/path") == "\\_SB_.MD00\n")
        #expect(try browser.text("\(object)/status") == "15\n")
        #expect(try names(device) == ["firmware_node", "online", "power", "subsystem", "uevent"])
        #expect(try names("sys/bus/container/devices") == ["ACPI0004:00"])
        let acpi = try names("sys/bus/acpi/devices")
        #expect(acpi.contains("ACPI0004:00") && acpi.contains("LNXCPU:03") && acpi.contains("PNP0C80:03"))
    }

    @Test func `is ejected as the kernel wants it`() throws {
        try browser.write(control, "plug name=x node=1 cpus=1 dimms=128M\n")
        try browser.write("sys/devices/system/memory/memory80/state", "online")
        try browser.write("\(cpu)/cpu2/online", "1")
        #expect(browser.errno { (browser) throws(Refusal) in try browser.write("\(object)/eject", "0") } == .invalid)
        try browser.write("\(object)/eject", "1")
        #expect(try browser.text("\(device)/online") == "1\n", "refused, in the log")
        #expect(browser.errno { (browser) throws(Refusal) in try browser.write("\(device)/online", "0") } == .busy)
        try browser.write("sys/devices/system/memory/memory80/online", "0")
        try browser.write("\(cpu)/cpu2/online", "0")
        try browser.write("\(device)/online", "0")
        let handle = try browser.open("\(device)/online")
        #expect(try browser.read(handle) == "0\n")
        try browser.write("\(object)/eject", "1")
        #expect(browser.errno { (browser) throws(Refusal) in _ = try browser.read(handle) } == .noDevice)
        #expect(try browser.text(control).isEmpty)
    }

    @Test func `sets of processors follow what is possible, present and online`() throws {
        func sets() throws -> [String] {
            try ["possible", "present", "online", "offline"].map { try browser.text("\(cpu)/\($0)") }
        }
        #expect(try sets() == ["0-3\n", "0-1\n", "0-1\n", "2-3\n"])
        try browser.write(control, "plug name=node1")
        #expect(try sets() == ["0-3\n", "0-3\n", "0-1\n", "2-3\n"])
        #expect(try browser.text("\(node)/node1/cpulist") == "\n")
        #expect(try browser.text("\(node)/has_cpu") == "0\n")
        #expect(try names("\(node)/node1").contains("cpu2"), "linked when present")
        try browser.write("\(cpu)/cpu3/online", "1\n")
        #expect(try sets() == ["0-3\n", "0-3\n", "0-1,3\n", "2\n"])
        #expect(try browser.text("\(node)/node1/cpulist") == "3\n")
        #expect(try browser.text("\(node)/node1/cpumap") == "8\n")
        #expect(try browser.text("\(node)/has_cpu") == "0-1\n")
        #expect(try browser.text("\(cpu)/cpu3/topology/core_siblings_list") == "3\n")
        #expect(try !names("\(cpu)/cpu2").contains("topology"))
        #expect(try browser.text("proc/zoneinfo").contains("    cpu: 3\n"))
        #expect(try !browser.text("proc/zoneinfo").contains("    cpu: 2\n"))
    }

    @Test func `only a processor that can be removed has an online file`() throws {
        try browser.write(control, "plug name=node1")
        #expect(try !names("\(cpu)/cpu1").contains("online"))
        let inode = try browser.inode("\(cpu)/cpu2/online")
        #expect(browser.session.status(of: inode).attributes.mode & 0o777 == 0o644)
        #expect(try browser.text("\(cpu)/cpu2/online") == "0\n")
        #expect(browser.errno { (browser) throws(Refusal) in try browser.write("\(cpu)/cpu2/online", "x") } == .invalid)
        let handle = try browser.open("\(cpu)/cpu2/online")
        try browser.write(control, "unplug name=node1\nplug name=node1")
        #expect(browser.errno { (browser) throws(Refusal) in _ = try browser.read(handle) } == .noDevice, "another one")
    }

    @Test(
        arguments: [
            ("plug name=x", .noEntry), ("plug name=x hid=PNP0A03 node=1 cpus=1", .invalid),
            ("plug name=x cpus=1", .invalid), ("plug name=x node=1 dimms=1G,", .invalid),
            ("plug name=x node=1 dimms=big", .invalid), ("plug node=1 cpus=1", .invalid), ("eject name=x", .invalid),
            ("unplug name=x", .noEntry), ("plug name=x node=9 cpus=1", .invalid), ("plug name=x node=1", .invalid),
            ("plug name=x node=1 cpus=999", .noRoom), ("plug name=x node=1 dimms=128M,128M,128M,128M,128M", .noRoom),
        ] as [(String, Errno)])
    func `a line that cannot be done is refused`(line: String, errno: Errno) throws {
        #expect(browser.errno { (browser) throws(Refusal) in try browser.write(control, line) } == errno)
        #expect(try browser.text(control).isEmpty)
    }
}
