// SPDX-License-Identifier: Apache-2.0

import MemoryModel
import Testing

@testable import SysfsTree

@Suite struct `A captured tree` {
    private let memory = "/sys/devices/system/memory"

    private func browser(_ records: [(path: String, content: CapturedFiles.Content)]) throws -> Browser {
        var description = Machines.default
        description.captured = CapturedFiles(
            areas: [memory], records: try records.map { .init(try #require(PathPattern($0.path)), $0.content) })
        return Browser(description)
    }

    private func bytes(_ text: String) -> CapturedFiles.Content { .bytes(Array(text.utf8)) }

    private func names(_ path: String, of browser: Browser) throws -> Set<String> {
        Set(try browser.session.entries(of: try browser.inode(path)).map(\.name))
    }

    @Test func `shows a captured text until the simulated one changes`() throws {
        let browser = try browser([("\(memory)/memory{2-3}/valid_zones", bytes("Old\n"))])
        #expect(try browser.text("\(memory)/memory2/valid_zones") == "Old\n")
        #expect(try browser.text("\(memory)/memory4/valid_zones") != "Old\n")
        try browser.write("\(memory)/memory2/state", "offline")
        #expect(try browser.text("\(memory)/memory2/valid_zones").hasSuffix("Movable\n"))
        #expect(try browser.text("\(memory)/memory3/valid_zones") == "Old\n")
        // It has come back into a zone that is the simulator's to name.
        try browser.write("\(memory)/memory2/state", "online")
        #expect(try browser.text("\(memory)/memory2/valid_zones") == "DMA32\n")
    }

    @Test func `lacks what the real one lacked`() throws {
        let browser = try browser([
            ("\(memory)/probe", .absent), ("\(memory)/memory*/phys_device", .absent), ("/sys/bus/memory", .absent),
        ])
        #expect(browser.errno { (browser) throws(Refusal) in _ = try browser.inode("\(memory)/probe") } == .noEntry)
        #expect(try !names(memory, of: browser).contains("probe"))
        #expect(try !names("\(memory)/memory5", of: browser).contains("phys_device"))
        #expect(!browser.session.has("/sys/bus/memory"))
        #expect(browser.session.has("/sys/bus/node"))
    }

    @Test func `has what no simulator knows`() throws {
        let browser = try browser([
            ("\(memory)/memory*/altmap", bytes("0\n")), ("\(memory)/memory7/deep", .directory),
            ("\(memory)/memory7/deep/link", .link("../../memory8")),
            ("\(memory)/memory7/broken", .unreadable(.inputOutput)),
            ("\(memory)/memory7/deep/inner{0-2}", bytes("i\n")),
        ])
        #expect(try browser.text("\(memory)/memory3/altmap") == "0\n")
        #expect(try names("\(memory)/memory7/deep", of: browser) == ["link", "inner0", "inner1", "inner2"])
        let link = try browser.inode("\(memory)/memory7/deep/link")
        #expect(try browser.session.target(of: link) == "../../memory8")
        #expect(browser.session.path(of: link) == "\(memory)/memory7/deep/link")
        let broken = try browser.inode("\(memory)/memory7/broken")
        let isRefused = browser.errno { (browser) throws(Refusal) in _ = try browser.session.text(of: broken) }
        #expect(isRefused == .inputOutput)
        #expect(browser.session.status(of: try browser.inode("\(memory)/memory7")).attributes.links == 4)
        #expect(browser.session.status(of: try browser.inode("\(memory)/memory6")).attributes.links == 3)
        // Two files of one record are two inodes.
        #expect(try browser.inode("\(memory)/memory3/altmap") != browser.inode("\(memory)/memory4/altmap"))
    }

    @Test func `is not written to where nothing is behind it`() throws {
        var description = Machines.default
        let path = try #require(PathPattern("\(memory)/new"))
        description.captured = CapturedFiles(records: [.init(path, bytes("1\n"), mode: 0o644)])
        let browser = Browser(description)
        #expect(browser.errno { (browser) throws(Refusal) in try browser.write("\(memory)/new", "2") } == .inputOutput)
        #expect(try browser.text("\(memory)/new") == "1\n")
    }

    @Test func `speaks of later blocks where it speaks of all`() throws {
        let browser = try browser([
            ("\(memory)/memory*/altmap", bytes("0\n")), ("\(memory)/memory*/removable", bytes("0\n")),
        ])
        try browser.write("\(memory)/probe", "0x140000000")
        #expect(try browser.text("\(memory)/memory40/altmap") == "0\n")
        // Nobody has seen it of this block.
        #expect(try browser.text("\(memory)/memory40/removable") == "1\n")
        #expect(try browser.text("\(memory)/memory4/removable") == "0\n")
    }

    @Test func `goes on with its counters`() throws {
        let text = "Node 0 MemTotal:       16000000 kB\nNode 0 MemFree:        15000000 kB\n"
        let browser = try browser([("/sys/devices/system/node/node0/meminfo", bytes(text))])
        #expect(try browser.text("/sys/devices/system/node/node0/meminfo") == text)
        try browser.write("\(memory)/memory5/state", "offline")
        #expect(
            try browser.text("/sys/devices/system/node/node0/meminfo")
                == "Node 0 MemTotal:       15868928 kB\nNode 0 MemFree:        14868928 kB\n")
    }

    @Test func `is seen whole by who walks it, each with what a look-up says`() throws {
        let browser = try browser([
            ("\(memory)/memory*/altmap", bytes("0\n")), ("\(memory)/probe", .absent), ("\(memory)/d", .directory),
            ("\(memory)/d/x", bytes("1")), ("/sys/firmware", .link("nowhere")),
        ])
        var seen = 0
        func walk(_ path: String, _ inode: Inode) throws {
            for entry in try browser.session.entries(of: inode) {
                let path = "\(path)/\(entry.name)"
                #expect(try browser.inode(path) == entry.inode, "\(path)")
                #expect(browser.session.status(of: entry.inode).attributes.mode & 0o170000 == entry.type, "\(path)")
                #expect(Inode(entry.inode.number) == entry.inode, "\(path)")
                seen += 1
                if entry.type == Tree.directoryType { try walk(path, entry.inode) }
            }
        }
        try walk("", .root)
        #expect(seen > 400)
    }
}
