// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import MemoryModel

extension Outcome {
    /// The uevents that are sent, in order, as `ACTION object`; a burst is one.
    var sent: [String] {
        announced.flatMap { change -> [String] in
            guard let announcement = change.announcement else { return [] }
            let word = "\(announcement.action.rawValue) \(announcement.object.path.split(separator: "/").last ?? "")"
            if case .announced(_, let times) = change, times > 1 { return ["\(times) \(word)"] }
            return [word]
        }
    }
}

@Suite struct `Uevents that a fault meets` {
    private var machine = Machine(booting: Machines.oneNode())

    /// Adds the next block.
    private func probe(_ block: UInt32) -> Command { .probe(address: UInt64(block) << 27) }

    @Test mutating func `are lost, though all else happens`() throws {
        try machine.run(.fault("kind=lose next=1"))
        let outcome = try machine.run(probe(32))
        #expect(outcome.sent == [] && outcome.changes.contains(.blockAdded(BlockID(32))))
        #expect(outcome.hits.map(\.fault.kind) == [.lose])
        #expect(try machine.run(probe(33)).sent == ["add memory33"])
        #expect(machine.counts("lose") == [1, 1])
    }

    @Test mutating func `come twice`() throws {
        try machine.run(.fault("kind=double every=2"))
        #expect(try machine.run(probe(32)).sent == ["add memory32"])
        #expect(try machine.run(probe(33)).sent == ["add memory33", "add memory33"])
    }

    @Test mutating func `come later, with the tick at whose time they are due, the earliest first`() throws {
        try machine.run(.fault("name=a kind=delay time=200ms"), .fault("name=b kind=delay time=50ms"))
        #expect(try machine.run(probe(32)).sent == [] && machine.deadline == 200)
        try machine.run(.tick(milliseconds: 100))
        #expect(try machine.run(probe(33)).sent == [] && machine.deadline == 150)
        #expect(try machine.run(probe(34)).sent == ["add memory34"])
        #expect(machine.apply(.tick(milliseconds: 49)).sent == [])
        #expect(machine.apply(.tick(milliseconds: 1)).sent == ["add memory33"])
        #expect(machine.apply(.tick(milliseconds: 500)).sent == ["add memory32"] && machine.deadline == nil)
    }

    @Test mutating func `that are due together come as they happened`() throws {
        try machine.run(.fault("kind=delay time=1500us every=1"), probe(32), probe(33), probe(34))
        #expect(machine.deadline == 2, "a part of a millisecond is one")
        #expect(machine.apply(.tick(milliseconds: 9)).sent == ["add memory32", "add memory33", "add memory34"])
    }

    @Test mutating func `come after the next one, which is not held back itself`() throws {
        try machine.run(.fault("kind=reorder every=1"))
        #expect(try machine.run(probe(32)).sent == [])
        #expect(try machine.run(probe(33)).sent == ["add memory33", "add memory32"])
        #expect(machine.counts("reorder") == [1, 1])
        // Two of one command change places, too.
        #expect(try machine.run(.plug("d", blocks: 2)).sent == ["add memory81", "add memory80"])
    }

    @Test mutating func `wait for the next one no longer than they may`() throws {
        try machine.run(.fault("kind=reorder time=300ms"), probe(32))
        #expect(machine.deadline == 300)
        #expect(machine.apply(.tick(milliseconds: 300)).sent == ["add memory32"] && machine.deadline == nil)
    }

    @Test mutating func `wait for one that is sent, not for one that is lost`() throws {
        try machine.run(.fault("kind=reorder action=add block=32"), .fault("kind=lose block=33"))
        try machine.run(probe(32))
        #expect(try machine.run(probe(33)).sent == [])
        #expect(try machine.run(probe(34)).sent == ["add memory34", "add memory32"])
    }

    @Test mutating func `come after many others`() throws {
        try machine.run(.fault("kind=flood uevents=300"))
        #expect(try machine.run(probe(32)).sent == ["300 change memory", "add memory32"])
        #expect(try machine.run(probe(33)).sent == ["add memory33"])
    }

    @Test mutating func `go when the fault that holds them is cleared`() throws {
        try machine.run(.fault("kind=delay time=1s every=1"), probe(32), .fault("name=x kind=delay time=2s next=9"))
        try machine.run(.fault("name=delay kind=offline"))
        try machine.run(probe(33))
        #expect(try machine.run(.clearFaults(name: "x")).sent == ["add memory33"])
        #expect(machine.deadline == nil)
    }

