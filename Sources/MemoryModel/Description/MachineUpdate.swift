// SPDX-License-Identifier: Apache-2.0

/// What becomes of a running machine whose file has changed: commands for what can change while it runs, and the names
/// of what cannot.
public struct MachineUpdate: Sendable, Equatable {
    /// One thing to do, under the name it has in the machine file.
    public struct Step: Sendable, Equatable {
        /// Such as `workload db`, or `cmdline memhp_default_state`.
        public let name: String
        /// What brings it about, in this order; the first that is refused ends it.
        public let commands: [Command]
        /// What brings back what was there before, should one be refused.
        public var undo: [Command] = []
    }
    /// What is done at once.
    public let steps: [Step]
    /// What is as before until the machine boots again: keys of the machine file, and words of the command line.
    public let needRestart: [String]
    /// What is wrong with the new command line, as the kernel's log would say it.
    public let complaints: [String]

    /// Compares.
    ///
    /// - Parameters:
    ///   - machine: the machine as it is now.
    ///   - current: what its file said when it was last read.
    ///   - new: what it says now. Its words of the command line count like those of a boot.
    public init(of machine: Machine, from current: MachineDescription, to new: MachineDescription) {
        let parameters = BootParameters(commandLine: new.commandLine)
        complaints = parameters.complaints
        needRestart = Self.fixed(machine.description, new)
        steps =
            Self.settings(machine, BootParameters(commandLine: current.commandLine), parameters)
            + (current.containers == new.containers
                ? [] : [Step(name: "container", commands: [.describeContainers(new.containers)])])
            + Self.workloads(machine, current.workloads, new.workloads)
            + Self.faults(machine, current.faults, new.faults)
    }

    /// The words of a command line that have files or controls to change them with, too.
    private static let settable: Set = [
        "memhp_default_state", "hotmem.migrate", "hotmem.offline_policy", "memory_hotplug.online_policy",
        "memory_hotplug.auto_movable_ratio", "memory_hotplug.auto_movable_numa_aware",
    ]

    private static func settings(_ machine: Machine, _ old: BootParameters, _ new: BootParameters) -> [Step] {
        let rules = machine.rules
        var steps: [Step] = []
        func add(_ name: String, if isChanged: Bool, _ command: Command) {
            if isChanged { steps.append(Step(name: "cmdline \(name)", commands: [command])) }
        }
        if rules.bringsAddedOnline {
            add("memhp_default_state", if: old.defaultState != new.defaultState, .setAutoOnline(new.defaultState))
        }
        if rules.hasPolicyParameters {
            let (was, will) = (old.policy, new.policy)
            add("memory_hotplug.online_policy", if: was.kind != will.kind, .setOnlinePolicy(will.kind))
            add(
                "memory_hotplug.auto_movable_ratio", if: was.autoMovableRatio != will.autoMovableRatio,
                .setAutoMovableRatio(will.autoMovableRatio))
            add(
                "memory_hotplug.auto_movable_numa_aware", if: was.autoMovableNumaAware != will.autoMovableNumaAware,
                .setAutoMovableNumaAware(will.autoMovableNumaAware))
        }
        add(
            "hotmem.offline_policy", if: old.offlinePolicy != new.offlinePolicy, .setOfflinePolicy(new.offlinePolicy))
        add(
            "hotmem.migrate", if: old.migrationPolicy != new.migrationPolicy,
            .setMigrationPolicy(new.migrationPolicy ?? rules.migrationPolicy))
        return steps
    }

    // MARK: Workloads

