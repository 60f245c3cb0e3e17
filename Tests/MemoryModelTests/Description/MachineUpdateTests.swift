// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import MemoryModel

@Suite struct `A machine file that changed` {
    private let booted = Machines.containers("memhp_default_state=offline movable_node")

    private func update(
        _ machine: Machine? = nil, from current: MachineDescription? = nil, _ change: (inout MachineDescription) -> Void
    ) -> MachineUpdate {
        var new = booted
        change(&new)
        return MachineUpdate(of: machine ?? Machine(booting: booted), from: current ?? booted, to: new)
    }

    private func memory(_ name: String, pages: UInt64 = 10, pinned: UInt64 = 0) -> BootWorkload {
        .memory(Workload(name: name, kind: .anon, pages: pages), pinned: pinned, isStalled: false)
    }

    @Test func `asks for nothing where nothing that counts differs`() {
        let update = update { $0.summary = "another name" }
        #expect(update.steps.isEmpty && update.needRestart.isEmpty && update.complaints.isEmpty)
    }

    @Test func `names everything that boot made`() {
        let update = update {
            $0.abi = .linux3_8
            $0.architecture = .arm64
            $0.pageSize = 64 << 10
            $0.blockSize = 1 << 30
            $0.addressBits -= 1
            $0.pagingLevels = 4
            $0.hypervisor.toggle()
            $0.memory.removeLast()
            $0.affinity.removeLast()
            $0.cpus.append(.init(node: 0))
            $0.distances = [[11]]
            $0.slots += 1
            $0.configuresStandby.toggle()
            $0.hasCrashHotplug.toggle()
            $0.hasFirmwareBugs.toggle()
            $0.captured = CapturedFiles(areas: ["/proc"], records: [.init(PathPattern(path: "/proc/x"), .absent)])
        }
        #expect(update.steps.isEmpty)
        #expect(
            update.needRestart == [
                "abi", "arch", "page_size", "block_size", "address_bits", "paging_levels", "hypervisor", "memory",
                "affinity", "cpu", "distances", "slots", "standby_config", "crash_hotplug", "firmware_bugs", "captured",
                "file",
            ])
        // A property that is added to a description has to be thought of here; what was captured has two keys.
        #expect(Mirror(reflecting: booted).children.count == update.needRestart.count + 4)
    }

    @Test func `sets what the command line sets and files do too`() {
        let update = update {
            $0.commandLine = """
                memhp_default_state=online movable-node memory_hotplug.online_policy=auto-movable hotmem.migrate=near \
                memory_hotplug.auto_movable_ratio=100 memory-hotplug.auto_movable_numa_aware=n \
                hotmem.offline_policy=booked
                """
        }
        #expect(
            update.steps.flatMap(\.commands) == [
                .setAutoOnline(.online), .setOnlinePolicy(.autoMovable), .setAutoMovableRatio(100),
                .setAutoMovableNumaAware(false), .setOfflinePolicy(.booked), .setMigrationPolicy(.near),
            ])
        #expect(update.steps.first?.name == "cmdline memhp_default_state")
    }

    @Test func `goes back to what the kernel does by itself where a word is gone`() {
        var current = booted
        current.commandLine = "movable_node memhp_default_state=online hotmem.migrate=near"
        let update = update(from: current) { $0.commandLine = "movable_node" }
        #expect(update.steps.flatMap(\.commands) == [.setAutoOnline(.offline), .setMigrationPolicy(.away)])
        #expect(update.needRestart.isEmpty)
    }

    @Test func `names the words that only a boot takes note of`() {
        let update = update { $0.commandLine = "kernelcore=2G memory_hotplug.memmap_on_memory=1 mem=plenty" }
        #expect(
            update.needRestart == [
                "cmdline kernelcore=2G", "cmdline memory_hotplug.memmap_on_memory=1", "cmdline mem=plenty",
                "cmdline movable_node",
            ])
        #expect(update.complaints == ["mem=plenty: bad value, ignored"])
        #expect(update.steps.isEmpty)
    }

    @Test func `notices another order of a parameter's words, where the last one counts`() {
        var booted = booted
        booted.commandLine = "quiet mem=1G movable_node mem=2G"
        func restarts(_ words: String) -> [String] {
            var new = booted
            new.commandLine = words
            return MachineUpdate(of: Machine(booting: booted), from: booted, to: new).needRestart
        }
        #expect(restarts("quiet mem=2G movable_node mem=1G") == ["cmdline mem=2G", "cmdline mem=1G"])
        #expect(restarts("mem=1G mem=2G movable_node quiet").isEmpty)
        #expect(restarts("quiet mem=1G movable_node") == ["cmdline mem=2G"])
    }

    @Test func `says again what needs a restart, and does again nothing`() {
        var current = booted
        (current.slots, current.commandLine) = (9, "movable_node memhp_default_state=online")
        let update = update(from: current) { $0 = current }
        #expect(update.steps.isEmpty)
        #expect(update.needRestart == ["slots"])
    }

    @Test func `frees workloads before it starts others`() {
        var current = booted
        current.workloads = [memory("stays"), memory("goes"), memory("changes")]
        let update = MachineUpdate(
            of: Machine(booting: current), from: current,
            to: {
                var new = current
                new.workloads = [memory("comes", pinned: 3), memory("changes", pages: 20), memory("stays")]
                return new
            }())
        #expect(
            update.steps == [
                .init(name: "workload goes", commands: [.free(name: "goes")]),
                .init(name: "workload changes", commands: [.free(name: "changes")]),
                .init(
                    name: "workload comes",
                    commands: [
                        .allocate(Workload(name: "comes", kind: .anon, pages: 10)),
                        .pin(name: "comes", pages: 3, true),
                    ]),
                .init(
                    name: "workload changes",
                    commands: [.allocate(Workload(name: "changes", kind: .anon, pages: 20))],
                    undo: [.allocate(Workload(name: "changes", kind: .anon, pages: 10))]),
            ])
    }

    @Test func `frees what a background left, and not what somebody freed`() throws {
        var current = booted
        let load = BackgroundLoad(name: "noise", seed: 3, pages: 400, steps: 60)
        current.workloads = [.background(load), memory("gone"), memory("noise-maker")]
        var machine = Machine(booting: current)
        try machine.run(.free(name: "gone"))
        let update = update(machine, from: current) { _ in }
        for step in update.steps { for command in step.commands { try machine.run(command) } }
        #expect(update.steps.map(\.name) == ["workload noise", "workload noise-maker"])
        #expect(machine.workloadList.isEmpty)
    }

    @Test func `tells of other containers`() throws {
        let container = MachineDescription.Container(name: "new", node: 1, dimms: [1 << 30])
        let update = update { $0.containers = [container] }
        var machine = Machine(booting: booted)
        #expect(machine.knownContainers == booted.containers)
        for step in update.steps { for command in step.commands { try machine.run(command) } }
        #expect(update.steps.map(\.name) == ["container"] && machine.knownContainers == [container])
    }

    @Test func `knows what an older kernel has not`() {
        let old = Machines.old(booted)
        var new = old
        new.commandLine = "movable_node memhp_default_state=online memory_hotplug.online_policy=auto-movable"
        #expect(MachineUpdate(of: Machine(booting: old), from: old, to: new).steps.isEmpty)
    }
}
