// SPDX-License-Identifier: Apache-2.0

/// Where Movable begins on each node at boot (spec 11.5, find_zone_movable_pfns_for_nodes; seed 003).
struct MovableStart {
    let geometry: PageGeometry
    let parameters: BootParameters
    /// What memblock says of memory.
    let regions: [Memblock.Region]
    let ram: [RAMRange]
    /// Nodes with boot memory, ascending.
    let nodes: [NodeID]
    /// Lowest page frame that may be Movable: the start of the highest zone with memory.
    let lowest: PageFrame

    /// Whether a kernel that needs mirrored memory for it ignores `kernelcore=mirror`.
    let needsMirror: Bool

    /// Whether it does so here.
    var ignoresMirror: Bool {
        parameters.keepsMirrored && needsMirror && !regions.contains { $0.flags.contains(.mirror) }
    }

    private var pageSize: UInt64 { geometry.pageSize }
    private var unit: UInt64 { 1 << UInt64(geometry.maxOrder) }

    /// The first Movable page frame by node; nodes without Movable are absent.
    func starts() -> [NodeID: PageFrame] {
        var starts: [NodeID: PageFrame]
        if parameters.movableNode {
            starts = hotpluggable()
        } else if parameters.kernelCoreMirror {
            starts = ignoresMirror ? [:] : notMirrored()
        } else {
            starts = bySize()
        }
        for (node, start) in starts {
            let end = ram.last { $0.node == node }?.pages.upperBound ?? 0
            guard let aligned = start.roundedUp(to: unit), aligned < end else {
                starts[node] = nil
                continue
            }
            starts[node] = aligned
        }
        return starts
    }

    /// `movable_node`: the lowest hot-pluggable memory of each node. Nodes that hold something of the kernel's have none
    /// left by now.
    private func hotpluggable() -> [NodeID: PageFrame] { lowest { $0.flags.contains(.hotplug) } }

    /// Below this, memory is the kernel's whether it is mirrored or not.
    private static let mirrorBorder: UInt64 = 4 << 30

    /// `kernelcore=mirror`: the lowest memory of each node that is not mirrored and begins at or above 4 GiB.
    private func notMirrored() -> [NodeID: PageFrame] {
        lowest { !$0.flags.contains(.mirror) && $0.bytes.lowerBound >= Self.mirrorBorder }
    }

    /// Whether `kernelcore=mirror` leaves memory to the kernel that is not mirrored.
    var leavesUnmirrored: Bool {
        parameters.keepsMirrored && !ignoresMirror
            && regions.contains { !$0.flags.contains(.mirror) && $0.bytes.lowerBound < Self.mirrorBorder }
    }

    private func lowest(where condition: (Memblock.Region) -> Bool) -> [NodeID: PageFrame] {
        regions.reduce(into: [:]) { starts, region in
            guard let node = region.node, starts[node] == nil, condition(region) else { return }
            starts[node] = region.bytes.lowerBound / pageSize
        }
    }

    /// `kernelcore=` and `movablecore=`: kernel memory is spread evenly over the nodes.
    private func bySize() -> [NodeID: PageFrame] {
        let total = ram.reduce(0) { $0 + UInt64($1.pages.count) }
        var core = parameters.kernelCore.map { pages($0, of: total) } ?? 0
        if let movable = parameters.movableCore.map({ pages($0, of: total) }), movable > 0 {
            let wanted = min(total, movable.roundedUp(to: unit) ?? total)
            core = max(core, total - wanted)
        }
        guard core > 0, core < total else { return [:] }
        var starts: [NodeID: PageFrame] = [:]
        var nodesLeft = UInt64(nodes.count)
        repeat {
            var share = core / nodesLeft
            for node in nodes {
                if core < share { share = core / nodesLeft }
                spread(share, on: node, &core, &starts)
            }
            nodesLeft -= 1
        } while nodesLeft > 0 && core > nodesLeft
        return starts
    }

    /// Charges a node's share of kernel memory to its memory, lowest first.
    private func spread(
        _ share: UInt64, on node: NodeID, _ core: inout UInt64, _ starts: inout [NodeID: PageFrame]
    ) {
        var rest = share
        for memory in ram where memory.node == node {
            var start = max(memory.pages.lowerBound, starts[node] ?? 0)
            let end = memory.pages.upperBound
            guard start < end else { continue }
            if start < lowest {
                let kernel = min(end, lowest) - start
                core -= min(kernel, core)
                rest -= min(kernel, rest)
                guard end > lowest else {
                    starts[node] = end
                    continue
                }
                start = lowest
            }
            let size = min(end - start, rest)
            starts[node] = start + size
            core -= min(core, size)
            rest -= size
            if rest == 0 { break }
        }
    }

    private func pages(_ amount: BootParameters.Amount, of total: UInt64) -> UInt64 {
        switch amount {
        case .bytes(let bytes): bytes / pageSize
        case .percent(let percent): total &* 100 &* percent / 10000
        }
    }
}
