// SPDX-License-Identifier: Apache-2.0

import MemoryModel
import Testing

@testable import SysfsTree

@Suite struct `The texts of /proc` {
    /// Numbers by name of lines `Name: number ...` or `name number`.
    private func numbers(_ text: String) -> [String: UInt64] {
        var numbers: [String: UInt64] = [:]
        for line in text.split(separator: "\n") {
            let words = line.split(whereSeparator: { $0 == " " || $0 == ":" })
            if words.count > 1 { numbers[String(words[0])] = UInt64(words[1]) }
        }
        return numbers
    }

    fileprivate struct ZoneText {
        let node: Int
        let name: String
        var numbers: [String: UInt64] = [:]
        var protection: [UInt64] = []
    }

    fileprivate func zones(_ zoneinfo: String) throws -> [ZoneText] {
        var zones: [ZoneText] = []
        for line in zoneinfo.split(separator: "\n") {
            if let match = try /Node (\d+), zone +(\w+)/.wholeMatch(in: line) {
                zones.append(ZoneText(node: try #require(Int(match.1)), name: String(match.2)))
            } else if let match = try /\ {8}protection: \((.*)\)/.wholeMatch(in: line) {
                zones[zones.count - 1].protection = match.1.split(separator: ", ").compactMap { UInt64($0) }
            } else if let match = try /(?:  pages | +)([a-z_]+):? +(\d+)/.wholeMatch(in: line) {
                // `high` stands in each processor's pageset once more.
                zones[zones.count - 1].numbers.merge([String(match.1): UInt64(match.2) ?? 0]) { first, _ in first }
            }
        }
        return zones
    }

    @Test(arguments: Machines.all.indices)
    func `zoneinfo, buddyinfo, pagetypeinfo, meminfo and vmstat tell the same of the machine`(index: Int) throws {
        let browser = Machines.busy(index)
        let machine = browser.session.machine
        let page = machine.pageSize / 1024
        let zones = try zones(try browser.text("proc/zoneinfo"))
        #expect(zones.map(\.name) == machine.onlineNodes.flatMap(\.zones).map(\.kind.name))
        for (text, zone) in zip(zones, machine.onlineNodes.flatMap(\.zones)) {
            #expect(text.numbers["free"] == zone.free && text.numbers["managed"] == zone.managed)
            #expect(text.numbers["present"] == zone.present && text.numbers["spanned"] == zone.spanned)
            #expect(text.numbers["start_pfn"] == (zone.isPopulated ? zone.start : nil))
            #expect(text.numbers["nr_free_pages"] == (zone.isPopulated ? zone.free : nil))
            #expect(text.protection.count == machine.description.architecture.zones.count)
            #expect(text.numbers["min"]! <= text.numbers["low"]! && text.numbers["low"]! <= text.numbers["high"]!)
        }
        let (free, managed) = (zones.sum("free"), zones.sum("managed"))

        let buddy = try browser.text("proc/buddyinfo").split(separator: "\n").map { line in
            let match = try #require(try /Node (\d+), zone +(\w+) (.*)/.wholeMatch(in: line))
            return (zone: "\(match.1) \(match.2)", counts: match.3.split(separator: " ").compactMap { UInt64($0) })
        }
        #expect(buddy.map(\.zone) == zones.filter { $0.numbers["present"]! > 0 }.map { "\($0.node) \($0.name)" })
        #expect(buddy.allSatisfy { $0.counts.count == machine.description.geometry.maxOrder + 1 })
        #expect(buddy.reduce(0) { $0 + $1.counts.pages } == free)

        let types = try browser.text("proc/pagetypeinfo").split(separator: "\n").compactMap { line in
            try /Node +\d+, zone +\w+, type +\w+ (.*)/.wholeMatch(in: line).map { match in
                match.1.split(separator: " ").compactMap { UInt64($0) }
            }
        }
        #expect(types.count == buddy.count * 5)
        #expect(types.reduce(0) { $0 + $1.pages } == free)

        let meminfo = numbers(try browser.text("proc/meminfo"))
        #expect(meminfo["MemTotal"] == managed * page && meminfo["MemFree"] == free * page)
        #expect(meminfo["MemAvailable"]! <= meminfo["MemFree"]!)
        let vmstat = numbers(try browser.text("proc/vmstat"))
        #expect(vmstat["nr_free_pages"] == free)
        #expect(vmstat["nr_slab_unreclaimable"]! * page == meminfo["SUnreclaim"])
        #expect(vmstat["nr_slab_unreclaimable"] == UInt64(machine.workloadList.reduce(0) { $0 + $1.pages }))

        var (total, free1, used): (UInt64, UInt64, UInt64) = (0, 0, 0)
        for node in machine.onlineNodes {
            let text = try browser.text("sys/devices/system/node/\(node.id)/meminfo")
            let lines = numbers(text.replacing("Node \(node.id.rawValue) ", with: ""))
            total += lines["MemTotal"]!
            free1 += lines["MemFree"]!
            used += lines["MemUsed"]!
            #expect(lines["MemTotal"]! == lines["MemFree"]! + lines["MemUsed"]!)
        }
        #expect(total == meminfo["MemTotal"] && free1 == meminfo["MemFree"] && used == total - free1)
    }

    @Test func `lines have the kernel's widths`() throws {
        let browser = Machines.busy(0)
        let meminfo = try browser.text("proc/meminfo").split(separator: "\n")
        #expect(meminfo.allSatisfy { $0.contains(/^[A-Za-z0-9_()]+: +\d+( kB)?$/) })
        #expect(Set(meminfo.filter { $0.hasSuffix("kB") && !$0.hasPrefix("Vmalloc") }.map(\.count)) == [27])
        #expect(meminfo.contains { $0.hasPrefix("HardwareCorrupted:") && $0.hasSuffix("4 kB") })
        let node = try browser.text("sys/devices/system/node/node0/meminfo").split(separator: "\n")
        #expect(node.allSatisfy { $0.contains(/^Node 0 [A-Za-z0-9_()]+: +\d+( kB)?$/) })
        let buddy = try browser.text("proc/buddyinfo").split(separator: "\n")
        #expect(
            buddy.allSatisfy { $0.contains(/^Node \d, zone {1,8}[A-Za-z0-9]+ ( *\d+ ){11}$/) && $0.count == 22 + 77 })
        let zoneinfo = try browser.text("proc/zoneinfo")
        for label in [
            "  pages free     ", "        boost    ", "        min      ", "        spanned  ",
            "  start_pfn:           ",
        ] {
            #expect(zoneinfo.contains("\n" + label), "\(label)")
        }
        #expect(try browser.text("proc/vmstat").split(separator: "\n").allSatisfy { $0.contains(/^[a-z0-9_]+ \d+$/) })
    }

    @Test func `pagetypeinfo stops counting at 100000`() {
        let machine = Machine(
            booting: MachineDescription(memory: [.init(first: 1 << 20, last: (1 << 39) - 1, kind: .usable)]))
        let text = Pagetypeinfo(machine: machine).text
        #expect(text.contains(/zone   Normal, type      Movable ( *\d+ ){10}>100000 \n/))
        #expect(Buddyinfo(machine: machine).text.contains(/\ 1[23]\d{4} \n/))
    }

    @Test func `iomem nests and its ranges are those of the machine`() throws {
        let browser = Machines.busy(0)
        let lines = try browser.text("proc/iomem").split(separator: "\n")
        var starts: [UInt64] = []
        for line in lines {
            let match = try #require(try /((?:  )*)([0-9a-f]{8,})-([0-9a-f]{8,}) : (.+)/.wholeMatch(in: line))
            let (first, last) = (UInt64(match.2, radix: 16)!, UInt64(match.3, radix: 16)!)
            #expect(first <= last)
            if match.1.isEmpty { starts.append(first) }
        }
        #expect(starts == starts.sorted() && starts == browser.session.machine.resources.resources.map(\.first))
        #expect(lines.contains("280000000-28fffffff : System RAM"))
        #expect(lines.contains { $0.hasPrefix("  ") && $0.hasSuffix("Kernel code") })
        #expect(try browser.text("proc/cmdline") == "\n")
    }
}

extension [UInt64] {
    /// Pages of chunks counted by order.
    fileprivate var pages: UInt64 { enumerated().reduce(0) { $0 + $1.element << UInt64($1.offset) } }
}

extension Array where Element == `The texts of /proc`.ZoneText {
    fileprivate func sum(_ name: String) -> UInt64 { reduce(0) { $0 + ($1.numbers[name] ?? 0) } }
}
