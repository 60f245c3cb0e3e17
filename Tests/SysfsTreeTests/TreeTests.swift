// SPDX-License-Identifier: Apache-2.0

import MemoryModel
import Testing

@testable import SysfsTree

@Suite struct `The tree` {
    @Test(arguments: Machines.all.indices)
    func `every entry is what looking it up finds, under one name`(index: Int) throws {
        let browser = Machines.busy(index)
        let machine = browser.session.machine
        var names: [Inode: Set<String>] = [:]
        try browser.walk { path, parent, entry in
            #expect(names[parent, default: []].insert(entry.name).inserted, "\(path) is there twice")
            let found = try browser.session.lookup(entry.name, in: parent)
            #expect(found == entry.inode, "\(path)")
            #expect(Tree.attributes(of: entry.inode, in: machine).mode & 0o170000 == entry.type, "\(path)")
            #expect(Tree.exists(entry.inode, in: machine), "\(path)")
        }
        #expect(names.count > 30)
    }

    @Test(arguments: Machines.all.indices)
    func `an inode's number leads back to it, and no two files have the same`(index: Int) throws {
        let browser = Machines.busy(index)
        var paths: [UInt64: String] = [Inode.root.number: "/"]
        try browser.walk { path, _, entry in
            #expect(Inode(entry.inode.number) == entry.inode, "\(path)")
            let other = paths.updateValue(path, forKey: entry.inode.number)
            #expect(other == nil, "\(path) has the number of \(other ?? "")")
        }
        #expect(Inode.root.number == 1)
    }

    @Test(arguments: Machines.all.indices)
    func `a file's or a directory's inode says its path`(index: Int) throws {
        let browser = Machines.busy(index)
        try browser.walk { path, _, entry in
            guard entry.type != Tree.linkType else { return }
            #expect(Tree.path(of: entry.inode, in: browser.session.machine) == path)
        }
    }

    @Test(arguments: [0, 0xff, 0x2a << 8 | 1, 0xff << 8 | 2, .max] as [UInt64])
    func `a number that no inode has is none`(number: UInt64) {
        #expect(Inode(number) == nil)
    }

    @Test(arguments: Machines.all.indices)
    func `every file's text ends with a newline or is empty, and an attribute's fits a page`(index: Int) throws {
        let browser = Machines.busy(index)
        var read = 0
        try browser.walk { path, _, entry in
            guard entry.type == Tree.fileType, let row = Tree.row(entry.inode), let show = row.show else { return }
            let text: String
            do throws(Refusal) { text = try show(browser.session.machine, entry.inode.key) } catch {
                #expect(error.errno == .inputOutput && entry.name == "autosuspend_delay_ms", "\(path): \(error)")
                return
            }
            #expect(text.isEmpty || text.hasSuffix("\n"), "\(path)")
            if case .file(_, .attribute) = row.kind { #expect(text.utf8.count <= 4096, "\(path)") }
            read += 1
        }
        #expect(read > 100)
    }

    @Test(arguments: DirectoryKind.allCases)
    func `a file's mode says what it can do`(kind: DirectoryKind) {
        for row in Tree.table(kind).rows {
            guard case .file(let mode, let style) = row.kind else { continue }
            #expect(mode & ~0o666 == 0, "\(row.name)")
            // What events reads, and what it takes, is not the machine's.
            let canBeRead = row.show != nil || style == .events
            #expect((mode & 0o444 != 0) == canBeRead, "\(row.name)")
            #expect((mode & 0o222 != 0) == (row.store != nil || style == .events), "\(row.name)")
            if style == .attribute, mode != 0o600 { #expect(mode & 0o022 == 0, "\(row.name): only root writes") }
        }
    }

    @Test(arguments: Machines.all.indices)
    func `every link leads to something in the tree`(index: Int) throws {
        let browser = Machines.busy(index)
        var links = 0
        try browser.walk { path, _, entry in
            guard let target = Tree.target(of: entry.inode, in: browser.session.machine) else { return }
            var trail = path.split(separator: "/").map(String.init).dropLast()
            for name in target.split(separator: "/").map(String.init) {
                if name == ".." { trail.removeLast() } else { trail.append(name) }
            }
            let found = browser.errno { (browser) throws(Refusal) in _ = try browser.inode(trail.joined(separator: "/"))
            }
            #expect(found == nil, "\(path) -> \(target)")
            links += 1
        }
        #expect(links > 10)
    }

    @Test(arguments: Machines.all.indices)
    func `a directory has two links and one for each directory in it`(index: Int) throws {
        let browser = Machines.busy(index)
        let machine = browser.session.machine
        try browser.walk { path, _, entry in
            let attributes = Tree.attributes(of: entry.inode, in: machine)
            guard entry.type == Tree.directoryType else {
                #expect(attributes.links == 1, "\(path)")
                if entry.type == Tree.linkType {
                    #expect(attributes.size == 0 && attributes.mode & 0o777 == 0o777, "\(path)")
                }
                return
            }
            let inside = try Tree.entries(of: entry.inode, in: machine).filter { $0.type == Tree.directoryType }
            #expect(attributes.links == UInt32(2 + inside.count) && attributes.size == 0, "\(path)")
        }
    }

    @Test func `what is not there is ENOENT, and what is no directory ENOTDIR`() {
        let browser = Browser()
        for path in [
            "sys/x", "sys/devices/system/memory/memory99", "sys/devices/system/memory/memory01",
            "sys/devices/system/node/node1",
        ] {
            #expect(browser.errno { (browser) throws(Refusal) in _ = try browser.inode(path) } == .noEntry, "\(path)")
        }
        #expect(browser.errno { (browser) throws(Refusal) in _ = try browser.inode("proc/meminfo/x") } == .notDirectory)
    }

    @Test(
        arguments: [
            ("0", 0), ("7", 7), ("4294967295", .max), ("4294967296", nil), ("07", nil), ("", nil), ("+7", nil),
            ("7 ", nil),
            ("x", nil), ("７", nil), ("-1", nil),
        ] as [(String, UInt32?)])
    func `a name's number is plain decimal`(digits: String, value: UInt32?) {
        #expect(number(in: "memory" + digits, after: "memory") == value)
        #expect(number(in: "cpu" + digits, after: "memory") == nil)
    }
}
