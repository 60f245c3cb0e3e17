// SPDX-License-Identifier: Apache-2.0

import MemoryModel
import Testing

@testable import SysfsTree

private let memory = "sys/devices/system/memory"
private let parameters = "sys/module/memory_hotplug/parameters"

@Suite struct `Reading` {
    private let browser = Browser()

    @Test func `an open file keeps the text of its first read, and a read at 0 makes it anew`() throws {
        let handle = try browser.open("\(memory)/memory3/state")
        #expect(try browser.read(handle, count: 2) == "on")
        try browser.write("\(memory)/memory3/state", "offline")
        #expect(try browser.read(handle, at: 2) == "line\n", "the rest of what was read")
        #expect(try browser.read(handle, at: 7) == "")
        #expect(try browser.read(handle, at: 0) == "offline\n")
    }

    @Test func `a read elsewhere than the last one ended makes the text anew`() throws {
        let handle = try browser.open("\(memory)/memory3/state")
        #expect(try browser.read(handle, count: 2) == "on")
        try browser.write("\(memory)/memory3/state", "offline")
        #expect(try browser.read(handle, at: 3) == "line\n")
        #expect(try browser.read(handle, at: 100) == "" && browser.read(handle, at: 4096) == "")
    }

    @Test func `two descriptors read for themselves`() throws {
        let (a, b) = (try browser.open("\(memory)/memory3/online"), try browser.open("\(memory)/memory3/online"))
        #expect(try browser.read(a, count: 1) == "1")
        try browser.write("\(memory)/memory3/online", "0")
        #expect(try browser.read(a, at: 1) == "\n" && browser.read(b) == "0\n")
    }

    @Test func `an error is the read's errno, every time`() throws {
        let handle = try browser.open("\(memory)/power/autosuspend_delay_ms")
        for _ in 0..<2 {
            #expect(browser.errno { (browser) throws(Refusal) in _ = try browser.read(handle) } == .inputOutput)
        }
    }

    @Test func `a file of a removed block answers ENODEV, also when a block of its name is there again`() throws {
        try browser.session.apply(.plug(id: "d", size: 128 << 20, node: NodeID(1)))
        let inode = try browser.inode("\(memory)/memory80/state")
        let node = try browser.inode("sys/devices/system/node/node1/meminfo")
        let handle = try browser.open("\(memory)/memory80/state")
        #expect(try browser.read(handle, count: 3) == "off")
        for again in [false, true] {
            try browser.session.apply(again ? .plug(id: "d", size: 128 << 20, node: NodeID(1)) : .unplug(id: "d"))
            #expect(browser.errno { (browser) throws(Refusal) in _ = try browser.read(handle) } == .noDevice)
            #expect(browser.errno { (browser) throws(Refusal) in try browser.write(inode, "online") } == .noDevice)
            for gone in [inode, node] {
                #expect(
                    browser.errno { (browser) throws(Refusal) in
                        _ = try browser.session.open(gone, reading: true, writing: false)
                    } == .noDevice)
            }
            #expect(browser.session.poll(handle) == 0x14f)
        }
        #expect(try browser.inode("\(memory)/memory80/state") != inode)
        #expect(try browser.text("\(memory)/memory80/state") == "offline\n")
    }

    @Test func `poll shows an event until the file was read once`() throws {
        let handle = try browser.open("\(memory)/memory3/state")
        #expect(browser.session.poll(handle) == 0x14f)
        _ = try browser.read(handle)
        #expect(browser.session.poll(handle) == 0x145)
        try browser.write("\(memory)/memory3/state", "offline")
        #expect(browser.session.poll(handle) == 0x145, "nothing ever notifies")
    }
}

@Suite struct `Writing` {
    private let browser = Browser()

    private func errno(_ path: String, _ text: String) -> Errno? {
        browser.errno { (browser) throws(Refusal) in try browser.write(path, text) }
    }

    @Test func `a write is taken to 4096 bytes at most`() throws {
        let long = "online" + String(repeating: "x", count: 5000)
        #expect(try browser.write("\(memory)/memory3/online", "1" + String(repeating: " ", count: 5000)) == 4096)
        #expect(errno("\(memory)/memory3/state", long) == .invalid)
        #expect(try browser.write("\(memory)/memory3/online", "1" + String(repeating: " ", count: 4000)) == 4001)
    }

