// SPDX-License-Identifier: Apache-2.0

import MachineFile
import MemoryModel
import Testing

@Suite struct `Parsing machine files` {
    @Test func `every key of a recorded machine arrives`() throws {
        let machine = try MachineFile.parse(Texts.recorded, name: "m.toml")
        #expect(machine.abi == .linux6_1)
        #expect(machine.architecture == .x86_64)
        #expect(machine.addressBits == 40)
        #expect(machine.pagingLevels == 5)
        #expect(machine.memory.count == 4)
        #expect(machine.memory[1] == .init(first: 0x9fc00, last: 0x9ffff, kind: .reserved))
        #expect(machine.affinity.last == .init(node: 1, first: 0x2_8000_0000, last: 0xc_3fff_ffff, hotplug: true))
        #expect(machine.cpus == [.init(node: 0), .init(node: 0)])
        #expect(machine.blockSize == nil)
        #expect(machine.distances == nil)
        #expect(machine.hypervisor)
        #expect(machine.slots == 32)
    }

    @Test func `a machine may have other pages than its architecture's usual ones`() throws {
        let machine = try MachineFile.parse("arch = \"arm64\"\npage_size = \"64K\"\n" + Texts.small, name: "m.toml")
        #expect(machine.pageSize == 64 << 10)
        #expect(machine.geometry.sectionSize == 512 << 20)
        #expect(Machine(booting: machine).blockSize == 512 << 20)
    }

    @Test func `a memory range alone is a machine with one processor`() throws {
        let machine = try MachineFile.parse(Texts.small, name: "m.toml")
        #expect(
            machine
                == MachineDescription(
                    memory: [.init(first: 0, last: 0x3fff_ffff, kind: .usable)], cpus: [.init(node: 0)]))
    }

    @Test func `memory can be mirrored`() throws {
        let machine = try MachineFile.parse(
            """
            memory = [{ first = 0, size = "1G", mirror = true }, { first = "1G", size = "1G", mirror = false }]
            """, name: "m.toml")
        #expect(machine.memory.map(\.isMirrored) == [true, false])
    }

    @Test func `wrong tables are taken from firmware that is known to have bugs`() throws {
        let text = """
            memory = [{ first = 0, size = "2G" }]
            affinity = [{ node = 0, first = 0, size = "1G" }, { node = 1, first = 0x3fff_ffff, size = "1G" }]
            distances = [[0, 255], [10, 9]]
            """
        #expect(Texts.error(text) != nil)
        let machine = try MachineFile.parse("firmware_bugs = true\n" + text, name: "m.toml")
        #expect(machine.hasFirmwareBugs && machine.affinity.count == 2 && machine.distances == [[0, 255], [10, 9]])
        #expect(Machine(booting: machine).nodes.map(\.id) == [NodeID(0)])
    }

    @Test func `every optional key is read`() throws {
        let machine = try MachineFile.parse(
            """
            summary = "a machine"
            cmdline = "quiet movable_node"
            arch = "ppc64"
            block_size = "0x1000000"
            hypervisor = false
            slots = 0
            distances = [[10, 20], [21, 10]]
            memory = [{ first = "1G", size = "1G" }, { first = 0, size = 0x4000_0000, type = "usable" }]
            affinity = [{ node = 0, first = 0, size = "1G" }, { node = 1, first = "1G", size = "1G", hotplug = true }]
            cpu = [{ node = 1, count = 3 }, { node = 0 }]
            """, name: "m.toml")
        #expect(machine.summary == "a machine")
        #expect(machine.commandLine == "quiet movable_node")
        #expect(machine.architecture == .ppc64)
        #expect(machine.blockSize == 16 << 20)
        #expect(!machine.hypervisor)
        #expect(machine.slots == 0)
        #expect(machine.distances == [[10, 20], [21, 10]])
        #expect(machine.cpus.map(\.node) == [1, 1, 1, 0])
        // Memory is ascending, whatever its order in the file.
        #expect(machine.memory.map(\.first) == [0, 1 << 30])
        #expect(machine.memory.map(\.last) == [(1 << 30) - 1, (2 << 30) - 1])
    }

    @Test(
        arguments: [
            ("\"128M\"", 128 << 20), ("\"2g\"", 2 << 30), ("\"0x8000000\"", 128 << 20), ("134217728", 128 << 20),
            ("0x0800_0000", 128 << 20), ("\"131072K\"", 128 << 20), ("\"0x800_0000\"", 128 << 20),
        ] as [(String, UInt64)])
    func `a size is an integer or a string`(text: String, bytes: UInt64) throws {
        let machine = try MachineFile.parse(Texts.small(with: "block_size = \(text)"), name: "m.toml")
        #expect(machine.blockSize == bytes)
    }

    @Test func `line ends, a byte order mark and comments do not matter`() throws {
        let text = "\u{FEFF}" + Texts.recorded.split(separator: "\n").joined(separator: "\r\n")
        let machine = try MachineFile.parse(text, name: "m.toml")
        #expect(machine == (try MachineFile.parse(Texts.recorded, name: "m.toml")))
    }

    @Test func `the end of the address space is no trap`() throws {
        let text = """
            address_bits = 57
            [[memory]]
            first = 0
            last = "0xffff_ffff_ffff_ffff"
            """
        let error = try #require(Texts.error(text))
        #expect(error.description.hasPrefix("m.toml:4: memory[0].last: 0xffffffffffffffff is beyond"))
        var machine = try MachineFile.parse(Texts.small, name: "m.toml")
        for kind in MachineDescription.FirmwareRange.Kind.allCases {
            machine.memory = [.init(first: 0, last: .max, kind: kind), .init(first: .max, last: .max, kind: kind)]
            #expect(throws: MachineFileError.self) { try MachineFile.check(machine, name: "m") }
        }
    }
}
