// SPDX-License-Identifier: Apache-2.0

import MachineFile
import MemoryModel

/// The machines that are measured, made anew for each time: a copy would make the first write to it pay for the copying.
enum Machines {
    static let blockShift: UInt64 = 27
    static let pagesPerBlock = 1 << 15

    /// 2 GiB, and room for more on the same node.
    static func small() -> Machine {
        boot(
            """
            memory = [{ first = 0, size = "2G" }]
            affinity = [{ node = 0, first = 0, size = "64G" }]
            """)
    }

    /// Where memory is added to `large()`.
    static let hotplugged: UInt64 = 4 << 40

    /// Room for a million blocks, and 4 TiB, for what is added for movable pages has its memory map elsewhere.
    static func large() -> Machine {
        boot(
            """
            address_bits = 52
            paging_levels = 5
            block_size = "128M"
            memory = [{ first = 0, size = "4T" }]
            affinity = [{ node = 0, first = 0, size = "127T" }]
            """)
    }

    /// The first so many blocks that are added to `small()`.
    static func added(_ blocks: Int) -> [BlockID] {
        let first = UInt32((4 << 30) >> blockShift as UInt64)
        return (first..<first + UInt32(blocks)).map { BlockID($0) }
    }

    /// `small()` with blocks full of movable pages, and as much room, and a little more, for these to go to.
    ///
    /// Two workloads have the pages in turn, so that no block is one owner's, which would be moved as one.
    static func full(blocks: Int) -> Machine {
        var machine = small()
        machine.probe(blocks: 2 * blocks + 1)
        for block in added(blocks) {
            machine.must(.setState(block, .onlineMovable))
            for step in 0..<512 {
                let name = "b\(block.rawValue)w\(step)"
                let pages = UInt64(pagesPerBlock / 512)
                machine.must(.allocate(Workload(name: name, kind: .anon, block: block, pages: pages)))
            }
        }
        for block in added(2 * blocks + 1).dropFirst(blocks) { machine.must(.setState(block, .onlineMovable)) }
        return machine
    }

    /// As the preset `huge`, with any number of blocks.
    static func eightNodes(blocks: Int) -> MachineDescription {
        let perNode = blocks / 8
        let nodes = (0..<8).map { node in
            let first = node * perNode
            let last = node == 7 ? blocks : first + perNode
            return "{ node = \(node), first = \(first << Int(blockShift)), last = \((last << Int(blockShift)) - 1) }"
        }
        let cpus = (0..<8).map { "{ node = \($0), count = 64 }" }
        return parse(
            """
            address_bits = 52
            paging_levels = 5
            block_size = "128M"
            memory = [{ first = 0, last = \((blocks << Int(blockShift)) - 1) }]
            affinity = [\(nodes.joined(separator: ", "))]
            cpu = [\(cpus.joined(separator: ", "))]
            """)
    }

    private static func parse(_ text: String) -> MachineDescription {
        do { return try MachineFile.parse(text, name: "benchmark") } catch { fatalError("\(error)") }
    }

    private static func boot(_ text: String) -> Machine { Machine(booting: parse(text)) }
}

extension Machine {
    /// Gives a command that must be done, for what is refused is quick.
    mutating func must(_ command: Command) {
        let outcome = apply(command)
        guard outcome.refusal == nil, outcome.waiting == nil else { fatalError("\(command): \(outcome)") }
    }

    /// Adds blocks to `Machines.small()`.
    mutating func probe(blocks: Int) {
        for block in Machines.added(blocks) { must(.probe(address: UInt64(block.rawValue) << Machines.blockShift)) }
    }
}
