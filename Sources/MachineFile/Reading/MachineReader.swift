// SPDX-License-Identifier: Apache-2.0

import MemoryModel
import TOMLKit

/// Makes a machine of a parsed machine file.
struct MachineReader {
    private let root: TableReader
    private var locator: Locator

    init(table: TOMLTable, locator: Locator) {
        root = TableReader(table: table, path: "", locator: locator)
        self.locator = locator
    }

    /// The machine, checked.
    func read() throws(MachineFileError) -> MachineDescription {
        try root.expectOnly(.machine)
        let memory = try readMemory()
        let affinity = try readAffinity()
        let (cpus, cpuTables) = try readProcessors(affinity: affinity)
        var machine = MachineDescription(
            abi: try root.name("abi", of: KernelABI.self) ?? .linux6_1,
            architecture: try root.name("arch", of: Architecture.self) ?? .x86_64,
            summary: try root.string("summary") ?? "",
            commandLine: try root.string("cmdline") ?? "",
            pageSize: try root.bytes("page_size"),
            blockSize: try root.bytes("block_size"),
            addressBits: try root.integer("address_bits"),
            pagingLevels: try root.integer("paging_levels") ?? 4,
            hypervisor: try root.bool("hypervisor") ?? true,
            memory: memory,
            affinity: affinity,
            cpus: cpus,
            distances: try root.integerRows("distances"),
            slots: try root.integer("slots") ?? 32,
            workloads: try WorkloadReader(root: root).read(),
            faults: try FaultReader(root: root).read(),
            hasFirmwareBugs: try root.bool("firmware_bugs") ?? false,
            hasCrashHotplug: try root.bool("crash_hotplug") ?? true,
            configuresStandby: try root.bool("standby_config"),
            containers: try ContainerReader(root: root).read(), captured: try CapturedReader(root: root).read())
        var locator = locator
        locator.cpuTables = cpuTables
        try MachineCheck(machine: machine, locator: locator).run()
        // Only now: errors count the tables as they stand in the file.
        machine.memory.sort { $0.first < $1.first }
        return machine
    }

    private func readMemory() throws(MachineFileError) -> [MachineDescription.FirmwareRange] {
        var ranges: [MachineDescription.FirmwareRange] = []
        for table in try root.tables("memory") {
            try table.expectOnly(.memory)
            let (first, last) = try readRange(table)
            let kind = try table.name("type", of: MachineDescription.FirmwareRange.Kind.self) ?? .usable
            let isMirrored = try table.bool("mirror") ?? false
            let online = try table.name("online", of: OnlineType.self)
            ranges.append(.init(first: first, last: last, kind: kind, isMirrored: isMirrored, online: online))
        }
        return ranges
    }

    private func readAffinity() throws(MachineFileError) -> [MachineDescription.Affinity] {
        var entries: [MachineDescription.Affinity] = []
        for table in try root.tables("affinity") {
            try table.expectOnly(.affinity)
            let node = try table.requiredInteger("node")
            let (first, last) = try readRange(table)
            entries.append(.init(node: node, first: first, last: last, hotplug: try table.bool("hotplug") ?? false))
        }
        return entries
    }

    /// The processors, and the `[[cpu]]` table of each; one processor if there is no table.
    private func readProcessors(
        affinity: [MachineDescription.Affinity]
    ) throws(MachineFileError) -> ([MachineDescription.Processor], [Int]) {
        var cpus: [MachineDescription.Processor] = []
        var tableOfCPU: [Int] = []
        let tables = try root.tables("cpu")
        for (index, table) in tables.enumerated() {
            try table.expectOnly(.cpu)
            let node = try table.requiredInteger("node")
            let count = try table.integer("count") ?? 1
            guard (1...Machine.mostProcessors).contains(count) else {
                throw table.error("count", "must be 1 to \(Machine.mostProcessors), is \(count)")
            }
            guard cpus.count + count <= Machine.mostProcessors else {
                throw locator.error(table.path, "more than \(Machine.mostProcessors) processors; remove some")
            }
            cpus.append(contentsOf: repeatElement(.init(node: node), count: count))
            tableOfCPU.append(contentsOf: repeatElement(index, count: count))
        }
        guard cpus.isEmpty else { return (cpus, tableOfCPU) }
        return ([.init(node: affinity.first?.node ?? 0)], [])
    }

    private func readRange(_ table: TableReader) throws(MachineFileError) -> (first: UInt64, last: UInt64) {
        let first = try table.requiredBytes("first")
        guard table.has("size") else {
            guard let last = try table.bytes("last") else {
                throw locator.error(table.path, "needs \"last\" or \"size\"")
            }
            return (first, last)
        }
        guard !table.has("last") else { throw table.error("size", "given together with \"last\"; remove one of them") }
        let size = try table.requiredBytes("size")
        guard size > 0 else { throw table.error("size", "must not be 0; remove the table if the range is empty") }
        let (last, overflow) = first.addingReportingOverflow(size - 1)
        guard !overflow else {
            throw table.error("size", "\(first.hex) and \(size.hex) bytes are beyond 64 bits; make it smaller")
        }
        return (first, last)
    }
}
