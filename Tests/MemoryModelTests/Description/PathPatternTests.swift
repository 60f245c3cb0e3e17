// SPDX-License-Identifier: Apache-2.0

import MemoryModel
import Testing

@Suite struct `Paths of many objects` {
    @Test(arguments: [
        "/sys/a", "/sys/devices/system/memory/memory{0-6,8}/state", "/sys/devices/system/memory/memory*/power/async",
        "/proc/we\\{ird\\*\\\\", "/sys/a b/c\u{e9}", "/sys/x/memory{3}",
    ])
    func `are written as they were read`(text: String) throws {
        #expect(try #require(PathPattern(text)).description == text)
    }

    @Test(arguments: [
        "", "/", "sys/a", "/sys/../a", "/sys/./a", "/sys/memory{}", "/sys/memory{3-1}", "/sys/memory{1,1}",
        "/sys/memory{5,2}", "/sys/memory{1", "/sys/memory{1}x", "/sys/memory*x", "/sys/*", "/sys/{1}",
        "/sys/node*/memory*", "/sys/memory{99999999999}", "/sys/memory{-1}", "/sys/a\\",
    ])
    func `that mean nothing are refused`(text: String) {
        #expect(PathPattern(text) == nil)
    }

    @Test func `stand for the numbers that they list`() throws {
        let pattern = try #require(PathPattern("/sys/memory{0-2,5,7-9}/state"))
        let component = pattern.components[1]
        for number in UInt32(0)...12 {
            let stands = [0, 1, 2, 5, 7, 8, 9].contains(number)
            #expect((component.number(in: "memory\(number)") == number) == stands)
        }
        for name in ["memory", "memory01", "memory+1", "memory1x", "node1", "memory-1", "memory99999999999"] {
            #expect(component.number(in: name) == nil)
        }
        #expect(pattern.path(number: 5) == ["sys", "memory5", "state"])
    }

    @Test func `stand for every number, where they end in a star`() throws {
        let component = try #require(PathPattern("/sys/memory*/state")).components[1]
        #expect(component.number(in: "memory4294967295") == .max)
        #expect(component.number(in: "memory0") == 0)
        #expect(component.number(in: "memory00") == nil)
    }
}
