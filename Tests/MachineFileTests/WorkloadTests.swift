// SPDX-License-Identifier: Apache-2.0

import MachineFile
import MemoryModel
import Testing

@Suite struct `Workloads in machine files` {
    private func machine(_ workloads: String) throws -> MachineDescription {
        try MachineFile.parse("memory = [{ first = 0, size = \"1G\" }]\n" + workloads, name: "test.toml")
    }

    @Test func `are in use from boot on`() throws {
        let booted = Machine(
            booting: try machine(
                """
                [[workload]]
                name = "db"
                kind = "anon"
                pages = 20000
                pinned = 3

                [[workload]]
                name = "share"
                kind = "file"
                fs = "nfs"
                pages = 100
                block = 3
                stalled = true

                [[workload]]
                name = "bg"
                seed = 7
                pages = 5000
                steps = 50
                """))
        let database = try #require(booted.use(ofWorkload: "db"))
        #expect(database.pages == 20000 && database.pinned == 3)
        let share = try #require(booted.use(ofWorkload: "share"))
        #expect(share.isStalled && share.blocks.map(\.block) == [BlockID(3)])
        #expect(booted.workloadList.contains { $0.name.hasPrefix("bg-") })
        #expect(booted.complaints.isEmpty)
    }

    @Test func `that do not fit are complained of, and the rest boots`() throws {
        let booted = Machine(
            booting: try machine("[[workload]]\nname = \"all\"\nkind = \"anon\"\npages = 100000000\n"))
        #expect(booted.workloadList.isEmpty && booted.complaints.count == 1)
    }

    @Test(arguments: [
        ("name = \"a b\"\nkind = \"anon\"\npages = 1", "workload[0].name"),
        ("kind = \"anon\"\npages = 1", "workload[0]"),
        ("name = \"a\"\npages = 1", "workload[0]"), ("name = \"a\"\nkind = \"anon\"", "workload[0]"),
        ("name = \"a\"\nkind = \"memmap\"\npages = 1", "workload[0].kind"),
        ("name = \"a\"\nkind = \"anon\"\npages = -1", "workload[0].pages"),
        ("name = \"a\"\nkind = \"anon\"\npages = 1\npinned = 2", "workload[0].pinned"),
        ("name = \"a\"\nkind = \"anon\"\npages = 1\nfs = \"nfs\"", "workload[0].fs"),
        ("name = \"a\"\nkind = \"slab\"\npages = 1\nstalled = true", "workload[0].stalled"),
        ("name = \"a\"\nkind = \"anon\"\npages = 1\nsize = 3", "workload[0].size"),
        ("name = \"a\"\nseed = 1\npages = 1\nsteps = 0", "workload[0].steps"),
    ])
    func `that cannot be are refused, with the key`(text: String, key: String) throws {
        do {
            _ = try machine("[[workload]]\n" + text)
            Issue.record("accepted: \(text)")
        } catch let error as MachineFileError {
            #expect(error.keyPath == key && error.line != nil, "\(error)")
        }
    }
}
