// SPDX-License-Identifier: Apache-2.0

import MemoryModel
import Testing

@testable import SysfsTree

private let memory = "sys/devices/system/memory"
private let node = "sys/devices/system/node"

/// Somebody who keeps what is read, and is told what to forget.
private final class Keeper {
    let browser = Browser()
    var kept: Kept
    private var forgotten: [Kept.Item] = []

    init(texts: Bool) {
        kept = Kept(of: browser.session.machine, texts: texts)
        browser.session.onOutcome = { [unowned self] _, outcome in
            let session = browser.session
            forgotten += kept.forget(
                after: outcome.changes, of: session.machine, lookup: { try? session.lookup($0, in: $1) },
                digest: session.digest(of:))
        }
    }

    /// Looks all names of a path up, and reads what is there.
    func read(_ path: String) throws {
        let session = browser.session
        var inode = Inode.root
        for name in path.split(separator: "/").map(String.init) {
            let found = try session.lookup(name, in: inode)
            kept.note(name: name, in: inode, is: found, of: session.machine, digest: session.digest(of:))
            inode = found
        }
        if inode.row == 0 {
            kept.note(listing: inode)
        } else {
            kept.note(textOf: inode, of: session.machine, digest: session.digest(of:))
        }
    }

    /// What is to be forgotten after some commands.
    func after(_ commands: Command...) throws -> Set<Kept.Item> {
        forgotten = []
        for command in commands { try browser.session.apply(command) }
        return Set(forgotten)
    }

    func text(_ path: String) throws -> Kept.Item { .text(try browser.inode(path)) }
    func listing(_ path: String) throws -> Kept.Item { .listing(try browser.inode(path)) }
}

@Suite struct `What readers keep` {
    @Test func `a block that changes its state is read anew, its neighbours are not`() throws {
        let keeper = Keeper(texts: true)
        for name in ["state", "online", "valid_zones", "removable", "phys_index"] {
            for block in 2...4 { try keeper.read("\(memory)/memory\(block)/\(name)") }
        }
        let forgotten = try keeper.after(.setState(BlockID(3), .offline))
        let changed = try ["state", "online", "valid_zones"].map { try keeper.text("\(memory)/memory3/\($0)") }
        #expect(forgotten == Set(changed))
        #expect(try keeper.after(.setState(BlockID(3), .online)) == [], "nobody keeps them any more")
    }

    @Test func `offline blocks that a zone grows over are read anew`() throws {
        let keeper = Keeper(texts: true)
        let first = UInt64(4) << 30
        for block in 0..<3 { _ = try keeper.after(.probe(address: first + UInt64(block) << 27)) }
        for block in 32..<35 { try keeper.read("\(memory)/memory\(block)/valid_zones") }
        let forgotten = try keeper.after(.setState(BlockID(34), .onlineMovable))
        #expect(try forgotten.contains(keeper.text("\(memory)/memory34/valid_zones")))
        #expect(try !forgotten.contains(keeper.text("\(memory)/memory32/valid_zones")), "below the zone")
        try keeper.read("\(memory)/memory33/valid_zones")
        let more = try keeper.after(.setState(BlockID(32), .onlineMovable))
        let between = try keeper.text("\(memory)/memory33/valid_zones")
        #expect(more.contains(between), "it lies in the zone now")
    }

    @Test func `what was not read is not told, and what says the same stays`() throws {
        let keeper = Keeper(texts: true)
        try keeper.read("proc/zoneinfo")
        try keeper.read("\(memory)/block_size_bytes")
        let forgotten = try keeper.after(.setState(BlockID(3), .offline))
        #expect(try forgotten == [keeper.text("proc/zoneinfo")])
    }

    @Test func `by default texts are not kept at all`() throws {
        let keeper = Keeper(texts: false)
        try keeper.read("\(memory)/memory3/state")
        try keeper.read("proc/zoneinfo")
        #expect(try keeper.after(.setState(BlockID(3), .offline)) == [])
        #expect(keeper.kept.forget(written: try keeper.browser.inode("\(memory)/memory3/state"), count: 7) == [])
    }

    @Test(arguments: [true, false]) func `where a block comes or goes is listed anew`(texts: Bool) throws {
        let keeper = Keeper(texts: texts)
        let added = try keeper.after(.probe(address: 4 << 30))
        let homes = [memory, "\(node)/node0", "sys/bus/memory/devices"]
        #expect(try Set(homes.map { try keeper.listing($0) }).isSubset(of: added))
        #expect(!added.contains { if case .name = $0 { true } else { false } }, "no name stood for anything else")
    }

