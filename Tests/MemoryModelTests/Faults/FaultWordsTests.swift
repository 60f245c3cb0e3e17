// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import MemoryModel

extension Fault {
    /// A fault as a control's line describes it.
    init(_ line: String) throws(FaultProblem) {
        var words: [FaultKey: String] = [:]
        for word in line.split(separator: " ") {
            let parts = word.split(separator: "=", maxSplits: 1).map(String.init)
            guard let key = FaultKey(rawValue: parts[0]) else { continue }
            words[key] = parts[1]
        }
        try self.init(words)
    }

    /// The line that describes it.
    var line: String { words.map { "\($0.key.rawValue)=\($0.value)" }.joined(separator: " ") }
}

extension Command {
    /// Sets a fault that a line describes.
    static func fault(_ line: String) throws -> Command { .setFault(try Fault(line)) }
}

@Suite struct `The words of a fault` {
    @Test(arguments: [
        ("kind=offline", "name=offline kind=offline errno=EBUSY next=1"),
        ("kind=online", "name=online kind=online errno=ENOMEM next=1"),
        ("kind=memmap", "name=memmap kind=memmap next=1"), ("kind=stuck", "name=stuck kind=stuck next=1"),
        ("kind=slow time=1000us", "name=slow kind=slow time=1ms next=1"),
        ("kind=delay time=2000ms", "name=delay kind=delay time=2s next=1"),
        ("kind=lose", "name=lose kind=lose next=1"), ("kind=double", "name=double kind=double next=1"),
        ("kind=reorder", "name=reorder kind=reorder time=1s next=1"),
        ("kind=flood", "name=flood kind=flood uevents=5000 next=1"),
    ])
    func `say what was not said`(line: String, all: String) throws {
        #expect(try Fault(line).line == all)
    }

    @Test(arguments: [
        "name=a kind=offline errno=EAGAIN next=2 block=34 node=1",
        "name=b kind=online errno=EHWPOISON every=3 seed=7 block=40-47", "name=c kind=slow time=250us every=1",
        "name=d kind=stuck time=3600s next=18446744073709551615", "name=e kind=offline errno=511 next=1",
        "name=f kind=flood uevents=100000 next=4 every=10 subsystem=memory action=add",
        "name=g kind=lose every=2 seed=0 block=0-4294967295 action=change",
    ])
    func `are read back as they were written`(line: String) throws {
        #expect(try Fault(line).line == line)
    }

    @Test func `a number has the name that other programs know it by`() throws {
        #expect(try Fault("kind=offline errno=16").errno == .busy)
        for name in ["eagain", "EAGAIN", "Eagain"] {
            #expect(try Fault("kind=offline errno=\(name)").line == "name=offline kind=offline errno=EAGAIN next=1")
        }
        for (name, number) in [("EPERM", 1), ("ENOTSOCK", 88), ("EHWPOISON", 133), ("ERANGE", 34)] as [(String, Int32)]
        {
            #expect(Errno(named: name)?.rawValue == number && Errno(rawValue: number).name == name)
        }
        for number in [0, 41, 58, 134, -1] as [Int32] { #expect(Errno(rawValue: number).name == "\(number)") }
        #expect(Errno(named: "-") == nil && Errno(named: "EWHATEVER") == nil && Errno(named: "") == nil)
    }

    @Test(
        arguments: [
            ("", .kind), ("kind=offlin", .kind), ("kind=offline errno=EBUSI", .errno), ("kind=offline errno=0", .errno),
            ("kind=offline errno=512", .errno), ("kind=offline errno=-16", .errno), ("kind=memmap errno=EBUSY", .errno),
            ("kind=slow", .time), ("kind=delay", .time), ("kind=slow time=10", .time), ("kind=slow time=0ms", .time),
            ("kind=slow time=3601s", .time), ("kind=slow time=ms", .time), ("kind=slow time=-1ms", .time),
            ("kind=slow time=99999999999999999999s", .time), ("kind=lose time=1ms", .time),
            ("kind=offline next=0", .next), ("kind=offline next=x", .next), ("kind=offline every=0", .every),
            ("kind=offline seed=1", .seed), ("kind=offline seed=1 next=2", .seed),
            ("kind=offline every=2 seed=-1", .seed),
            ("kind=flood uevents=0", .uevents), ("kind=flood uevents=100001", .uevents),
            ("kind=lose uevents=1", .uevents),
            ("kind=offline block=4-2", .block), ("kind=offline block=x", .block), ("kind=offline block=1-2-3", .block),
            ("kind=offline block=-", .block), ("kind=offline node=1024", .node), ("kind=lose node=1", .node),
            ("kind=lose subsystem=net", .subsystem), ("kind=offline subsystem=memory", .subsystem),
            ("kind=lose block=4 subsystem=node", .subsystem), ("kind=lose action=gone", .action),
            ("kind=slow time=1ms action=add", .action), ("kind=offline name=\"", .name),
            ("kind=offline name=" + String(repeating: "x", count: 81), .name),
        ] as [(String, FaultKey)])
    func `that describe none say which of them is wrong`(line: String, key: FaultKey) {
        #expect { try Fault(line) } throws: { ($0 as? FaultProblem)?.key == key }
    }
}

@Suite struct `When a fault strikes` {
    /// The times of some at which it does.
    private func times(_ line: String, of count: UInt64 = 60) throws -> [UInt64] {
        let fault = try Fault("kind=offline " + line)
        return (0..<count).filter(fault.strikes)
    }

