// SPDX-License-Identifier: Apache-2.0

import Logging
import MachineFile
import MemoryModel
import Service
import Synchronization
import SysfsTree
import Testing

@Suite struct `Reloading a machine` {
    /// Keeps what is logged.
    private final class Lines: LogHandler, Sendable {
        let lines = Mutex<[String]>([])
        let logLevelKept = Logger.Level.debug
        var logLevel: Logger.Level {
            get { logLevelKept }
            set {}
        }
        var metadata: Logger.Metadata {
            get { [:] }
            set {}
        }
        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { nil }
            set {}
        }
        func log(event: LogEvent) { lines.withLock { $0.append("\(event.level): \(event.message)") } }
        var taken: [String] { lines.withLock { $0 } }
    }

    private let lines = Lines()
    private let booted: MachineDescription
    private let session: TreeSession
    private let reload: Reload

    init() throws {
        let lines = lines
        booted = try MachineFile.resolve("default")
        session = TreeSession(machine: Machine(booting: booted))
        reload = Reload(of: booted, logger: Logger(label: "test") { _ in lines })
    }

    private func workload(_ name: String, pages: UInt64) -> BootWorkload {
        .memory(Workload(name: name, kind: .anon, pages: pages), pinned: 0, isStalled: false)
    }

    @Test func `sets the faults of the file, and clears those that are no longer in it`() throws {
        var new = booted
        new.faults = [try Fault([.kind: "online"]), try Fault([.kind: "lose"])]
        #expect(reload.apply(new, to: session).needRestart.isEmpty)
        #expect(session.machine.faultList.map(\.fault) == new.faults)
        new.faults.removeFirst()
        #expect(reload.apply(new, to: session).refused.isEmpty)
        #expect(session.machine.faultList.map(\.fault) == new.faults)
        #expect(lines.taken.contains("notice: reloaded: fault online"))
    }

    @Test func `does what can be done and names the rest`() {
        var new = booted
        new.commandLine = "memhp_default_state=online_movable mem=plenty"
        new.blockSize = 256 << 20
        new.slots = 1
        new.workloads = [workload("db", pages: 100)]
        let left = reload.apply(new, to: session).needRestart
        #expect(left == ["block_size", "slots", "cmdline mem=plenty"])
        #expect(session.machine.autoOnline == .onlineMovable)
        #expect(session.machine.workloadList.map(\.name) == ["db"])
        #expect(
            lines.taken == [
                "warning: mem=plenty: bad value, ignored", "notice: reloaded: cmdline memhp_default_state",
                "notice: reloaded: workload db",
                "warning: block_size, slots, cmdline mem=plenty: need a boot",
            ])
        #expect(reload.apply(booted, to: session).needRestart == [])
        #expect(session.machine.autoOnline == .offline && session.machine.workloadList.isEmpty)
    }

    @Test func `says so where nothing has changed`() {
        #expect(reload.apply(booted, to: session).needRestart == [])
        #expect(lines.taken == ["notice: reloaded: nothing has changed"])
    }

    @Test func `leaves nothing half made`() throws {
        // I/O of anonymous memory is refused after its allocation.
        var new = booted
        new.workloads = [.memory(Workload(name: "db", kind: .anon, pages: 100), pinned: 0, isStalled: true)]
        for _ in 0..<2 {
            _ = reload.apply(new, to: session)
            #expect(session.machine.workloadList.isEmpty)
        }
        #expect(lines.taken.count == 2 && lines.taken.allSatisfy { $0.contains("no I/O is done") }, "\(lines.taken)")
    }

    @Test func `keeps a workload whose new form is refused`() throws {
        var (first, second) = (booted, booted)
        first.workloads = [workload("db", pages: 500)]
        second.workloads = [workload("db", pages: 123_456_789)]
        _ = reload.apply(first, to: session)
        for _ in 0..<2 {
            let left = reload.apply(second, to: session)
            #expect(left.refused == ["workload db"] && left.needRestart.isEmpty)
            #expect(session.machine.workloadList.map(\.pages) == [500])
        }
        _ = reload.apply(booted, to: session)
        #expect(session.machine.workloadList.isEmpty)
    }

    @Test func `tries again what was refused`() throws {
        var new = booted
        new.workloads = [workload("db", pages: 100)]
        try session.apply(.allocate(Workload(name: "db", kind: .anon, pages: 1)))
        _ = reload.apply(new, to: session)
        #expect(lines.taken.first?.hasPrefix("warning: not reloaded: workload db: ") == true, "\(lines.taken)")
        try session.apply(.free(name: "db"))
        _ = reload.apply(new, to: session)
        #expect(session.machine.workloadList.map(\.pages) == [100])
    }
}