    /// First what goes, so that there is room; what changed goes and comes back.
    private static func workloads(_ machine: Machine, _ old: [BootWorkload], _ new: [BootWorkload]) -> [Step] {
        let names = machine.workloadList.map(\.name)
        let gone = old.filter { !new.contains($0) }
        let ends = gone.compactMap { workload -> Step? in
            // Somebody may have freed it meanwhile, through the control.
            let names = names.filter { workload.leaves($0) }
            guard !names.isEmpty else { return nil }
            return Step(name: "workload \(workload.name)", commands: names.map { .free(name: $0) })
        }
        let begins = new.filter { !old.contains($0) }.map { workload in
            let before = gone.first { $0.name == workload.name }
            return Step(
                name: "workload \(workload.name)", commands: workload.commands, undo: before?.commands ?? [])
        }
        return ends + begins
    }

    // MARK: Faults

    /// What changed is set anew, with new counts.
    private static func faults(_ machine: Machine, _ old: [Fault], _ new: [Fault]) -> [Step] {
        let names = Set(new.map(\.name))
        // Somebody may have cleared it meanwhile, through the control.
        let there = Set(machine.faultList.map(\.fault.name))
        let ends = old.map(\.name).filter { !names.contains($0) && there.contains($0) }.map { name in
            Step(name: "fault \(name)", commands: [.clearFaults(name: name)])
        }
        return ends
            + new.filter { !old.contains($0) }.map { Step(name: "fault \($0.name)", commands: [.setFault($0)]) }
    }

    // MARK: What boot made

    private static func fixed(_ booted: MachineDescription, _ new: MachineDescription) -> [String] {
        let keys: [(name: String, differs: Bool)] = [
            ("abi", booted.abi != new.abi),
            ("arch", booted.architecture != new.architecture),
            ("page_size", booted.pageSize != new.pageSize),
            ("block_size", booted.blockSize != new.blockSize),
            ("address_bits", booted.addressBits != new.addressBits),
            ("paging_levels", booted.pagingLevels != new.pagingLevels),
            ("hypervisor", booted.hypervisor != new.hypervisor),
            ("memory", booted.memory != new.memory),
            ("affinity", booted.affinity != new.affinity),
            ("cpu", booted.cpus != new.cpus),
            ("distances", booted.distances != new.distances),
            ("slots", booted.slots != new.slots),
            ("standby_config", booted.configuresStandby != new.configuresStandby),
            ("crash_hotplug", booted.hasCrashHotplug != new.hasCrashHotplug),
            ("firmware_bugs", booted.hasFirmwareBugs != new.hasFirmwareBugs),
            ("captured", booted.captured?.areas != new.captured?.areas),
            ("file", booted.captured?.records != new.captured?.records),
        ]
        let (was, will) = (bootWords(booted.commandLine), bootWords(new.commandLine))
        let added = changed(from: was, to: will)
        let removed = changed(from: will, to: was).filter { !added.contains($0) }
        return keys.filter(\.differs).map(\.name) + (added + removed).map { "cmdline \($0)" }
    }

    /// The words that are new, or at another place among those of their parameter, where the last one counts.
    private static func changed(from was: [Substring], to will: [Substring]) -> [Substring] {
        func parameter(_ word: Substring) -> Substring { word.prefix { $0 != "=" } }
        return will.indices.filter { index in
            let isAlike = { parameter($0) == parameter(will[index]) }
            let place = will[..<index].filter(isAlike).count
            let before = was.filter(isAlike)
            return place >= before.count || before[place] != will[index]
        }.map { will[$0] }
    }

    /// The words that only a boot takes note of.
    private static func bootWords(_ commandLine: String) -> [Substring] {
        commandLine.split(whereSeparator: \.isWhitespace).filter { word in
            let name = word.prefix { $0 != "=" }.map { $0 == "-" ? "_" : String($0) }.joined()
            return !settable.contains(name)
        }
    }
}

extension BootWorkload {
    /// Whether memory of that name is what it holds, or what its work left behind.
    fileprivate func leaves(_ name: String) -> Bool {
        switch self {
        case .memory(let workload, _, _): name == workload.name
        case .background(let load):
            name.hasPrefix(load.name + "-") && UInt64(name.dropFirst(load.name.count + 1)) != nil
        }
    }
}