    @Test func `an empty write is no store`() throws {
        #expect(try browser.write("\(memory)/memory3/state", "") == 0)
        #expect(try browser.write("\(memory)/probe", "") == 0)
        #expect(errno("\(memory)/probe", "\n") == .invalid)
    }

    @Test(
        arguments: [
            "offline", "offline\n", "offline\0", "offline\n\0", "offline\0\n", "offline\0online_movable",
        ])
    func `text ends at a NUL, as daxctl writes it, and may have one newline`(text: String) throws {
        #expect(try browser.write("\(memory)/memory3/state", text) == text.utf8.count)
        #expect(try browser.text("\(memory)/memory3/state") == "offline\n")
    }

    @Test(
        arguments: [
            "Offline", " offline", "offline ", "offline\n\n", "off", "going-offline", "0", "\n", "\0offline",
            "offline\r\n",
            "оffline",
        ])
    func `other text for state is EINVAL and changes nothing`(text: String) throws {
        #expect(errno("\(memory)/memory3/state", text) == .invalid)
        #expect(try browser.text("\(memory)/memory3/state") == "online\n")
    }

    @Test func `half a word is a store of its own`() throws {
        #expect(errno("\(memory)/memory3/state", "off") == .invalid)
        #expect(errno("\(memory)/memory3/state", "line") == .invalid)
    }

    @Test(
        arguments: [
            ("probe", "0x100000000", nil), ("probe", "+0x100000000\n", nil), ("probe", "4294967296\n", nil),
            ("probe", "040000000000\n", nil), ("probe", "0x100000000\0junk", nil), ("probe", "", nil),
            ("probe", "0x", .invalid), ("probe", "-1", .invalid), ("probe", " 0x100000000", .invalid),
            ("probe", "0x100000000 ", .invalid), ("probe", "1 2", .invalid), ("probe", "0x100000000\n\n", .invalid),
            ("probe", "18446744073709551616", .outOfRange), ("probe", "0x10000000000000000\n", .outOfRange),
            ("soft_offline_page", "18446744073709551616", .invalid), ("hard_offline_page", "0x", .invalid),
            ("soft_offline_page", "0x7fffffffff000", .noAddress),
        ] as [(String, String, Errno?)])
    func `a number is read as the kernel reads it`(file: String, text: String, errno: Errno?) {
        #expect(self.errno("\(memory)/\(file)", text) == errno)
    }

    @Test(
        arguments: [
            ("online_policy", "auto-movable", nil), ("online_policy", "auto_movable", .invalid),
            ("auto_movable_ratio", "0", nil), ("auto_movable_ratio", "4294967295\n", nil),
            ("auto_movable_ratio", "4294967296", .outOfRange), ("auto_movable_ratio", "-1", .invalid),
            ("auto_movable_numa_aware", "off", nil), ("auto_movable_numa_aware", "2", .invalid),
        ] as [(String, String, Errno?)])
    func `the module's parameters take what the kernel's take`(file: String, text: String, errno: Errno?) throws {
        #expect(self.errno("\(parameters)/\(file)", text) == errno)
        let usual = [
            "online_policy": "contig-zones\n", "auto_movable_ratio": "301\n", "auto_movable_numa_aware": "Y\n",
        ]
        #expect((try browser.text("\(parameters)/\(file)") == usual[file]) == (errno != nil))
    }

    @Test(
        arguments: [
            ("-5", "-5\n"), ("-5000", "-4095\n"), ("5", "0\n"), ("-0x10\n", "-16\n"), ("-4294967291", "0\n"),
            ("0", "0\n"),
            ("-12" + String(repeating: " ", count: 0) + "\0x", "-12\n"),
        ])
    func `an injected error is clamped to -4095...0 of its low 32 bits`(text: String, shown: String) throws {
        let path = "sys/kernel/debug/notifier-error-inject/memory/actions/MEM_GOING_OFFLINE/error"
        try browser.write(path, text)
        #expect(try browser.text(path) == shown)
        let errno = Int32(shown.dropLast()).map { Errno(rawValue: -$0) }
        #expect(self.errno("\(memory)/memory3/state", "offline") == (errno?.rawValue == 0 ? nil : errno))
    }

