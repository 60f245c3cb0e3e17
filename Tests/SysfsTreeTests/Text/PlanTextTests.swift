// SPDX-License-Identifier: Apache-2.0

import MemoryModel
import Testing

@testable import SysfsTree

@Suite struct `The control plan` {
    private static let control = "sys/kernel/debug/hotmem"
    private let browser = Browser()

    private func errno(_ text: String) -> Errno? {
        browser.errno { (browser) throws(Refusal) in try browser.write(Self.control + "/plan", text) }
    }

    @Test func `reads empty until a plan is asked for`() throws {
        #expect(try browser.text(Self.control + "/plan").isEmpty)
        #expect(errno("remove-node node=9") == .invalid)
        #expect(errno("remove-node") == .invalid)
        #expect(errno("remove node=0") == .invalid)
        #expect(try browser.text(Self.control + "/plan").isEmpty)
    }

    @Test func `reads as steps, causes and a result, for the machine as it is`() throws {
        try browser.write(Self.control + "/dimm", "plug id=d1 size=256M node=1")
        try browser.write("sys/devices/system/memory/memory80/state", "online_kernel")
        try browser.write("sys/devices/system/memory/memory81/state", "online_movable")
        try browser.write(Self.control + "/workload", "alloc name=db kind=anon block=81 pages=1200")
        try browser.write(Self.control + "/workload", "alloc name=driver kind=kernel block=80 pages=2")
        try browser.write(Self.control + "/plan", "remove-node node=1\n")
        #expect(
            try browser.text(Self.control + "/plan") == """
                remove-node node=1
                step=1 do=offline block=81 pages=1200 to=node0:1200 reason="nearest with room, distance 20"
                blocked block=80 by="2 kernel pages of driver" until=freed
                result=blocked

                """)
        try browser.write(Self.control + "/workload", "free name=driver")
        #expect(
            try browser.text(Self.control + "/plan") == """
                remove-node node=1
                step=1 do=offline block=80 pages=0 reason="nothing to move"
                step=2 do=offline block=81 pages=1200 to=node0:1200 reason="nearest with room, distance 20"
                step=3 do=leave-zonelists node=1 reason="its last memory is offline"
                step=4 do=eject device=d1 block=80-81 reason="all of it is offline; frees its memory maps"
                step=5 do=remove-node node=1 reason="it has neither memory nor processors"
                result=possible

                """)
        try browser.write(Self.control + "/dimm", "unplug id=d1")
        #expect(try browser.text(Self.control + "/plan").isEmpty)
    }
}
