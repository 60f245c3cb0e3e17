// SPDX-License-Identifier: Apache-2.0
// swift-format-ignore-file: NeverForceUnwrap

import MachineFile
import MemoryModel
import Picture
import SysfsTree
import Testing

/// Presets, and what happened to some of them.
enum Drawn {
    static let machines: [String] = ["default", "two-nodes", "four-nodes", "i386", "ppc64", "s390x", "huge"]

    static func machine(_ name: String, _ commands: [Command] = []) throws -> Machine {

        var machine = Machine(booting: try MachineFile.resolve(name))
        for command in commands {
            let outcome = machine.apply(command)
            try #require(outcome.refusal == nil, "\(command): \(String(describing: outcome.refusal))")
        }
        return machine
    }

    static func map(_ name: String, _ commands: [Command] = []) throws -> MachineMap {
        try #require(MachineMap(try machine(name, commands).mapText))
    }

    /// One block of each look.
    static let mixed: [Command] = [
        .probe(address: 40 << 27), .probe(address: 41 << 27), .setState(BlockID(40), .onlineMovable),
        .allocate(Workload(name: "db", kind: .anon, block: BlockID(34), pages: 30000)),
        .allocate(Workload(name: "driver", kind: .dma, block: BlockID(35), pages: 3)),
    ]
}

@Suite struct `A machine's map` {
    @Test(arguments: Drawn.machines)
    func `has every block of the machine, once`(name: String) throws {
        let machine = try Drawn.machine(name)
        let map = try #require(MachineMap(machine.mapText))
        #expect(map.blockCount == machine.blocks.count && map.blockSize == Int(machine.blockSize))
        #expect(map.nodes.map(\.id) == machine.onlineNodes.map(\.id.rawValue))
        #expect(map.nodes.map(\.free) == machine.onlineNodes.map { Int($0.free) })
        for block in machine.blocks.prefix(300) {
            let run = try #require(map.run(of: Int(block.id.rawValue)))
            #expect(run.state == block.state.rawValue && run.zone == block.zone?.name)
            #expect(run.node == block.node.rawValue && run.present == Int(block.presentPages))
        }
        #expect(map.run(of: Int(UInt32.max)) == nil)
    }

    @Test func `tells which blocks changed`() throws {
        let (before, after) = (try Drawn.map("default"), try Drawn.map("default", Drawn.mixed))
        #expect(MachineMap.changedBlocks(from: before, to: after) == [32...32, 34...34, 35...35, 40...40, 41...41])
        #expect(MachineMap.changedBlocks(from: after, to: after).isEmpty)
    }

    @Test(arguments: [
        "", "\n", "nonsense", "machine arch=x86_64", "machine block_size=0 page_size=4096", "machine block_size=-5",
        "machine block_size=4096 page_size=-1", "machine block_size=4096 page_size=9223372036854775807",
        "machine block_size=4096 page_size=4096\nblock=0-4294967295 state=online",
    ])
    func `is not read from what is none`(text: String) { #expect(MachineMap(text) == nil) }

    @Test func `is drawn whatever its numbers are`() throws {
        let huge = Int.max
        let map = try #require(
            MachineMap(
                "machine block_size=\(huge) page_size=4096\nnode=\(huge) present=\(huge) managed=-1 free=\(huge)\n"
                    + "zone=Normal start_pfn=\(huge) spanned=\(huge) present=\(huge)\n"
                    + "block=0-4194303 node=\(huge) state=online present=\(huge) movable=\(huge) staying=\(huge)\n"))
        let many = (0..<1000).map { "block=\(9_000_000 + $0 << 22) node=0 state=offline\n" }.joined()
        let scaled = try #require(
            MachineMap(
                "machine block_size=\(huge) page_size=4096\nnode=0\nblock=0-8387607 node=0 state=online present=\(huge) "
                    + "movable=\(huge) staying=\(huge) reserved=\(huge) broken=\(huge)\n" + many))
        for map in [map, scaled] {
            #expect(TextPicture(map, .init()).text.contains("node"))
            #expect(VectorPicture(map).svg.hasSuffix("</svg>\n"))
        }
    }

    @Test func `leaves lines out that say nothing it knows`() throws {
        let map = try #require(
            MachineMap(
                "machine block_size=4096 page_size=4096\nblock=x-y\nblock=5-3\nzone=N\nnew=7\nblock=1-2 state=online\n")
        )
        #expect(map.blockCount == 2)
    }
}

@Suite struct `A grid of cells` {
    @Test(arguments: Drawn.machines, [(4, 1), (16, 8), (32, 40), (64, 200)])
    func `has each block in one cell, in no more rows than there is room for`(name: String, size: (Int, Int)) throws {
        let map = try Drawn.map(name)
        let grid = CellGrid(map, width: size.0, height: size.1)
        let blocks = grid.cells.reduce(0) { $0 + $1.count }
        #expect(blocks == map.blockCount)
        #expect(grid.width <= size.0 && grid.scale.nonzeroBitCount == 1 && grid.width.nonzeroBitCount == 1)
        let rows = grid.nodes.reduce(0) { $0 + $1.rows.count }
        #expect(rows <= max(size.1, map.nodes.count))
        for row in grid.nodes.flatMap(\.rows) {
            for (column, cell) in row.cells.enumerated() {
                guard let cell else { continue }
                #expect(cell.blocks.lowerBound == row.first + column * grid.scale && cell.blocks.count == grid.scale)
                #expect(cell.used <= cell.present && cell.staying <= cell.present)
            }
        }
    }

    @Test func `says what blocks are`() throws {
        let cells = Array(CellGrid(try Drawn.map("default", Drawn.mixed), width: 32, height: 9).cells)
        func cell(_ block: Int) -> Cell { cells.first { $0.blocks == block...block }! }
        #expect(cell(0).look == .mixed && cell(0).keeps && cell(1).look == .dma32 && !cell(1).keeps)
        #expect(cell(34).look == .normal && cell(34).level == 4 && !cell(34).keeps)
        #expect(cell(35).level == 1 && cell(35).keeps)
        #expect(cell(40).look == .movable && cell(41).look == .offline && cell(33).level == 0)
    }

    @Test func `shows chosen nodes only`() throws {
        let grid = CellGrid(try Drawn.map("two-nodes"), width: 32, height: 9, only: [1])
        let firsts = grid.cells.map(\.blocks.lowerBound)
        #expect(grid.nodes.map(\.node) == [1] && firsts.min() == 40)
    }
}
