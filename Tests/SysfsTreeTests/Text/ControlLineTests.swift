// SPDX-License-Identifier: Apache-2.0

import MemoryModel
import Testing

@testable import SysfsTree

private let dimm = "sys/kernel/debug/hotmem/dimm"
private let workload = "sys/kernel/debug/hotmem/workload"

@Suite struct `The controls` {
    private let browser = Browser()

    private func errno(_ path: String, _ text: String) -> Errno? {
        browser.errno { (browser) throws(Refusal) in try browser.write(path, text) }
    }

    @Test func `what was asked for is what they show`() throws {
        try browser.write(dimm, "plug id=d1 size=256M node=1\n")
        try browser.write(dimm, "\tplug  node=0   size=0x8000000 id=d2")
        #expect(
            try browser.text(dimm) == """
                id=d1 slot=0 first=0x280000000 size=268435456 node=1 bound=1 blocks=80-81
                id=d2 slot=1 first=0x290000000 size=134217728 node=0 bound=1 blocks=82

                """)
        try browser.write(workload, "alloc name=w kind=kernel block=3 pages=5\nalloc name=v kind=kernel block=3")
        #expect(
            try browser.text(workload)
                == "name=w kind=kernel pages=5 blocks=3:5\nname=v kind=kernel pages=1 blocks=3:1\n")
        try browser.write(workload, "free name=w\nfree name=v\n")
        try browser.write(dimm, "unplug id=d1\nunplug id=d2\n")
        #expect(try browser.text(dimm) == "" && browser.text(workload) == "")
    }

    @Test(
        arguments: [
            (dimm, "\n"), (dimm, " \n\t\n"), (dimm, "insert id=d size=128M"), (dimm, "PLUG id=d size=128M"),
            (dimm, "plug id=d"), (dimm, "plug size=128M"), (dimm, "plug id=d size=lots"), (dimm, "plug id=d size="),
            (dimm, "plug id=d id=e size=128M"), (dimm, "plug id=d size=128M slot=1"),
            (dimm, "plug id=d size=128M node"),
            (dimm, "plug id = d size=128M"), (dimm, "unplug"), (dimm, "unplug d"), (dimm, "unplug id=d size=128M"),
            (workload, "alloc name=w kind=user block=3"), (workload, "alloc name=w block=3"), (workload, "free"),
            (workload, "alloc kind=kernel"), (workload, "alloc name=w kind=memmap"), (workload, "pin pages=3"),
            (workload, "alloc name=w kind=file fs=vfat"), (workload, "alloc name=w kind=anon fs=nfs"),
            (workload, "plug id=d size=128M"),
        ])
    func `a malformed line is EINVAL`(path: String, text: String) throws {
        #expect(errno(path, text) == .invalid)
        #expect(try browser.text(path) == "")
    }

    @Test func `one malformed line, and none is done`() throws {
        #expect(errno(dimm, "plug id=a size=128M\nplug id=b size=128M\nplug id\n") == .invalid)
        #expect(try browser.text(dimm) == "")
    }

    @Test func `a line the machine refuses ends it, and those before it stay`() throws {
        #expect(errno(dimm, "plug id=a size=128M\nplug id=a size=128M\nplug id=b size=128M\n") == .exists)
        #expect(try browser.text(dimm).split(separator: "\n").count == 1)
    }

    @Test(
        arguments: [
            (dimm, "unplug id=nobody", .noEntry), (workload, "free name=nobody", .noEntry),
            (workload, "alloc name=w kind=kernel block=99", .noAddress),
            (workload, "alloc name=w kind=kernel block=4294967296", .noAddress),
            (workload, "alloc name=w kind=kernel block=3 pages=4294967296", .noMemory),
            (dimm, "plug id=d size=128M node=18446744073709551615", .invalid), (dimm, "plug id=d size=1T", .noRoom),
        ] as [(String, String, Errno)])
    func `the machine's refusal is the writer's errno`(path: String, text: String, errno: Errno) {
        #expect(self.errno(path, text) == errno)
    }

    @Test func `a write may be longer than a page`() throws {
        let lines = (0..<200).map { "alloc name=workload-\($0) kind=kernel block=3 pages=1\n" }.joined()
        #expect(lines.utf8.count > 4096)
        #expect(try browser.write(workload, lines) == lines.utf8.count)
        #expect(browser.session.machine.workloadList.count == 200)
        #expect(try browser.text(workload).utf8.count > 4096)
    }
}