    @Test mutating func `are those that were asked for`() throws {
        try machine.run(
            .fault("name=a kind=lose every=1 action=online"), .fault("name=b kind=lose every=1 subsystem=node"),
            .fault("name=c kind=lose every=1 block=81"))
        #expect(try machine.run(.plug("d", blocks: 2)).sent == ["add memory80"])
        #expect(try machine.run(.online(80, true), .online(80, false)).sent == ["offline memory80"])
        #expect(machine.counts("a") == [1, 1] && machine.counts("b") == [1, 1] && machine.counts("c") == [1, 1])
    }

    @Test mutating func `that nobody would get anyway are not asked for`() throws {
        try machine.run(.fault("kind=lose every=1"))
        try machine.run(.uevent(.memoryRoot, .change, arguments: []), .setAutoOnline(.online))
        #expect(machine.counts("lose") == [0, 0])
        #expect(try machine.run(.uevent(.block(BlockID(1)), .change, arguments: ["SYNTH_UUID=0"])).sent == [])
        #expect(machine.counts("lose") == [1, 1])
    }

    /// What is held back is what the machine has not told yet, and all that faults of this kind change.
    @Test(arguments: 0..<6 as Range<UInt64>)
    func `are the same in the end, and nothing else is touched`(seed: UInt64) throws {
        var (plain, faulty) = (Machine(booting: Machines.oneNode()), Machine(booting: Machines.oneNode()))
        try faulty.run(
            .fault("name=d kind=delay time=700ms every=3 seed=\(seed)"),
            .fault("name=r kind=reorder time=2s every=2 seed=\(seed)"), .fault("name=l kind=lose every=5 seed=\(seed)"),
            .fault("name=t kind=double every=4 seed=\(seed)"), .fault("name=f kind=flood uevents=9 every=6"))
        var generator = RandomCommands(seed: seed, setsFaults: false)
        var (expected, told): ([String], [String]) = ([], [])
        var (lost, doubled): ([String], [String]) = ([], [])
        for _ in 0..<300 {
            let command = generator.next(for: plain)
            let (one, other) = (plain.apply(command), faulty.apply(command))
            #expect(one.refusal == other.refusal && one.waiting == other.waiting && one.finished == other.finished)
            expected += one.sent
            told += other.sent
            for hit in other.hits {
                guard case .uevent(let about) = hit.subject else { continue }
                let word = "\(about.action.rawValue) \(about.object.path.split(separator: "/").last ?? "")"
                if hit.fault.kind == .lose { lost.append(word) }
                if hit.fault.kind == .double { doubled.append(word) }
            }
        }
        told += try faulty.run(.clearFaults(name: nil)).sent
        #expect(MachineState(plain) == MachineState(faulty))
        #expect(!lost.isEmpty && !doubled.isEmpty && told.contains("9 change memory"))
        told.removeAll { $0 == "9 change memory" }
        #expect((told + lost).sorted() == (expected + doubled).sorted())
        #expect(faulty.deadline == plain.deadline)
    }
}

@Suite struct `Faults in a description` {
    @Test func `are set from boot on, and strike nothing that boot does`() throws {
        var description = Machines.oneNode("memhp_default_state=online")
        description.faults = [try Fault("kind=online every=1"), try Fault("kind=lose every=1")]
        var machine = Machine(booting: description)
        #expect(machine.faultList.map(\.asked) == [0, 0] && machine.blocks.allSatisfy(\.isOnline))
        #expect(try machine.run(.probe(address: 4 << 30)).sent == [])
        #expect(machine.block(32).state == .offline && machine.faultList.map(\.hits) == [1, 1])
    }

    @Test func `follow it when it changes`() throws {
        let faults = [try Fault("kind=online"), try Fault("kind=lose"), try Fault("kind=double")]
        var old = Machines.oneNode()
        old.faults = faults
        var new = old
        new.faults = [faults[0], try Fault("kind=lose every=2"), try Fault("kind=memmap")]
        var machine = Machine(booting: old)
        let update = MachineUpdate(of: machine, from: old, to: new)
        #expect(update.steps.map(\.name) == ["fault double", "fault lose", "fault memmap"])
        for command in update.steps.flatMap(\.commands) { try machine.run(command) }
        #expect(machine.faultList.map(\.fault) == new.faults)
        // One that somebody has cleared is not missed.
        try machine.run(.clearFaults(name: nil))
        #expect(MachineUpdate(of: machine, from: new, to: Machines.oneNode()).steps.isEmpty)
    }
}
