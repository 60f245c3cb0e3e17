// SPDX-License-Identifier: Apache-2.0

import MemoryModel

/// Refuses machines that cannot exist.
struct MachineCheck {
    let machine: MachineDescription
    let locator: Locator

    static let mostSlots = 256
    static let nodeNumbers = 0...1023
    static let largestBlock: UInt64 = 64 << 30

    /// Throws the first thing found wrong.
    func run() throws(MachineFileError) {
        try checkTexts()
        try checkProcessor()
        try checkPageSize()
        try checkBlockSize()
        let block = try checkMemory()
        try checkAffinity()
        try checkNodesOfProcessors()
        try checkDistances()
        try checkContainers(block: block)
    }

    private func checkTexts() throws(MachineFileError) {
        for (key, text) in [("summary", machine.summary), ("cmdline", machine.commandLine)]
        where text.unicodeScalars.contains(where: \.isControl) {
            throw locator.error(key, "must be one line without control characters")
        }
    }

    private func checkProcessor() throws(MachineFileError) {
        let mostBits = machine.architecture == .i386 ? 36 : 57
        guard (32...mostBits).contains(machine.addressBits) else {
            throw locator.error(
                "address_bits",
                "must be 32 to \(mostBits) on \(machine.architecture.rawValue), is \(machine.addressBits)")
        }
        guard machine.pagingLevels == 4 || machine.pagingLevels == 5 else {
            throw locator.error("paging_levels", "must be 4 or 5, is \(machine.pagingLevels)")
        }
        guard !machine.configuresStandby || machine.architecture == .s390x else {
            throw locator.error("standby_config", "only s390x has standby memory to configure; remove it")
        }
        guard !machine.configuresStandby || machine.abi.rules.removesMemory else {
            throw locator.error("standby_config", "\(machine.abi.rawValue) cannot give memory back; remove it")
        }
        guard (0...Self.mostSlots).contains(machine.slots) else {
            throw locator.error("slots", "must be 0 to \(Self.mostSlots), is \(machine.slots)")
        }
        guard !machine.cpus.isEmpty else { throw locator.error("cpu", "a machine needs a processor") }
        guard machine.cpus.count <= Machine.mostProcessors else {
            throw locator.error("cpu", "more than \(Machine.mostProcessors) processors; remove some")
        }
    }

    private func checkPageSize() throws(MachineFileError) {
        let possible = machine.architecture.geometries.map(\.pageSize)
        guard !possible.contains(machine.pageSize) else { return }
        let sizes = possible.sorted().map { "\($0 >> 10)K" }
        throw locator.error(
            "page_size",
            sizes.count == 1
                ? "\(machine.architecture.rawValue) has pages of \(sizes[0]) only, is \(machine.pageSize.hex)"
                : "must be \(sizes.dropLast().joined(separator: ", ")) or \(sizes[sizes.count - 1]) on \(machine.architecture.rawValue), "
                    + "is \(machine.pageSize.hex)")
    }

    private func checkBlockSize() throws(MachineFileError) {
        guard let size = machine.blockSize else { return }
        guard size.nonzeroBitCount == 1 else {
            throw locator.error("block_size", "must be a power of two, is \(size.hex)")
        }
        let section = machine.geometry.sectionSize
        guard size.isMultiple(of: section) else {
            throw locator.error(
                "block_size",
                "must be a multiple of \(machine.architecture.rawValue)'s sections, \(section >> 20)M, is \(size.hex)")
        }
        guard size <= Self.largestBlock else {
            throw locator.error("block_size", "must be at most 64G, is \(size.hex)")
        }
    }

    private func checkNodesOfProcessors() throws(MachineFileError) {
        let nodes = Set(machine.affinity.map(\.node))
        for (index, cpu) in machine.cpus.enumerated() {
            guard Self.nodeNumbers.contains(cpu.node) else {
                throw locator.error(cpu: index, "must be 0 to \(Self.nodeNumbers.upperBound), is \(cpu.node)")
            }
            if nodes.isEmpty {
                guard cpu.node == 0 else {
                    throw locator.error(cpu: index, "without [[affinity]] there is only node 0, is \(cpu.node)")
                }
            } else if !nodes.contains(cpu.node) {
                throw locator.error(cpu: index, "node \(cpu.node) has no [[affinity]] range; add one")
            }
        }
    }

    private func checkDistances() throws(MachineFileError) {
        guard let distances = machine.distances else { return }
        guard !distances.isEmpty else { throw locator.error("distances", "is empty; give a row per node or remove it") }
        guard distances.count <= Self.nodeNumbers.count else {
            throw locator.error("distances", "more than \(Self.nodeNumbers.count) rows; nodes are 0 to 1023")
        }
        for (from, row) in distances.enumerated() {
            guard row.count == distances.count else {
                throw locator.error(
                    "distances[\(from)]", "has \(row.count) columns for \(distances.count) rows; make it square")
            }
            for (to, distance) in row.enumerated() { try checkDistance(from: from, to: to, distance) }
        }
        let nodes = machine.affinity.isEmpty ? [0] : Set(machine.affinity.map(\.node))
        for node in distances.indices where !nodes.contains(node) {
            throw locator.error(
                "distances[\(node)]", "node \(node) has no [[affinity]] range; add one or remove its row and column")
        }
        for node in nodes.sorted() where !distances.indices.contains(node) {
            throw locator.error("distances", "has no row for node \(node); add it")
        }
    }

    private func checkDistance(from: Int, to: Int, _ distance: Int) throws(MachineFileError) {
        let path = "distances[\(from)][\(to)]"
        if machine.hasFirmwareBugs {
            guard (0...255).contains(distance) else {
                throw locator.error(path, "a distance is a byte, 0 to 255, is \(distance)")
            }
        } else if from == to {
            guard distance == 10 else {
                throw locator.error(path, "a node's distance to itself must be 10, is \(distance)")
            }
        } else if !(11...254).contains(distance) {
            throw locator.error(path, "the distance of two nodes must be 11 to 254, is \(distance)")
        }
    }
}
