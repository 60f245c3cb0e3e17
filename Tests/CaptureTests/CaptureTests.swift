// SPDX-License-Identifier: Apache-2.0

import Capture
import MachineFile
import MemoryModel
import SysfsTree
import Testing

@Suite struct `Captures of real machines` {
    /// What a machine shows that boots from the capture of a tree.
    private func reshown(_ tree: FileTree, _ hints: Capture.Hints = .init()) throws -> (FileTree, Capture) {
        let capture = try Capture(of: tree, name: "copy", hints: hints)
        let machine = try MachineFile.parse(capture.text, name: "capture")
        #expect(machine == capture.machine)
        let session = TreeSession(machine: Machine(booting: machine))
        return (FileTree(of: session, areas: FileTree.areas(of: machine)), capture)
    }

    /// The same, with nothing in what cannot be read, and no permissions.
    private func plain(_ tree: FileTree) -> FileTree {
        switch tree {
        case .link: tree
        case .file(let content, _): .file(.bytes(content.plain), mode: 0)
        case .directory(let members, _): .directory(members.mapValues(plain), mode: 0)
        }
    }

    private static let copies: [(name: String, tree: FileTree)] = [
        ("one block", Copies.tree([.init(number: 0, zones: "none")])),
        ("x86_64", Copies.tree(Copies.usual(0..<24) + Copies.usual(32..<64))),
        ("high blocks", Copies.tree((8192..<8230).map { .init(number: $0, zones: $0 < 8200 ? "DMA" : "Normal") })),
        ("POWER", Copies.tree(blockSize: 16 << 20, (0..<40).map { .init(number: $0) })),
        (
            "no node at first",
            Copies.tree(
                Copies.usual(0..<9).map { block in
                    var block = block
                    if block.number < 3 { block.nodes = [] }
                    return block
                })
        ),
        (
            "two nodes",
            Copies.tree(
                (0..<20).map {
                    .init(number: $0, zones: $0 == 0 ? "none" : "DMA32", nodes: $0 < 9 ? [0] : $0 == 9 ? [0, 3] : [3])
                })
        ),
        (
            "offline and movable",
            Copies.tree(
                Copies.usual(0..<24)
                    + (32..<50).map {
                        .init(
                            number: $0, state: $0 < 36 ? "offline" : $0 == 49 ? "going-offline" : "online",
                            zones: $0 < 36 ? "Movable Normal" : "Movable")
                    })
        ),
        ("only movable", Copies.tree((1..<9).map { .init(number: $0, zones: "Movable") })),
        (
            "not removable",
            Copies.tree(
                Copies.usual(0..<24).map { block in
                    var block = block
                    block.removable = block.number.isMultiple(of: 3) ? "0" : "1"
                    return block
                })
        ),
    ]

    @Test(arguments: copies.map(\.name))
    func `show what they were made of`(name: String) throws {
        let tree = try #require(Self.copies.first { $0.name == name }).tree
        let (shown, capture) = try reshown(tree)
        #expect(plain(shown) == plain(tree))
        #expect(capture.fileCount == tree.fileCount)
        #expect(capture.simulatedCount > tree.fileCount / 2)
    }

    @Test func `keep files that no simulator knows, and lack what was not there`() throws {
        var tree = Copies.tree(Copies.usual(0..<9))
        tree.put(Copies.file("\0\u{1}{*\\\"\n"), at: "\(Copies.memory)/odd \"na{me*\\")
        tree.put(Copies.file("deep"), at: "\(Copies.memory)/memory3/a/b/c")
        tree.put(.empty, at: "\(Copies.memory)/empty")
        tree.put(.file(.bytes([0xff, 0xfe]), mode: 0o644), at: "\(Copies.memory)/bytes")
        let (shown, _) = try reshown(tree)
        #expect(plain(shown) == plain(tree))
        #expect(shown["\(Copies.memory)/probe"] == nil)
    }

    @Test func `take a live machine's permissions and errors as they are`() throws {
        var tree = Copies.tree(Copies.usual(0..<9))
        tree.put(.file(.writeOnly, mode: 0o200), at: "\(Copies.memory)/probe")
        tree.put(.file(.unreadable(.noDevice), mode: 0o400), at: "\(Copies.memory)/broken")
        let (shown, _) = try reshown(tree, .init(isLive: true))
        #expect(shown == tree)
    }

    @Test func `boot to the zones and states that the blocks were in`() throws {
        let tree = try #require(Self.copies.first { $0.name == "offline and movable" }).tree
        let machine = Machine(booting: try Capture(of: tree, name: "copy", hints: .init()).machine)
        #expect(machine.blocks[BlockID(33)]?.state == .offline)
        #expect(machine.blocks[BlockID(40)]?.zone == .movable)
        #expect(machine.blocks[BlockID(5)]?.zone == .dma32)
    }

    @Test func `keep blocks from going offline that were not removable`() throws {
        let tree = try #require(Self.copies.first { $0.name == "not removable" }).tree
        var machine = Machine(booting: try Capture(of: tree, name: "copy", hints: .init()).machine)
        #expect(machine.apply(.setState(BlockID(9), .offline)).refusal?.errno == .busy)
        #expect(machine.apply(.setState(BlockID(10), .offline)).refusal == nil)
    }

