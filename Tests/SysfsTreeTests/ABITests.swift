// SPDX-License-Identifier: Apache-2.0

// swift-format-ignore-file: NeverForceUnwrap
import MemoryModel
import Testing

@testable import SysfsTree

@Suite struct `The tree of Linux 3.8` {
    private static let memory = "sys/devices/system/memory"
    private static let block = memory + "/memory3"
    private let browser = Browser(Machines.old)

    private func errno(_ path: String) -> Errno? {
        browser.errno { (browser) throws(Refusal) in _ = try browser.inode(path) }
    }

    @Test(
        arguments: [
            block + "/online", block + "/valid_zones", memory + "/auto_online_blocks",
            "sys/module/memory_hotplug/parameters", "sys/devices/system/node/has_generic_initiator",
        ])
    func `lacks what came later`(path: String) throws {
        #expect(errno(path) == .noEntry)
        _ = try Browser().inode(path)
    }

    @Test(
        arguments: [
            "phys_index", "state", "removable", "phys_device", "uevent", "power", "subsystem", "node0",
        ].map { block + "/" + $0 } + [
            memory + "/probe", memory + "/soft_offline_page", memory + "/hard_offline_page",
            "sys/devices/system/node/has_memory", "sys/devices/system/node/has_normal_memory",
        ])
    func `has what was there`(path: String) throws {
        _ = try browser.inode(path)
    }

    @Test func `names the first and the last section of a block`() throws {
        var description = Machines.old
        #expect(try browser.text(Self.block + "/phys_index") == "00000003\n")
        #expect(try browser.text(Self.block + "/end_phys_index") == "00000003\n")
        description.blockSize = 512 << 20
        let large = Browser(description)
        #expect(try large.text(Self.memory + "/memory1/phys_index") == "00000004\n")
        #expect(try large.text(Self.memory + "/memory1/end_phys_index") == "00000007\n")
        #expect(errno(Self.memory + "/memory1/no") == .noEntry)
    }

    @Test func `of Linux 6.1 has no end_phys_index, and numbers blocks`() throws {
        var description = Machines.default
        description.blockSize = 512 << 20
        let newer = Browser(description)
        #expect(try newer.text(Self.memory + "/memory1/phys_index") == "00000001\n")
        let found = newer.errno { (browser) throws(Refusal) in
            _ = try browser.inode(Self.memory + "/memory1/end_phys_index")
        }
        #expect(found == .noEntry)
    }

    @Test func `says in removable what the pages are`() throws {
        #expect(try browser.text(Self.block + "/removable") == "1\n")
        #expect(try browser.text(Self.memory + "/memory0/removable") == "0\n")
        let kernel = Workload(name: "w", kind: .kernel, block: BlockID(3), pages: 1)
        _ = try browser.session.apply(.allocate(kernel))
        #expect(try browser.text(Self.block + "/removable") == "0\n")
    }

    /// Parsed as the text was then: as many bytes as both have, in this order.
    @Test(
        arguments: [
            ("online_kernel\n", .onlineKernel), ("online_movable\n", .onlineMovable), ("online\n", .online),
            ("offline\n", .offline), ("online", .onlineKernel), ("online_m", .onlineMovable), ("o", .onlineKernel),
            ("of", .offline), ("online_fast\n", .online), ("offline_please", .offline), ("on\n", nil),
            ("Online\n", nil), (" online\n", nil), ("1\n", nil), ("\n", nil),
        ] as [(String, OnlineType?)])
    func `reads the state wanted as far as text and word agree`(text: String, type: OnlineType?) throws {
        let words = [OnlineType.onlineKernel, .onlineMovable, .online, .offline]
        #expect((try? Parse.prefix(text, of: words)) == type)
        let errno = browser.errno { (browser) throws(Refusal) in try browser.write(Self.block + "/state", text) }
        #expect(errno == (type == .offline ? nil : .invalid))
    }

    /// Of Linux 6.1 some are refused, others do send an event.
    @Test(
        arguments: [
            ("bogus", nil), ("", nil), ("add 0", nil), ("bind\n", .bind), ("unbind", .unbind),
            ("change 11111111-2222-3333-4444-555555555555", .change),
        ] as [(String, UeventAction?)])
    func `takes a wrong text for an event, and sends none`(text: String, newer: UeventAction?) throws {
        let block = KernelObject.block(BlockID(3))
        #expect(try UeventText.command(for: block, text, on: browser.session.machine).isEmpty)
        let commands = try? UeventText.command(for: block, text, on: Browser().session.machine)
        let actions = commands?.map { command -> UeventAction? in
            if case .uevent(block, let action, _) = command { action } else { nil }
        }
        #expect(actions == newer.map { [$0] })
    }

    @Test(arguments: ["add", "change\n", "online\0"])
    func `sends events without variables of their own`(text: String) throws {
        let commands = try UeventText.command(for: .block(BlockID(3)), text, on: browser.session.machine)
        let word = text.filter { $0.isLetter }
        #expect(commands == [.uevent(.block(BlockID(3)), UeventAction(rawValue: word)!, arguments: [])])
        #expect(try browser.write(Self.block + "/uevent", text) == text.utf8.count)
    }

    @Test func `takes a wrong text for an event of a container, too, and of what is in it`() throws {
        var description = Machines.containers
        description.abi = .linux3_8
        let browser = Browser(description)
        try browser.write("sys/kernel/debug/hotmem/container", "plug name=node1")
        for path in [
            "sys/devices/system/container/uevent", "sys/devices/system/container/ACPI0004:00/uevent",
            "sys/devices/LNXSYSTM:00/LNXSYBUS:00/ACPI0004:00/uevent",
            "sys/devices/LNXSYSTM:00/LNXSYBUS:00/LNXCPU:02/uevent",
        ] {
            #expect(try browser.write(path, "bogus") == 5, "\(path)")
        }
    }
}
