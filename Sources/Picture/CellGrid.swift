// SPDX-License-Identifier: Apache-2.0

/// A machine's blocks as rows of cells, node by node, at a scale that fits.
public struct CellGrid: Sendable, Equatable {
    /// How many blocks a cell stands for: a power of two.
    public let scale: Int
    /// How many cells a row has: a power of two.
    public let width: Int
    /// The nodes' rows, ascending.
    public let nodes: [NodeRows]

    /// The rows of a node.
    public struct NodeRows: Sendable, Equatable {
        /// The node.
        public let node: Int
        /// Its rows that have blocks, ascending.
        public internal(set) var rows: [Row]
    }

    /// A row.
    public struct Row: Sendable, Equatable {
        /// The number of the first block it has room for.
        public let first: Int
        /// Its cells; nil where the node has no block.
        public internal(set) var cells: [Cell?]
    }

    /// Lays a machine out.
    ///
    /// - Parameters:
    ///   - width: cells in a row at most.
    ///   - height: rows at most, of all nodes together; each node has one at least.
    ///   - only: the nodes to be shown; all if it is nil.
    public init(_ map: MachineMap, width: Int, height: Int, only: Set<Int>? = nil) {
        let runs = map.runs.filter { only?.contains($0.node) ?? true }
        let width = Self.powerOfTwo(atMost: max(1, width))
        var scale = 1
        while Self.rowCount(of: runs, blocksPerRow: width * scale) > max(1, height), scale < 1 << 40 { scale *= 2 }
        self.width = width
        self.scale = scale
        let shown = map.nodes.map(\.id).filter { only?.contains($0) ?? true }
        nodes = shown.map { node in Self.rows(of: node, runs, width, scale) }
    }

    /// Rows that have a block, of all nodes; as few as there are nodes are not made fewer.
    private static func rowCount(of runs: [MachineMap.Run], blocksPerRow: Int) -> Int {
        var (count, last): (Int, [Int: Int]) = (0, [:])
        for run in runs {
            let (first, end) = (run.blocks.lowerBound / blocksPerRow, run.blocks.upperBound / blocksPerRow)
            count += end - max(first, (last[run.node] ?? -1) + 1) + 1
            last[run.node] = end
        }
        return count <= last.count ? 0 : count
    }

    private static func rows(of node: Int, _ runs: [MachineMap.Run], _ width: Int, _ scale: Int) -> NodeRows {
        var rows: [Row] = []
        for run in runs where run.node == node {
            for cell in run.blocks.lowerBound / scale...run.blocks.upperBound / scale {
                let blocks = cell * scale...(cell + 1) * scale - 1
                let (row, column) = (cell / width * width * scale, cell % width)
                if rows.last?.first != row { rows.append(Row(first: row, cells: Array(repeating: nil, count: width))) }
                let count = blocks.clamped(to: run.blocks).count
                if rows[rows.count - 1].cells[column] == nil {
                    rows[rows.count - 1].cells[column] = Cell(blocks, run, count: count)
                } else {
                    rows[rows.count - 1].cells[column]?.add(run, count: count)
                }
            }
        }
        return NodeRows(node: node, rows: rows)
    }

    private static func powerOfTwo(atMost number: Int) -> Int {
        1 << (Int.bitWidth - 1 - number.leadingZeroBitCount)
    }

    /// Everything that is shown, in order.
    public var cells: some Sequence<Cell> { nodes.lazy.flatMap(\.rows).flatMap(\.cells).compactMap { $0 } }
}
