// SPDX-License-Identifier: Apache-2.0
// swift-format-ignore-file: NeverForceUnwrap

import MemoryModel

@testable import SysfsTree

/// A machine's tree, walked by path, as its users see it.
struct Browser {
    let session: TreeSession

    init(_ description: MachineDescription = Machines.default) {
        session = TreeSession(machine: Machine(booting: description))
    }

    /// What a path without links leads to.
    func inode(_ path: String) throws(Refusal) -> Inode {
        var inode = Inode.root
        for name in path.split(separator: "/") { inode = try session.lookup(String(name), in: inode) }
        return inode
    }

    func open(_ path: String, reading: Bool = true, writing: Bool = false) throws(Refusal) -> UInt64 {
        try session.open(try inode(path), reading: reading, writing: writing)
    }

    /// Bytes at an offset of an open file.
    func read(_ handle: UInt64, at offset: Int = 0, count: Int = 1 << 16) throws(Refusal) -> String {
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: count, alignment: 1)
        defer { buffer.deallocate() }
        let got = try session.read(handle, at: offset, into: buffer)
        return String(decoding: buffer.prefix(got), as: UTF8.self)
    }

    /// A file's text.
    func text(_ path: String) throws(Refusal) -> String {
        let handle = try open(path)
        defer { session.close(handle) }
        return try read(handle)
    }

    /// One write; returns how many bytes were taken.
    @discardableResult
    func write(_ path: String, _ text: String) throws(Refusal) -> Int { try write(try inode(path), text) }

    @discardableResult
    func write(_ inode: Inode, _ text: String) throws(Refusal) -> Int {
        guard case .taken(let count) = try store(inode, text) else { throw Refusal(.interrupted, "the write waits") }
        return count
    }

    /// One write, which may have to wait.
    func store(_ inode: Inode, _ text: String) throws(Refusal) -> TreeSession.WriteResult {
        var result = Result<TreeSession.WriteResult, Refusal>.success(.taken(0))
        Array(text.utf8).withUnsafeBytes { bytes in
            do throws(Refusal) { result = .success(try session.write(inode, bytes)) } catch { result = .failure(error) }
        }
        return try result.get()
    }

    /// The errno something is refused with, or nil.
    func errno(_ body: (Browser) throws(Refusal) -> Void) -> Errno? {
        do throws(Refusal) { try body(self) } catch { return error.errno }
        return nil
    }

    /// Everything in the tree, with its path.
    func walk(_ visit: (String, Inode, Tree.Entry) throws -> Void) throws {
        func walk(_ path: String, _ inode: Inode) throws {
            for entry in try Tree.entries(of: inode, in: session.machine) {
                try visit(path + "/" + entry.name, inode, entry)
                if entry.type == Tree.directoryType { try walk(path + "/" + entry.name, entry.inode) }
            }
        }
        try walk("", .root)
    }
}

/// The machines whose trees are looked at.
enum Machines {
    private typealias Range = MachineDescription.FirmwareRange
    private static let GiB: UInt64 = 1 << 30

    private static func memory(to end: UInt64) -> [MachineDescription.FirmwareRange] {
        [
            Range(first: 0, last: 0x9fbff, kind: .usable), Range(first: 0x9fc00, last: 0x9ffff, kind: .reserved),
            Range(first: 0x100000, last: end - 1, kind: .usable),
        ]
    }

    /// 1 GiB and two processors on node 0; node 1 is only a hot-pluggable range at 10 GiB.
    static let `default` = MachineDescription(
        addressBits: 40, memory: memory(to: GiB),
        affinity: [
            .init(node: 0, first: 0, last: 3 * GiB - 1),
            .init(node: 1, first: 10 * GiB, last: 49 * GiB - 1, hotplug: true),
        ],
        cpus: [.init(node: 0), .init(node: 0)], slots: 4)

    /// A border between nodes within block 12, and a node without memory.
    static let sharedBlock = MachineDescription(
        addressBits: 40, memory: memory(to: 2 * GiB),
        affinity: [
            .init(node: 0, first: 0, last: (1600 << 20) - 1), .init(node: 1, first: 1600 << 20, last: 2 * GiB - 1),
            .init(node: 2, first: 8 * GiB, last: 16 * GiB - 1, hotplug: true),
        ],
        cpus: [.init(node: 0), .init(node: 1), .init(node: 0)], slots: 3)

    /// As ``default``, with a container that brings node 1.
    static let containers: MachineDescription = {
        var machine = `default`
        machine.containers = [.init(name: "node1", node: 1, cpus: 2, dimms: [256 << 20, 128 << 20])]
        return machine
    }()

    static let all: [(name: String, description: MachineDescription)] = [
        ("default", `default`), ("shared block", sharedBlock),
        (
            "POWER",
            MachineDescription(architecture: .ppc64, memory: [Range(first: 0, last: (512 << 20) - 1, kind: .usable)])
        ),
        (
            "IBM Z",
            MachineDescription(
                architecture: .s390x,
                memory: [
                    Range(first: 0, last: 2 * GiB - 1, kind: .usable),
                    Range(first: 2 * GiB, last: 3 * GiB - 1, kind: .standby),
                ])
        ),
        ("HighMem", MachineDescription(architecture: .i386, memory: memory(to: GiB))),
        ("Linux 3.8", old),
        ("containers", containers),
    ]

    /// The default machine with an older kernel.
    static var old: MachineDescription {
        var description = `default`
        description.abi = .linux3_8
        return description
    }

    /// A machine in use: blocks in all states and zones, a device, a workload, a broken page.
    static func busy(_ index: Int) -> Browser {
        let browser = Browser(all[index].description)
        let machine = browser.session.machine
        let top = machine.blocks.last!.id.rawValue
        let commands: [Command] = [
            .plug(id: "d1", size: 2 * machine.blockSize, node: machine.nodes.last!.id),
            .probe(address: UInt64(top + 1) * machine.blockSize), .probe(address: UInt64(top + 2) * machine.blockSize),
            .setState(BlockID(top + 1), .online), .setState(BlockID(top + 2), .onlineMovable),
            .setState(BlockID(2), .offline), .injectError(.goingOffline, Errno(rawValue: 5)),
            .allocate(Workload(name: "w", kind: .kernel, block: BlockID(3), pages: 7)),
            .softOffline(address: UInt64(top + 1) * machine.blockSize), .setAutoprobe(.node, false),
            .setRuntimePower(.block(BlockID(1)), allowed: false),
            .plugContainer(.init(name: "c1", node: 1, cpus: 2, dimms: [machine.blockSize])),
            .plugContainer(.init(name: "c2", kind: .extended, node: machine.nodes[0].id.rawValue, cpus: 1)),
            .setProcessorOnline(3, true),
        ]
        // Not every machine has everything.
        for command in commands { _ = try? browser.session.apply(command) }
        return browser
    }
}
