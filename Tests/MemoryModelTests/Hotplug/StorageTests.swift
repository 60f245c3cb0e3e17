// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import MemoryModel

/// 3 GiB of an IBM Z partition in blocks 0 to 11, and 1 GiB on standby, blocks 12 to 15.
@Suite struct `Standby memory that has to be configured` {
    private static func partition(_ commandLine: String = "") -> MachineDescription {
        var description = Machines.new(Machines.mainframe)
        description.configuresStandby = true
        description.commandLine = commandLine
        return description
    }
    private var machine = Machine(booting: Self.partition())
    private let boot = BlockID(11)
    private let standby = BlockID(12)

    @Test func `is not there at boot, and not in iomem`() {
        #expect(machine.storage.map(\.id.rawValue) == Array(0...15))
        #expect(
            machine.storage.map(\.isConfigured) == Array(repeating: true, count: 12) + Array(repeating: false, count: 4)
        )
        #expect(machine.blocks.count == 12)
        #expect(machine.resources.resources.allSatisfy { $0.last < 3 << 30 })
        #expect(Machine(booting: Machines.mainframe).storage.isEmpty)
        expectInvariants(machine)
    }

    @Test mutating func `comes as an offline block, and goes when it is offline`() throws {
        let outcome = try machine.run(.configure(standby, true))
        #expect(outcome.changes.contains(.blockAdded(standby)))
        #expect(machine.block(12).state == .offline && machine.storageBlock(standby)?.isConfigured == true)
        #expect(try machine.run(.configure(standby, true)).changes.isEmpty)
        try machine.run(.state(12, .onlineMovable))
        #expect(machine.errno(of: .configure(standby, false)) == .busy)
        expectInvariants(machine)
        let gone = try machine.run(.state(12, .offline), .configure(standby, false))
        #expect(gone.changes.contains(.blockRemoved(standby)) && machine.blocks[standby] == nil)
        #expect(try machine.run(.configure(standby, false)).changes.isEmpty)
        expectInvariants(machine)
    }

    @Test mutating func `comes online by itself if that is the default`() throws {
        try machine.run(.setAutoOnline(.online), .configure(standby, true))
        #expect(machine.block(12).state == .online)
        expectInvariants(machine)
    }

    @Test mutating func `may be what booted, once that is offline`() throws {
        let movable = try #require(machine.blocks.last { $0.isBoot && !machine.holdsReserved($0) })
        #expect(machine.errno(of: .configure(movable.id, false)) == .busy)
        try machine.run(.setState(movable.id, .offline), .configure(movable.id, false))
        #expect(machine.blocks[movable.id] == nil && machine.storageBlock(movable.id)?.isConfigured == false)
        try machine.run(.configure(movable.id, true), .setState(movable.id, .online))
        #expect(machine.blocks[movable.id]?.isOnline == true)
    }

    @Test mutating func `holds its own map if it is told so in time, and the kernel may`() throws {
        #expect(machine.errno(of: .setHostsMap(standby, true)) == .notSupported)
        try machine.run(.setHostsMap(standby, false))
        machine = Machine(booting: Self.partition("memory_hotplug.memmap_on_memory=on"))
        #expect(machine.storageBlock(standby)?.hostsMap == true && machine.storageBlock(boot)?.hostsMap == false)
        #expect(machine.errno(of: .setHostsMap(boot, true)) == .busy)
        try machine.run(.configure(standby, true), .state(12, .onlineMovable))
        #expect(machine.block(12).ownMapPages == 1024)
        #expect(machine.errno(of: .setHostsMap(standby, false)) == .busy)
        try machine.run(.setHostsMap(BlockID(13), false), .configure(BlockID(13), true))
        #expect(machine.block(13).ownMapPages == 0 && machine.block(13).memoryMapOwner != nil)
        expectInvariants(machine)
    }

    @Test mutating func `is nothing else`() {
        #expect(machine.errno(of: .configure(BlockID(16), true)) == .noDevice)
        #expect(machine.errno(of: .setHostsMap(BlockID(16), false)) == .noDevice)
    }
}
