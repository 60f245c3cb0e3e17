// SPDX-License-Identifier: Apache-2.0

/// What the control `map` says of a machine: its nodes and zones, and its memory blocks in runs of blocks that are alike.
public struct MachineMap: Sendable, Equatable {
    /// The architecture's name.
    public let architecture: String
    /// The kernel whose rules hold.
    public let abi: String
    /// Bytes in a page.
    public let pageSize: Int
    /// Bytes in a memory block.
    public let blockSize: Int
    /// The online nodes, ascending.
    public let nodes: [Node]
    /// The blocks, ascending.
    public let runs: [Run]

    /// A node.
    public struct Node: Sendable, Equatable {
        /// Its number.
        public let id: Int
        /// Its processors, as a list of ranges; empty for none.
        public let cpus: String
        /// Pages that are there and online.
        public let present: Int
        /// Pages that the buddy allocator has.
        public let managed: Int
        /// Those of them that are free.
        public let free: Int
        /// Its zones that have memory.
        public internal(set) var zones: [Zone]
    }

    /// A zone of a node.
    public struct Zone: Sendable, Equatable {
        /// Its name.
        public let name: String
        /// Its first page frame.
        public let start: Int
        /// Pages from its first to its last, holes included.
        public let spanned: Int
        /// Pages that are there and online.
        public let present: Int
        /// Pages that the buddy allocator has.
        public let managed: Int
        /// Those of them that are free.
        public let free: Int
    }

    /// Blocks that follow each other and are alike.
    public struct Run: Sendable, Equatable {
        /// Their numbers.
        public var blocks: ClosedRange<Int>
        /// Their node.
        public let node: Int
        /// All nodes whose pages they hold, as a list, if they are several.
        public let nodes: String?
        /// What `state` reads: online, offline or going-offline.
        public let state: String
        /// Their zone, if it is one.
        public let zone: String?
        /// Pages that exist in each.
        public let present: Int
        /// Pages of each that are free.
        public let free: Int
        /// Pages of each in use that can move.
        public let movable: Int
        /// Pages of each in use that cannot move now.
        public let staying: Int
        /// Pages of each reserved since boot.
        public let reserved: Int
        /// Pages of each that are broken.
        public let broken: Int
        /// The memory device they are on, if any.
        public let device: String?
        /// Whether they are scheduled to go.
        public let isAvoided: Bool

        /// Pages of each that are not free; none where it is offline.
        public var used: Int { movable + staying + reserved + broken }
    }

    /// What bytes in a page may be.
    private static let sizes = 1...1 << 20
    /// More blocks than any machine has.
    private static let mostBlocks = 1 << 23

    /// Reads the control's text.
    ///
    /// - Returns: nil for what is no such text.
    public init?(_ text: String) {
        let lines = ReportLine.lines(of: text)
        guard let machine = lines.first, machine.word == "machine", Self.sizes.contains(machine.number("page_size")),
            case let blockSize = machine.number("block_size"), blockSize > 0
        else { return nil }
        (architecture, abi) = (machine["arch"] ?? "", machine["abi"] ?? "")
        (pageSize, self.blockSize) = (machine.number("page_size"), blockSize)
        var (nodes, runs): ([Node], [Run]) = ([], [])
        for line in lines.dropFirst() {
            switch line.subject {
            case "node": nodes.append(Node(line))
            case "zone": if !nodes.isEmpty { nodes[nodes.count - 1].zones.append(Zone(line)) }
            case "block": if let run = Run(line) { runs.append(run) }
            default: break
            }
        }
        (self.nodes, self.runs) = (nodes, runs)
        guard runs.reduce(0, { $0 + $1.blocks.count }) <= Self.mostBlocks else { return nil }
    }

    private init(_ map: MachineMap, _ nodes: [Node], _ runs: [Run]) {
        (architecture, abi, pageSize, blockSize) = (map.architecture, map.abi, map.pageSize, map.blockSize)
        (self.nodes, self.runs) = (nodes, runs)
    }

    private func with(_ nodes: [Node], _ runs: [Run]) -> MachineMap { MachineMap(self, nodes, runs) }

    /// How many blocks there are.
    public var blockCount: Int { runs.reduce(0) { $0 + $1.blocks.count } }

    /// The run a block is in.
    public func run(of block: Int) -> Run? {
        var (low, high) = (0, runs.count)
        while low < high {
            let middle = (low + high) / 2
            if runs[middle].blocks.upperBound < block { low = middle + 1 } else { high = middle }
        }
        return low < runs.count && runs[low].blocks.contains(block) ? runs[low] : nil
    }
}

extension MachineMap.Node {
    fileprivate init(_ line: ReportLine) {
        (id, cpus, zones) = (line.number("node"), line["cpus"] ?? "", [])
        (present, managed, free) = (line.number("present"), line.number("managed"), line.number("free"))
    }
}

extension MachineMap.Zone {
    fileprivate init(_ line: ReportLine) {
        (name, start, spanned) = (line["zone"] ?? "", line.number("start_pfn"), line.number("spanned"))
        (present, managed, free) = (line.number("present"), line.number("managed"), line.number("free"))
    }
}

extension MachineMap.Run {
    fileprivate init?(_ line: ReportLine) {
        guard let blocks = line.range("block"), 0...Int(UInt32.max) ~= blocks.upperBound else { return nil }
        func pages(_ key: String) -> Int { min(line.number(key), 1 << 32) }
        self.blocks = blocks
        (node, nodes) = (line.number("node"), line["nodes"])
        (state, zone, present) = (line["state"] ?? "", line["zone"], pages("present"))
        (free, movable, staying) = (pages("free"), pages("movable"), pages("staying"))
        (reserved, broken) = (pages("reserved"), pages("broken"))
        (device, isAvoided) = (line["device"], line["avoided"] == "1")
    }
}

extension MachineMap {
    /// The same machine with some of its blocks only, and the nodes that have them.
    public func limited(to blocks: ClosedRange<Int>) -> MachineMap {
        let runs = runs.filter { $0.blocks.overlaps(blocks) }.map { run in
            var run = run
            run.blocks = run.blocks.clamped(to: blocks)
            return run
        }
        return with(nodes.filter { node in runs.contains { $0.node == node.id } }, runs)
    }

    /// The same machine with some of its nodes only; all for nil.
    public func limited(to only: Set<Int>?) -> MachineMap {
        guard let only else { return self }
        return with(nodes.filter { only.contains($0.id) }, runs.filter { only.contains($0.node) })
    }

    /// Blocks that came, or are not what they were, in ranges; of those that went, none.
    public static func changedBlocks(from old: MachineMap, to new: MachineMap) -> [ClosedRange<Int>] {
        var changed: [ClosedRange<Int>] = []
        var position = 0
        for run in new.runs {
            while position < old.runs.count, old.runs[position].blocks.upperBound < run.blocks.lowerBound {
                position += 1
            }
            var next = run.blocks.lowerBound
            for before in old.runs[position...].prefix(while: { $0.blocks.lowerBound <= run.blocks.upperBound }) {
                guard before.isAlike(run) else { continue }
                let same = before.blocks.clamped(to: run.blocks)
                if next < same.lowerBound { changed.append(next...same.lowerBound - 1) }
                next = same.upperBound + 1
            }
            if next <= run.blocks.upperBound { changed.append(next...run.blocks.upperBound) }
        }
        return changed
    }
}

extension MachineMap.Run {
    /// Whether two are the same but for their blocks.
    fileprivate func isAlike(_ other: MachineMap.Run) -> Bool {
        var copy = other
        copy.blocks = blocks
        return copy == self
    }
}