    @Test(
        arguments: [("x", Errno.invalid), ("", nil), ("- 5", .invalid), ("-9223372036854775809", .outOfRange)]
            as [(String, Errno?)])
    func `a bad injected error is refused`(text: String, errno: Errno?) throws {
        let path = "sys/kernel/debug/notifier-error-inject/memory/actions/MEM_GOING_ONLINE/error"
        #expect(self.errno(path, text) == errno)
        #expect(try browser.text(path) == "0\n")
    }

    @Test(
        arguments: [
            ("sys/bus/memory/drivers_probe", "memory3", nil), ("sys/bus/memory/drivers_probe", "memory99\n", .noDevice),
            ("sys/bus/cpu/drivers_probe", "cpu1\n", nil),
            ("sys/devices/LNXSYSTM:00/LNXSYBUS:00/PNP0C80:00/eject", "1\n", .noDevice),
            ("sys/devices/LNXSYSTM:00/LNXSYBUS:00/PNP0C80:00/eject", "0", .invalid),
            ("sys/devices/system/node/node0/compact", "anything", nil), ("\(memory)/power/control", "on\n", nil),
            ("\(memory)/power/control", "off", .invalid), ("\(memory)/power/autosuspend_delay_ms", "1", .inputOutput),
        ] as [(String, String, Errno?)])
    func `the other files answer as the kernel's do`(path: String, text: String, errno: Errno?) {
        #expect(self.errno(path, text) == errno)
    }

    @Test func `every command and its outcome is told, refused ones too`() throws {
        var told: [(Command, Errno?)] = []
        browser.session.onOutcome = { told.append(($0, $1.refusal?.errno)) }
        try browser.write("\(memory)/memory3/state", "offline")
        _ = errno("\(memory)/memory3/state", "offline")
        _ = errno("\(memory)/memory3/state", "nonsense")
        #expect(told.map(\.0) == [.setState(BlockID(3), .offline), .setState(BlockID(3), .offline)])
        #expect(told.map(\.1) == [nil, .invalid])
    }
}

@Suite struct `Opening` {
    private let browser = Browser()

    private func openErrno(_ path: String, reading: Bool = false, writing: Bool = false) -> Errno? {
        browser.errno { (browser) throws(Refusal) in _ = try browser.open(path, reading: reading, writing: writing) }
    }

    private func chmod(_ path: String, _ mode: UInt32) throws {
        let inode = try browser.inode(path)
        _ = try browser.session.change(inode, permissions: mode, user: nil, group: nil, size: nil)
    }

    @Test(arguments: ["probe", "soft_offline_page", "hard_offline_page", "../node/node0/compact"])
    func `root cannot read what nobody can read`(file: String) {
        let path = file.hasPrefix("..") ? "sys/devices/system/node/node0/compact" : "\(memory)/\(file)"
        #expect(openErrno(path, reading: true) == .accessDenied)
        #expect(openErrno(path, reading: true, writing: true) == .accessDenied)
        #expect(openErrno(path, writing: true) == nil)
    }

    @Test(
        arguments: [
            "\(memory)/block_size_bytes", "\(memory)/memory3/phys_index", "\(memory)/memory3/removable",
            "\(memory)/memory3/valid_zones", "sys/devices/system/node/online", "\(parameters)/memmap_on_memory",
            "sys/firmware/memmap/0/start",
        ])
    func `root cannot write what nobody can write`(path: String) {
        #expect(openErrno(path, writing: true) == .accessDenied)
        #expect(openErrno(path, reading: true) == nil)
    }

