// SPDX-License-Identifier: Apache-2.0

import MemoryModel
import Testing

@testable import SysfsTree

@Suite struct `What debugfs shows of memblock` {
    private let directory = "sys/kernel/debug/memblock"

    @Test func `is a numbered line for each range, with addresses as wide as the machine's`() throws {
        let browser = Browser()
        #expect(
            try browser.text("\(directory)/memory") == """
                   0: 0x0000000000001000..0x000000000009efff
                   1: 0x0000000000100000..0x000000003fffffff

                """)
        let reserved = try browser.text("\(directory)/reserved").split(separator: "\n")
        #expect(reserved.first == "   0: 0x0000000000000000..0x00000000000fffff")
        #expect(reserved.last?.hasSuffix("..0x000000003fffffff") == true, "node data is at the top")
        let narrow = try #require(Machines.all.last { $0.description.architecture == .i386 })
        #expect(try Browser(narrow.description).text("\(directory)/memory").hasPrefix("   0: 0x00001000..0x0009efff\n"))
    }

    @Test(arguments: Machines.all.indices)
    func `is there on every machine, for everyone to read`(index: Int) throws {
        let browser = Browser(Machines.all[index].description)
        let machine = browser.session.machine
        #expect(browser.session.status(of: try browser.inode(directory)).attributes.mode == 0o040755)
        for (name, list) in [("memory", machine.memblock.memory), ("reserved", machine.memblock.reserved)] {
            let attributes = browser.session.status(of: try browser.inode("\(directory)/\(name)")).attributes
            #expect(attributes.mode == 0o100444 && attributes.size == 0)
            let lines = try browser.text("\(directory)/\(name)").split(separator: "\n")
            #expect(lines.count == list.count && !lines.isEmpty)
            for (line, region) in zip(lines, list) {
                let addresses = line.split(separator: " ").last?.split(separator: ".", omittingEmptySubsequences: true)
                let numbers = addresses?.compactMap { UInt64($0.dropFirst(2), radix: 16) }
                #expect(numbers == [region.bytes.lowerBound, region.bytes.upperBound - 1], "\(line)")
            }
        }
    }
}
