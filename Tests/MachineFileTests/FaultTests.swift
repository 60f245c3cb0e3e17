// SPDX-License-Identifier: Apache-2.0

import MachineFile
import MemoryModel
import Testing

@Suite struct `Faults in machine files` {
    private func machine(_ faults: String) throws -> MachineDescription {
        try MachineFile.parse("memory = [{ first = 0, size = \"1G\" }]\n" + faults, name: "test.toml")
    }

    @Test func `are set from boot on, in the words of the control`() throws {
        let description = try machine(
            """
            [[fault]]
            kind = "offline"
            errno = "EAGAIN"
            next = 2
            block = "3-4"

            [[fault]]
            kind = "online"
            name = "late"
            errno = 5
            every = 3
            seed = 7
            block = 8
            node = 0

            [[fault]]
            kind = "flood"
            uevents = 100
            subsystem = "memory"
            action = "add"

            [[fault]]
            kind = "slow"
            time = "10ms"
            """)
        let lines = Machine(booting: description).faultList.map { active in
            active.fault.words.map { "\($0.key.rawValue)=\($0.value)" }.joined(separator: " ")
        }
        #expect(
            lines == [
                "name=offline kind=offline errno=EAGAIN next=2 block=3-4",
                "name=late kind=online errno=EIO every=3 seed=7 block=8 node=0",
                "name=flood kind=flood uevents=100 next=1 subsystem=memory action=add",
                "name=slow kind=slow time=10ms next=1",
            ])
    }

    @Test(arguments: [
        ("", "fault[0]", 2), ("kind = \"off\"", "fault[0].kind", 3), ("kind = 7", "fault[0].kind", 3),
        ("kind = \"slow\"", "fault[0]", 2), ("kind = \"slow\"\ntime = \"10\"", "fault[0].time", 4),
        ("kind = \"slow\"\ntime = 10", "fault[0].time", 4), ("kind = \"offline\"\nnext = 0", "fault[0].next", 4),
        ("kind = \"offline\"\nnext = \"2\"", "fault[0].next", 4),
        ("kind = \"offline\"\nseed = 2", "fault[0].seed", 4),
        ("kind = \"offline\"\nevery = 2\nseed = -2", "fault[0].seed", 5),
        ("kind = \"offline\"\nerrno = \"EBUSI\"", "fault[0].errno", 4),
        ("kind = \"offline\"\nblock = -1", "fault[0].block", 4),
        ("kind = \"offline\"\nblock = true", "fault[0].block", 4),
        ("kind = \"lose\"\nnode = 0", "fault[0].node", 4), ("kind = \"lose\"\naction = \"gone\"", "fault[0].action", 4),
        ("kind = \"lose\"\nname = \"a b\"", "fault[0].name", 4), ("kind = \"lose\"\nnexte = 1", "fault[0].nexte", 4),
        ("kind = \"lose\"\n[[fault]]\nkind = \"lose\"", "fault[1].kind", 5),
        ("kind = \"lose\"\n[[fault]]\nkind = \"double\"\nname = \"lose\"", "fault[1].name", 6),
    ])
    func `that cannot be are refused, with the key and the line`(text: String, key: String, line: Int) throws {
        do {
            _ = try machine("[[fault]]\n" + text)
            Issue.record("accepted: \(text)")
        } catch let error as MachineFileError {
            #expect(error.keyPath == key && error.line == line, "\(error)")
        }
    }
}
