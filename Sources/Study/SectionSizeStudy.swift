// SPDX-License-Identifier: Apache-2.0

public import MemoryModel
import Picture

/// How large a section should be, on a machine with a load (seed 004: smaller than the holes, so that they waste no
/// memory map; large enough, so that the section array stays small).
///
/// What sections cost follows from the firmware's memory map. What they are worth is measured: the machine boots with
/// blocks of that size, works for a while, and then each block is taken offline, as far as that succeeds.
public struct SectionSizeStudy: Sendable {
    /// Bytes of `struct mem_section`: two words, as in include/linux/mmzone.h of Linux 6.1 for 64 bits without
    /// CONFIG_PAGE_EXTENSION.
    public static let sectionEntrySize: UInt64 = 16
    /// Bytes of `struct page`, as Linux 6.1 has it for 64 bits.
    public static let pageEntrySize: UInt64 = 64
    /// The sizes compared: 16 MiB to 4 GiB.
    public static let sizes: [UInt64] = (24...32).map { 1 << $0 }

    /// Pages of a machine that are allocated and freed at random, at most; on a large machine, one process on each node
    /// has the rest of the load, so that time does not grow with memory.
    public static let mostAtRandom: UInt64 = 2 << 20

    /// What is varied.
    public struct Parameters: Sendable, Equatable {
        /// Memory in use, in percent of what is free after boot.
        public var loadPercent: UInt64
        /// How often the load of a node allocates or frees before sections are tried.
        public var steps: Int
        /// Where the load's random numbers begin.
        public var seed: UInt64
        /// What moving a page takes.
        public var microsecondsPerPage: Double
        /// Sections that are tried at most, spread evenly.
        public var mostTried: Int
        /// Pages that are moved; then no more sections are tried, unless they are too few to say anything.
        public var mostMoved: UInt64

        /// Makes parameters; a load of half the memory, and a microsecond a page, if nothing is said.
        public init(
            loadPercent: UInt64 = 50, steps: Int = 20, seed: UInt64 = 1, microsecondsPerPage: Double = 1,
            mostTried: Int = 512, mostMoved: UInt64 = 1 << 20
        ) {
            (self.loadPercent, self.steps, self.seed) = (loadPercent, steps, seed)
            (self.microsecondsPerPage, self.mostTried, self.mostMoved) = (microsecondsPerPage, mostTried, mostMoved)
        }
    }

    /// The machine.
    public let description: MachineDescription
    /// What is varied.
    public let parameters: Parameters

    /// Makes a study of a machine. Memory that the firmware holds ready is left out: nobody uses it.
    public init(of description: MachineDescription, _ parameters: Parameters = Parameters()) {
        var description = description
        description.memory.removeAll { $0.kind == .standby }
        self.description = description
        self.parameters = parameters
    }

    /// The row of a section size.
    ///
    /// - Parameter progress: told what part of the sections has been tried.
    public func row(of size: UInt64, progress: (Double) -> Void = { _ in }) -> SectionSizeRow {
        let cost = SectionCost(of: size, description)
        if let reason = obstacle(to: size, cost) { return SectionSizeRow(cost: cost, removal: .notTried(reason)) }
        var described = description
        described.blockSize = size
        let machine = Machine(booting: described)
        let trial = RemovalTrial(on: loaded(machine), atMost: parameters.mostTried, mostMoved: parameters.mostMoved)
        return SectionSizeRow(cost: cost, removal: .tried(trial.run(progress)))
    }

    /// What a machine cannot be simulated for.
    private func obstacle(to size: UInt64, _ cost: SectionCost) -> String? {
        let geometry = description.geometry
        let chunk = geometry.pageSize << UInt64(geometry.maxOrder)
        if size < chunk { return "smaller than the buddy allocator's largest chunk, \(ByteText.short(chunk))" }
        if cost.sections > Machine.mostBlocks {
            return "more than \(Machine.mostBlocks) sections, the most that are simulated"
        }
        return nil
    }

    /// The machine with its load: on each node its share.
    func loaded(_ machine: Machine) -> Machine {
        var machine = machine
        let share = Self.mostAtRandom / UInt64(max(1, machine.onlineNodes.count(where: \.hasMemory)))
        for node in machine.onlineNodes where node.free > 0 {
            let (pages, number) = (node.free / 100 * parameters.loadPercent, node.id.rawValue)
            guard pages > 0 else { continue }
            let load = BackgroundLoad(
                name: "load\(number)", seed: parameters.seed &+ UInt64(number), pages: min(pages, share),
                steps: parameters.steps, node: node.id)
            _ = machine.apply(.background(load))
            // So few steps leave it short of what it may hold, and on a large node it may not hold all.
            let held = node.free - min(node.free, machine[node.id].free)
            guard held < pages else { continue }
            let rest = Workload(name: "rest\(number)", kind: .anon, node: node.id, pages: pages - held)
            _ = machine.apply(.allocate(rest))
        }
        return machine
    }
}