    @Test func `a block that went is no longer found, nor anything in it`() throws {
        let keeper = Keeper(texts: true)
        _ = try keeper.after(.plug(id: "d", size: 128 << 20, node: NodeID(0)))
        let block = try #require(keeper.browser.session.machine.devices.compactMap(\.module).first?.blocks.first)
        try keeper.read("\(memory)/\(block)/phys_index")
        let (directory, file) = try (
            keeper.browser.inode("\(memory)/\(block)"), keeper.browser.inode("\(memory)/\(block)/phys_index")
        )
        let forgotten = try keeper.after(.unplug(id: "d"))
        let home = try keeper.browser.inode(memory)
        let gone: Set<Kept.Item> = [.name("\(block)", in: home), .listing(home), .listing(directory), .text(file)]
        #expect(gone.isSubset(of: forgotten))
    }

    @Test func `a block that was there before its device lists the link to it`() throws {
        let keeper = Keeper(texts: false)
        // Where the firmware would put the device.
        _ = try keeper.after(.plug(id: "d", size: 128 << 20, node: NodeID(0)))
        let block = try #require(keeper.browser.session.machine.devices.compactMap(\.module).first?.blocks.first)
        _ = try keeper.after(.unplug(id: "d"), .probe(address: UInt64(block.rawValue) << 27))
        let forgotten = try keeper.after(.plug(id: "d", size: 128 << 20, node: NodeID(0)))
        let directory = try keeper.browser.inode("\(memory)/\(block)")
        #expect(try keeper.browser.session.entries(of: directory).contains { $0.name == "firmware_node" })
        #expect(Set([.listing(directory), .name("firmware_node", in: directory)]).isSubset(of: forgotten))
    }

    @Test func `a name that stands for what it stood for is not forgotten`() throws {
        let keeper = Keeper(texts: false)
        try keeper.read("sys/bus/cpu")
        try keeper.read("\(node)/node0/compact")
        let forgotten = try keeper.after(.plug(id: "d", size: 128 << 20, node: NodeID(0)))
        #expect(try forgotten.contains(keeper.listing("sys/bus")), "something changed its like")
        #expect(try !forgotten.contains(.name("cpu", in: keeper.browser.inode("sys/bus"))))
    }

    @Test func `a writer's own text is forgotten if it is kept, and its length always`() throws {
        let keeper = Keeper(texts: true)
        let state = try keeper.browser.inode("\(memory)/memory3/state")
        #expect(keeper.kept.forget(written: state, count: 7) == [.attributes(state)])
        try keeper.read("\(memory)/memory3/state")
        #expect(keeper.kept.forget(written: state, count: 7) == [.text(state)])
        #expect(keeper.kept.forget(written: state, count: 4096) == [.text(state)], "it fills the page")
        try keeper.read("\(memory)/memory3/state")
        keeper.kept.note(truncated: state)
        #expect(keeper.kept.forget(written: state, count: 7) == [.attributes(state)])
    }
}

@Suite struct `Listings of directories` {
    @Test func `the same entries have the same places`() throws {
        let (one, other) = (Browser(), Browser())
        try other.session.apply(.probe(address: 4 << 30))
        let inode = try one.inode(memory)
        let parts = try [one, other].map { try $0.session.list(inode, from: 0) }
        let places = parts.map { part in
            Dictionary(
                uniqueKeysWithValues: part.entries.indices.map { (part.entries[$0].name, part.place(after: $0)) })
        }
        #expect(places[0].allSatisfy { places[1][$0.key] == $0.value && $0.value < 1 << 31 })
        #expect(places[1]["memory32"] != nil)
    }

    @Test func `every directory has its places, and each leads on`() throws {
        let session = Browser().session
        var directories = [Inode.root]
        while let directory = directories.popLast() {
            let part = try session.list(directory, from: 0)
            for index in part.entries.indices {
                let rest = try session.list(directory, from: part.place(after: index)).entries
                #expect(rest.map(\.name) == part.entries[(index + 1)...].map(\.name))
                if index > 1, part.entries[index].inode.row == 0 { directories.append(part.entries[index].inode) }
            }
        }
    }
}