    @Test func `every third time is each third one`() throws {
        #expect(try times("every=3", of: 9) == [2, 5, 8])
        #expect(try times("every=1", of: 4) == [0, 1, 2, 3])
    }

    @Test(arguments: 0..<20 as Range<UInt64>)
    func `with a seed it is one of each three, the same one each time`(seed: UInt64) throws {
        let times = try times("every=3 seed=\(seed)")
        #expect(times.map { $0 / 3 } == Array(0..<20))
        #expect(try times == self.times("every=3 seed=\(seed)"))
        #expect(Set(times.map { $0 % 3 }).count > 1, "it keeps no beat")
    }

    @Test func `another seed strikes at other times`() throws {
        let patterns = try (0..<20).map { try times("every=3 seed=\($0)") }
        #expect(Set(patterns).count == 20)
        // Each place of a group has its turn.
        let places = patterns.joined().reduce(into: [0, 0, 0]) { $0[Int($1 % 3)] += 1 }
        #expect(places.allSatisfy { (90...180).contains($0) }, "\(places)")
    }

    @Test func `next ends it, and what it could have done since is not counted`() throws {
        var active = ActiveFault(id: 1, fault: try Fault("kind=offline every=2 next=2"))
        #expect((0..<8).map { _ in active.ask() } == [false, true, false, true, false, false, false, false])
        #expect(active.asked == 4 && active.hits == 2 && active.isSpent)
    }

    @Test func `the first to strike ends it for those set later`() throws {
        var list = FaultList()
        try list.set(try Fault("name=a kind=offline next=1"))
        try list.set(try Fault("name=b kind=offline next=1"))
        #expect((0..<3).map { _ in list.strike { _ in true }?.fault.name } == ["a", "b", nil])
        #expect(list.active.map(\.asked) == [1, 1])
    }

    @Test func `setting one of the same name begins anew in its place`() throws {
        var machine = Machine(booting: Machines.oneNode())
        try machine.run(.fault("name=a kind=offline"), .fault("name=b kind=online"), .fault("name=a kind=memmap"))
        #expect(machine.faultList.map(\.fault.kind) == [.memmap, .online])
        #expect(machine.errno(of: .clearFaults(name: "c")) == .noEntry)
        try machine.run(.clearFaults(name: "a"))
        #expect(machine.faultList.map(\.fault.name) == ["b"])
        try machine.run(.clearFaults(name: nil), .clearFaults(name: nil))
        #expect(machine.faultList.isEmpty)
    }

    @Test func `there are not more than a machine can look through`() throws {
        var machine = Machine(booting: Machines.oneNode())
        for number in 0..<FaultList.most { try machine.run(.fault("name=f\(number) kind=lose")) }
        #expect(machine.errno(of: try .fault("name=more kind=lose")) == .noRoom)
        try machine.run(.fault("name=f7 kind=lose"))
    }
}
