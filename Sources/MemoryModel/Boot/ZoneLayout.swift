// SPDX-License-Identifier: Apache-2.0

/// The zones at boot (spec 11.1, 11.5; free_area_init).
extension Machine {
    mutating func layOutZones() {
        let architecture = description.architecture
        let end = ram.last?.pages.upperBound ?? 0
        var limits: [(kind: ZoneKind, pages: Range<PageFrame>)] = []
        let first = ram.first?.pages.lowerBound ?? 0
        var start = first
        for kind in architecture.zones where kind != .movable {
            let top = min(architecture.limit(of: kind, memoryFrom: first * pageSize).map { $0 / pageSize } ?? .max, end)
            limits.append((kind, start..<max(start, top)))
            start = max(start, top)
        }
        let highest = limits.last { !$0.pages.isEmpty }
        let nodesWithMemory = nodes.map(\.id).filter { id in ram.contains { $0.node == id } }
        let movable = MovableStart(
            geometry: description.geometry, parameters: parameters, regions: memblock.memory, ram: ram,
            nodes: nodesWithMemory, lowest: highest?.pages.lowerBound ?? 0,
            needsMirror: rules.needsMirror)
        let starts = movable.starts()
        if movable.ignoresMirror { complaints.append("kernelcore=mirror: no memory is mirrored, ignored") }
        if movable.leavesUnmirrored {
            complaints.append("kernelcore=mirror: memory below 4 GiB is not mirrored, and is the kernel's all the same")
        }
        for id in nodesWithMemory { layOutZones(of: id, limits, starts[id]) }
    }

    /// A node's zones. A page is Movable's from its start on, unless it is mirrored and that counts; else it is the kernel
    /// zone's in whose limits it lies.
    ///
    ///     RAM       [ mirrored ][ not mirrored ][ mirrored ][ not mirrored ]
    ///     Normal    [ present  :               : present   :              ]   span to the node's end
    ///     Movable               [ present      :           : present      ]
    private mutating func layOutZones(
        of id: NodeID, _ limits: [(kind: ZoneKind, pages: Range<PageFrame>)], _ movable: PageFrame?
    ) {
        let memory = ram.filter { $0.node == id }
        guard let first = memory.first?.pages.lowerBound, let end = memory.last?.pages.upperBound else { return }
        let kernelEnd = max(first, movable ?? end)
        for (kind, pages) in limits {
            let span = pages.clamped(to: first..<end)
            let cut = span.clamped(to: first..<kernelEnd)
            let own = memory.map { $0.pages.clamped(to: parameters.keepsMirrored && $0.isMirrored ? span : cut) }
                .filter { !$0.isEmpty }
            // A zone that would begin within Movable is not made to overlap with it, unless mirrored memory would then be
            // in no zone at all.
            let overlaps = parameters.keepsMirrored && (span.lowerBound < kernelEnd || !own.isEmpty)
            fill(kind, of: id, span: overlaps ? span : cut, own)
        }
        if let movable {
            let own = memory.filter { !(parameters.keepsMirrored && $0.isMirrored) }.map {
                $0.pages.clamped(to: movable..<end)
            }
            fill(.movable, of: id, span: movable..<end, own.filter { !$0.isEmpty })
        }
        self[id].start = first
        self[id].spanned = end - first
    }

    private mutating func fill(_ kind: ZoneKind, of id: NodeID, span: Range<PageFrame>, _ memory: [Range<PageFrame>]) {
        guard !span.isEmpty else { return }
        let present = memory.reduce(0) { $0 + UInt64($1.count) }
        let held = reserved.reduce(0) { sum, taken in
            sum + memory.reduce(0) { $0 + UInt64($1.clamped(to: taken).count) }
        }
        self[id].withZone(kind) { zone in
            (zone.start, zone.spanned) = (span.lowerBound, UInt64(span.count))
            (zone.present, zone.presentEarly) = (present, present)
            zone.managed = present - held
        }
    }
}