    @Test func `after chmod an attribute opens, and then the operation is EIO`() throws {
        try chmod("\(memory)/memory3/removable", 0o644)
        #expect(openErrno("\(memory)/memory3/removable", writing: true) == nil)
        #expect(
            browser.errno { (browser) throws(Refusal) in try browser.write("\(memory)/memory3/removable", "1") }
                == .inputOutput)
        try chmod("\(memory)/probe", 0o600)
        #expect(browser.errno { (browser) throws(Refusal) in _ = try browser.text("\(memory)/probe") } == .inputOutput)
        try chmod("\(memory)/memory3/state", 0o200)
        #expect(openErrno("\(memory)/memory3/state", reading: true) == .accessDenied)
    }

    @Test func `chmod does not make the firmware's map writable`() throws {
        try chmod("sys/firmware/memmap/0/start", 0o666)
        #expect(openErrno("sys/firmware/memmap/0/start", writing: true) == .accessDenied)
    }

    @Test func `a directory and a link are no files`() throws {
        #expect(openErrno(memory, reading: true) == .isDirectory)
        #expect(openErrno("\(memory)/memory3/subsystem", reading: true) == .isDirectory)
        let file = try browser.inode("\(memory)/memory3/state")
        #expect(browser.errno { (browser) throws(Refusal) in _ = try browser.session.target(of: file) } == .invalid)
        #expect(
            browser.errno { (browser) throws(Refusal) in _ = try browser.session.list(file, from: 0) } == .notDirectory)
    }

    @Test func `modes and owners stay as changed until the object goes`() throws {
        try browser.session.apply(.plug(id: "d", size: 128 << 20, node: NodeID(1)))
        let path = "\(memory)/memory80/state"
        let usual = browser.session.status(of: try browser.inode(path))
        _ = try browser.session.change(try browser.inode(path), permissions: 0o100660, user: 7, group: nil, size: nil)
        _ = try browser.session.change(try browser.inode(path), permissions: nil, user: nil, group: 8, size: 0)
        let changed = browser.session.status(of: try browser.inode(path))
        #expect(changed.attributes.mode == 0o100660 && changed.user == 7 && changed.group == 8)
        #expect(changed.attributes.size == 4096, "truncation changes nothing")
        try browser.session.apply(.setState(BlockID(3), .offline))
        #expect(browser.session.status(of: try browser.inode(path)).user == 7)
        let old = try browser.inode(path)
        try browser.session.apply(.unplug(id: "d"))
        #expect(
            browser.errno { (browser) throws(Refusal) in
                _ = try browser.session.change(old, permissions: 0o600, user: nil, group: nil, size: nil)
            } == .noEntry)
        try browser.session.apply(.plug(id: "d", size: 128 << 20, node: NodeID(1)))
        let again = browser.session.status(of: try browser.inode(path))
        #expect(again.attributes == usual.attributes && again.user == nil && again.group == nil)
    }

    @Test(arguments: [(Int64(Int32.max), nil), (Int64(Int32.max) + 1, .fileTooBig)] as [(Int64, Errno?)])
    func `a size above 2^31-1 is EFBIG`(size: Int64, errno: Errno?) throws {
        let inode = try browser.inode("\(memory)/memory3/state")
        let refused = browser.errno { (browser) throws(Refusal) in
            _ = try browser.session.change(inode, permissions: nil, user: nil, group: nil, size: size)
        }
        #expect(refused == errno)
    }

    @Test func `who goes on in a directory that changes meets once what is there all the time`() throws {
        let inode = try browser.inode(memory)
        let before = try browser.session.list(inode, from: 0)
        let names = before.entries.map(\.name)
        let middle = try #require(names.firstIndex(of: "memory5"))
        let places = [2, middle, names.count - 1].map { ($0, before.place(after: $0)) }
        try browser.session.apply(.probe(address: 4 << 30))
        try browser.session.apply(.setState(BlockID(3), .offline))
        for (index, place) in places {
            let rest = try browser.session.list(inode, from: place).entries.map(\.name)
            #expect(rest.filter { $0 != "memory32" } == Array(names.dropFirst(index + 1)))
        }
        #expect(try browser.session.list(inode, from: 0).entries.count == names.count + 1)
    }

    @Test func `every refused write is told, with its file, its text and the reason`() {
        let browser = Browser()
        var told: [String] = []
        browser.session.onRefusedWrite = { inode, text, refusal in
            told.append("\(Tree.path(of: inode, in: browser.session.machine)) \(text) \(refusal.errno.rawValue)")
        }
        let memory = "/sys/devices/system/memory"
        #expect(browser.errno { b throws(Refusal) in try b.write("\(memory)/memory1/state", "bad") } == .invalid)
        #expect(browser.errno { b throws(Refusal) in try b.write("\(memory)/memory0/state", "offline") } == .invalid)
        #expect(browser.errno { b throws(Refusal) in try b.write("\(memory)/memory1/online", "1") } == nil)
        #expect(told == ["\(memory)/memory1/state bad 22", "\(memory)/memory0/state offline 22"])
    }
}
