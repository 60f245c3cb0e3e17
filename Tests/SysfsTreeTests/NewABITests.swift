// SPDX-License-Identifier: Apache-2.0

import MemoryModel
import Testing

@testable import SysfsTree

@Suite struct `The tree of Linux 6.18` {
    private static let memory = "sys/devices/system/memory"
    private static let node = "sys/devices/system/node/node0"

    private static func machine(_ change: (inout MachineDescription) -> Void = { _ in }) -> MachineDescription {
        var description = Machines.default
        description.abi = .linux6_18
        change(&description)
        return description
    }
    private let browser = Browser(Self.machine())

    private func isThere(_ path: String, _ description: MachineDescription) -> Bool {
        let browser = Browser(description)
        return browser.errno { (browser) throws(Refusal) in _ = try browser.inode(path) } == nil
    }

    /// The names that a text's lines begin with, in order.
    private func names(_ text: String) -> [String] {
        text.split(separator: "\n").compactMap {
            $0.split(whereSeparator: { $0 == " " || $0 == ":" }).first.map(String.init)
        }
    }

    @Test(
        arguments: [
            memory + "/crash_hotplug", "sys/devices/system/cpu/crash_hotplug", node + "/reclaim",
            node + "/memory_failure/total",
        ])
    func `has what Linux 6.1 has not`(path: String) {
        #expect(isThere(path, Self.machine()))
        #expect(!isThere(path, Machines.default))
    }

    @Test func `has crash_hotplug where kernels can have it, and this one is to`() throws {
        #expect(try browser.text(Self.memory + "/crash_hotplug") == "0\n")
        #expect(!isThere(Self.memory + "/crash_hotplug", Self.machine { $0.hasCrashHotplug = false }))
        #expect(!isThere("sys/devices/system/cpu/crash_hotplug", Self.machine { $0.hasCrashHotplug = false }))
        let arm = MachineDescription(
            abi: .linux6_18, architecture: .arm64, memory: [.init(first: 1 << 30, last: (2 << 30) - 1, kind: .usable)])
        #expect(!isThere(Self.memory + "/crash_hotplug", arm))
    }