    @Test func `find the architecture in what only one of them has`() throws {
        func architecture(_ tree: FileTree) throws -> Architecture {
            try Capture(of: tree, name: "copy", hints: .init()).machine.architecture
        }
        #expect(try architecture(Copies.tree(Copies.usual(0..<9))) == .x86_64)
        #expect(try architecture(Copies.tree((8192..<8200).map { .init(number: $0, zones: "DMA") })) == .arm64)
        let large = (0..<9).map { Copies.Block(number: $0, zones: $0 < 8 ? "DMA" : "Normal") }
        #expect(try architecture(Copies.tree(blockSize: 256 << 20, large)) == .s390x)
        #expect(try architecture(Copies.tree(blockSize: 16 << 20, (0..<9).map { .init(number: $0) })) == .ppc64)
        var told = Copies.tree(Copies.usual(0..<9))
        told.put(Copies.file("processor : 0\nCPU implementer : 0x41\n"), at: "/proc/cpuinfo")
        #expect(try architecture(told) == .arm64)
    }

    @Test func `set what happens to blocks that come`() throws {
        var tree = Copies.tree(Copies.usual(0..<9))
        tree.put(Copies.file("online_movable\n", mode: 0o644), at: "\(Copies.memory)/auto_online_blocks")
        tree.put(.file(.writeOnly, mode: 0o200), at: "\(Copies.memory)/probe")
        var machine = Machine(booting: try Capture(of: tree, name: "copy", hints: .init()).machine)
        #expect(machine.apply(.probe(address: 5 << 30)).refusal == nil)
        #expect(machine.blocks[BlockID(40)]?.zone == .movable)
    }

    @Test func `are of what was captured, and nothing beside it`() throws {
        var tree = Copies.tree(Copies.usual(0..<9))
        tree.put(Copies.file("MemTotal: 1 kB\n"), at: "/proc/meminfo")
        let (shown, capture) = try reshown(tree)
        #expect(capture.machine.captured?.areas == [Copies.memory, "/proc/meminfo"])
        #expect(shown.text("/proc/meminfo") == "MemTotal: 1 kB")
        let session = TreeSession(machine: Machine(booting: capture.machine))
        #expect(session.has("/sys/devices/system/node/node0"))
        #expect(!session.has("/sys/module/memory_hotplug"))
    }

    @Test func `know the storage of IBM Z that is not configured`() throws {
        var tree = Copies.tree(
            blockSize: 256 << 20,
            (0..<10).map { .init(number: $0, state: $0 == 9 ? "offline" : "online", zones: "DMA") })
        for number in 0..<12 {
            let path = "/sys/firmware/memory/memory\(number)"
            tree.put(Copies.file(number < 10 ? "1\n" : "0\n", mode: 0o644), at: "\(path)/config")
            tree.put(Copies.file("0\n", mode: 0o644), at: "\(path)/memmap_on_memory")
        }
        let (shown, capture) = try reshown(tree, .init(architecture: .s390x, abi: .linux6_18))
        #expect(plain(shown) == plain(tree))
        var machine = Machine(booting: capture.machine)
        #expect(machine.blocks[BlockID(9)]?.state == .offline && machine.blocks[BlockID(10)] == nil)
        #expect(machine.apply(.configure(BlockID(10), true)).refusal == nil)
        #expect(machine.blocks[BlockID(10)]?.state == .offline)
    }

    @Test func `may have nodes of which no block is`() throws {
        var tree = Copies.tree(Copies.usual(0..<9))
        for (node, distance) in [(0, "10 21 17\n"), (1, "21 10 28\n"), (2, "17 28 10\n")] {
            let path = "/sys/devices/system/node/node\(node)"
            tree.put(Copies.file(node == 1 ? "0-1\n" : "\n"), at: "\(path)/cpulist")
            tree.put(Copies.file(distance), at: "\(path)/distance")
            tree.put(Copies.file("Node \(node) MemTotal: 7 kB\n"), at: "\(path)/meminfo")
        }
        let (shown, capture) = try reshown(tree)
        #expect(plain(shown) == plain(tree))
        #expect(capture.machine.distances?[2] == [17, 28, 10])
        // Memory may come to the node, and it is then the simulator's, with what was captured over it.
        let session = TreeSession(machine: Machine(booting: capture.machine))
        let node = try session.lookup("node2", in: try inode("/sys/devices/system/node", session))
        #expect(try session.entries(of: node).count == 3)
        let range = try #require(capture.machine.affinity.first { $0.node == 2 })
        _ = try session.apply(.plug(id: "d", size: range.last - range.first + 1, node: NodeID(2)))
        let grown = try inode("/sys/devices/system/node/node2", session)
        #expect(try session.entries(of: grown).count { $0.name.hasPrefix("memory") } == 1)
    }

    private func inode(_ path: String, _ session: TreeSession) throws -> Inode {
        try path.pathNames.reduce(Inode.root) { try session.lookup($1, in: $0) }
    }

    @Test func `may be nested deeply, and have names that join with what is beside them`() throws {
        var tree = Copies.tree(Copies.usual(0..<9))
        tree.put(Copies.file("deep\n"), at: Copies.memory + String(repeating: "/d", count: 60) + "/file")
        tree.put(Copies.file("odd\n"), at: "\(Copies.memory)/a\u{600}/\u{301}x")
        tree.put(Copies.file("x\n"), at: "/sys/README")
        tree.put(Copies.file("x\n"), at: "/sys/made/up/directory/of/files")
        tree.put(.empty, at: "/sys/firmware/nothing")
        tree.put(.empty, at: "/proc")
        let (shown, _) = try reshown(tree)
        #expect(plain(shown) == plain(tree.withoutEmpty("proc")))
    }
}

extension FileTree {
    fileprivate func withoutEmpty(_ name: String) -> FileTree {
        guard case .directory(var members, let mode) = self else { return self }
        members[name] = nil
        return .directory(members, mode: mode)
    }
}