    @Test func `counts what came of broken pages`() throws {
        try browser.write(Self.memory + "/hard_offline_page", "0x8000000")
        #expect(
            browser.errno { (browser) throws(Refusal) in
                try browser.write(Self.memory + "/hard_offline_page", "0x1000000")
            } == .busy)
        let counts = try ["total", "recovered", "ignored", "failed", "delayed"].map {
            try browser.text(Self.node + "/memory_failure/" + $0)
        }
        #expect(counts == ["2\n", "1\n", "1\n", "0\n", "0\n"])
    }

    @Test func `shows the lines of a running kernel, in its order`() throws {
        #expect(
            names(try browser.text("proc/zoneinfo")).filter {
                ["boost", "min", "low", "high", "promo", "spanned"].contains($0)
            }
            .prefix(6) == ["boost", "min", "low", "high", "promo", "spanned"])
        let zoneinfo = try browser.text("proc/zoneinfo")
        #expect(
            zoneinfo.contains(
                /\n    cpu: 0\n              count:    0\n              high:     0\n              batch:    \d+\n              high_min: \d+\n              high_max: \d+\n  vm stats threshold: \d+\n/
            ))
        let vmstat = names(try browser.text("proc/vmstat"))
        #expect(vmstat.prefix(3) == ["nr_free_pages", "nr_free_pages_blocks", "nr_zone_inactive_anon"])
        #expect(!vmstat.contains("nr_bounce") && vmstat.last == "nr_unstable")
        let place = try #require(vmstat.firstIndex(of: "nr_dirty_background_threshold"))
        #expect(vmstat[place + 1...place + 3] == ["nr_memmap_pages", "nr_memmap_boot_pages", "pgpgin"])
        let node = names(try browser.text(Self.node + "/vmstat"))
        #expect(node == Array(vmstat.prefix { $0 != "nr_dirty_threshold" }))
        let meminfo = names(try browser.text("proc/meminfo"))
        #expect(meminfo.contains("Zswap") && meminfo.contains("Balloon"))
        #expect(meminfo.suffix(4) == ["Hugetlb", "DirectMap4k", "DirectMap2M", "DirectMap1G"])
    }

    @Test func `counts memory maps, whole free pageblocks and huge pages`() throws {
        func count(_ name: String) throws -> UInt64 {
            let text = try browser.text("proc/vmstat")
            return try #require(
                text.split(separator: "\n").first { $0.hasPrefix(name + " ") }.flatMap {
                    UInt64($0.dropFirst(name.count + 1))
                })
        }
        #expect(try count("nr_memmap_pages") == 0)
        let (boot, blocks) = (try count("nr_memmap_boot_pages"), try count("nr_free_pages_blocks"))
        let free = try count("nr_free_pages")
        #expect(boot > 0 && blocks.isMultiple(of: 512) && blocks <= free)
        try browser.write(Self.memory + "/probe", "0x140000000")
        #expect(try count("nr_memmap_pages") == 512)
        #expect(try count("nr_free_pages_blocks") == blocks - 512)
        try browser.write(Self.node + "/hugepages/hugepages-2048kB/nr_hugepages", "3")
        #expect(try count("nr_hugetlb") == 3 * 512)
    }

    @Test func `maps all memory with the largest pages that fit`() throws {
        let map = DirectMap(of: browser.session.machine.resources)
        let ram = browser.session.machine.resources.resources.filter { $0.name == "System RAM" }
            .reduce(0) { $0 + ($1.last - $1.first + 1) }
        #expect(map.small + map.large + map.huge == ram)
        #expect(map.huge.isMultiple(of: 1 << 30) && map.large.isMultiple(of: 2 << 20) && map.small < 8 << 20)
    }

    @Test func `configures standby memory of IBM Z where the machine says so`() throws {
        var description = try #require(Machines.all.first { $0.name == "IBM Z" }).description
        #expect(!isThere("sys/firmware/memory", description))
        // What the generation does where nobody says.
        #expect(KernelABI.linux6_18.configuresStandby(on: description.architecture))
        #expect(
            !KernelABI.linux6_1.configuresStandby(on: .s390x) && !KernelABI.linux6_18.configuresStandby(on: .x86_64))
        description.abi = .linux6_18
        description.configuresStandby = true
        let browser = Browser(description)
        let first = try #require(browser.session.machine.storage.first { !$0.isConfigured })
        let path = "sys/firmware/memory/\(first.id)/"
        #expect(try browser.text("sys/firmware/memory/memory0/config") == "1\n")
        #expect(try browser.text(path + "config") == "0\n")
        #expect(try browser.text(path + "memmap_on_memory") == "0\n")
        #expect(browser.errno { (browser) throws(Refusal) in try browser.write(path + "config", "x") } == .invalid)
        #expect(
            browser.errno { (browser) throws(Refusal) in try browser.write(path + "memmap_on_memory", "1") }
                == .notSupported)
        let block = Self.memory + "/\(first.id)"
        #expect(!browser.has(block))
        try browser.write(path + "config", "1\n")
        #expect(try browser.text(path + "config") == "1\n")
        #expect(try browser.text(block + "/state") == "offline\n")
        try browser.write(path + "config", "0\n")
        #expect(!browser.has(block))
    }

    @Test(
        arguments: [
            ("\n", .invalid), ("x", .invalid), ("1M swappiness=201", .invalid), ("1M swappines=3", .invalid),
            ("1Mx", .invalid), ("0", nil), ("4095", nil), ("1M", .tryAgain), ("1M swappiness=max\n", .tryAgain),
            ("4K swappiness=0", .tryAgain),
        ] as [(String, Errno?)])
    func `reclaim takes a size and swappiness`(text: String, errno: Errno?) {
        #expect(
            browser.errno { (browser) throws(Refusal) in try browser.write(Self.node + "/reclaim", text) } == errno)
    }

    @Test func `reclaim drops clean page cache, the active last`() throws {
        let session = browser.session
        _ = try session.apply(.allocate(Workload(name: "clean", kind: .file, node: NodeID(0), pages: 1000)))
        _ = try session.apply(.allocate(Workload(name: "active", kind: .file, node: NodeID(0), pages: 100)))
        _ = try session.apply(.touch(name: "active"))
        _ = try session.apply(.allocate(Workload(name: "dirty", kind: .file, node: NodeID(0), pages: 100)))
        _ = try session.apply(.touch(name: "dirty", write: true))
        _ = try session.apply(.allocate(Workload(name: "anon", kind: .anon, node: NodeID(0), pages: 100)))
        func pages(_ name: String) -> UInt64? { session.machine.use(ofWorkload: name)?.pages }
        try browser.write(Self.node + "/reclaim", "1M")
        #expect(pages("clean") == 744 && pages("active") == 100)
        try browser.write(Self.node + "/reclaim", "3000K")
        #expect(pages("clean") == 0 && pages("active") == 94)
        #expect(
            browser.errno { (browser) throws(Refusal) in try browser.write(Self.node + "/reclaim", "1M") } == .tryAgain)
        #expect(pages("active") == 0 && pages("dirty") == 100 && pages("anon") == 100)
    }
}

extension Browser {
    fileprivate func has(_ path: String) -> Bool {
        errno { (browser) throws(Refusal) in _ = try browser.inode(path) } == nil
    }
}
