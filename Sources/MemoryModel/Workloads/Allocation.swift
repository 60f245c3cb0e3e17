// SPDX-License-Identifier: Apache-2.0

import OrderedCollections

/// Memory in use by somebody with a name.
extension Machine {
    /// The workloads, in order of allocation.
    public var workloadList: [Workload] { workloads.values.map(\.workload) }

    /// What a workload holds, and where.
    ///
    /// - Complexity: O(its pages), where blocks are not wholly its own.
    public func use(ofWorkload name: String) -> WorkloadUse? {
        guard let active = workloads[name] else { return nil }
        let owner = pages.owners[active.owner]
        return WorkloadUse(
            workload: active.workload, pages: owner.frames, pinned: owner.pinned, isStalled: owner.isStalled,
            blocks: pages.blocks(of: active.owner))
    }

    /// What the allocator is asked for a kind of pages on a node.
    func request(
        _ kind: PageKind, order: Int, node: NodeID? = nil, cpu: Int = 0
    ) -> PageRequest {
        let traits = kind.traits
        let kinds = description.architecture.zones
        let highest = traits.isMovable ? kinds.count - 1 : kinds.lastIndex { $0 <= .normal } ?? 0
        let cpuNode = position(of: self.node(ofProcessor: cpu))
        return PageRequest(
            order: order, type: traits.type, highestZone: highest, node: node.map(position(of:)) ?? cpuNode,
            cpu: min(max(0, cpu), pages.processors - 1), cpuNode: cpuNode)
    }

    /// Allocates memory under a name.
    ///
    /// - Throws: EEXIST for a name in use, ENXIO where the block is not there or not online, EINVAL for what cannot be
    ///   asked for (kernel memory in Movable, an order too high, a node or CPU that is not there), ENOMEM where
    ///   memory is out; nothing is allocated then.
    mutating func allocate(_ workload: Workload) throws(Refusal) {
        guard workloads[workload.name] == nil else {
            throw Refusal(.exists, "a workload named \(workload.name) exists")
        }
        try check(workload)
        let owner = pages.addOwner(
            Owner(kind: workload.kind, name: workload.name, fileSystem: workload.fileSystem))
        do throws(Refusal) {
            if let block = workload.block {
                try allocate(workload, in: block, for: owner)
            } else {
                try allocateAnywhere(workload, for: owner)
            }
        } catch {
            freeOwner(owner)
            throw error
        }
        if workload.kind == .mlocked { pages.events.locked += workload.pages }
        workloads[workload.name] = ActiveWorkload(workload: workload, owner: owner)
        changes.append(.workloadChanged(name: workload.name))
    }

    private func check(_ workload: Workload) throws(Refusal) {
        guard PageKind.ofWorkloads.contains(workload.kind) else {
            throw Refusal(.invalid, "\(workload.kind.rawValue) pages are the kernel's own")
        }
        if let node = workload.node, self.node(node)?.isOnline != true {
            throw Refusal(.invalid, "\(node) is not online")
        }
        guard processor(workload.cpu)?.isOnline == true else {
            throw Refusal(.invalid, "CPU \(workload.cpu) is not online")
        }
        guard (0...pages.layout.maxOrder).contains(workload.order) else {
            throw Refusal(.invalid, "order \(workload.order) is above \(pages.layout.maxOrder)")
        }
        guard workload.kind != .hugetlb || workload.block == nil else {
            throw Refusal(.invalid, "hugetlb pages come from the nodes' pools (nr_hugepages), not from a block")
        }
        guard workload.pages > 0 else { throw Refusal(.invalid, "pages has to be at least 1") }
        let order = order(of: workload)
        guard workload.pages.isMultiple(of: 1 << UInt64(order)) else {
            throw Refusal(.invalid, "pages has to be a multiple of \(1 << order)")
        }
        let managed = nodes.reduce(0) { $0 + $1.managed }
        // Single movable pages take whole blocks; all others are told apart.
        guard order == 0 && workload.kind.traits.isMovable || workload.pages <= PageAllocator.mostToldApart else {
            throw Refusal(.noMemory, "hotmem tells at most \(PageAllocator.mostToldApart) such pages apart at once")
        }
        guard workload.pages <= managed else {
            throw Refusal(.noMemory, "the machine has \(managed) pages")
        }
    }

    private func order(of workload: Workload) -> Int {
        workload.kind.traits.isHuge ? pages.layout.pageblockOrder : workload.order
    }

    private mutating func allocateAnywhere(_ workload: Workload, for owner: Int) throws(Refusal) {
        var request = request(
            workload.kind, order: order(of: workload), node: workload.node, cpu: workload.cpu)
        var got: UInt64 = 0
        switch workload.kind {
        case .hugetlb:
            while got < workload.pages, let (index, zone) = pages.takeFromPool(request) {
                pages.give(index, order: request.order, to: owner, zone)
                got += 1 << UInt64(request.order)
            }
            guard got == workload.pages else {
                throw Refusal(.noMemory, "the pools have \(got) free huge page frames; see nr_hugepages")
            }
            return
        case .thp:
            got = pages.allocate(workload.pages, request, for: owner)
            pages.events.hugeFaults += got >> UInt64(request.order)
            // Where no huge page is left, single pages do.
            pages.events.hugeFallbacks += (workload.pages - got) >> UInt64(request.order)
            request.order = 0
        default: break
        }
        got += pages.allocate(workload.pages - got, request, for: owner)
        guard got == workload.pages else {
            throw Refusal(.noMemory, "only \(got) of \(workload.pages) pages are left for this")
        }
    }

    /// Takes pages of one block, the highest first.
    private mutating func allocate(_ workload: Workload, in id: BlockID, for owner: Int) throws(Refusal) {
        guard let block = blocks[id], block.isOnline, let content = block.content.map(Int.init) else {
            throw Refusal(.noAddress, "\(id) is not online")
        }
        guard block.state == .online else { throw Refusal(.busy, "\(id) is going offline") }
        let home = home(of: block)
        guard workload.kind.traits.isMovable || home.zone.isKernelZone else {
            throw Refusal(.invalid, "\(id) is in zone Movable, which takes no kernel memory")
        }
        guard let zone = self[home.node].zone(home.zone)?.number else { return }
        pages.drainPerCPU(zone)
        let got = pages.take(
            workload.pages, order: order(of: workload), from: content, zone, type: workload.kind.traits.type, for: owner
        )
        guard got == workload.pages else { throw Refusal(.noMemory, "\(id) has \(got) such pages free") }
    }

    /// Frees what was allocated under a name, or the latest pages of it.
    ///
    /// - Throws: ENOENT where there is no such workload.
    mutating func free(name: String, _ count: UInt64?) throws(Refusal) {
        let active = try workload(name)
        let held = pages.owners[active.owner].frames
        if active.workload.kind == .mlocked { pages.events.unlocked += min(count ?? held, held) }
        pages.releaseLast(count ?? held, of: active.owner, cpu: running(active.workload.cpu))
        if count == nil || pages.owners[active.owner].frames == 0 {
            pages.removeOwner(active.owner)
            workloads.removeValue(forKey: name)
        }
        changes.append(.workloadChanged(name: name))
    }

    /// Uses pages.
    mutating func touch(name: String, _ count: UInt64?, write: Bool) throws(Refusal) {
        let active = try workload(name)
        guard active.workload.kind.traits.isOnLRU else {
            throw Refusal(.invalid, "\(active.workload.kind.rawValue) pages are on no list of pages to reclaim")
        }
        pages.events.activated += pages.mark(.active, true, count ?? .max, of: active.owner)
        if write, active.workload.kind == .file { pages.mark(.dirty, true, count ?? .max, of: active.owner) }
        changes.append(.workloadChanged(name: name))
    }

    /// Pins pages for DMA, or unpins them.
    mutating func pin(name: String, _ count: UInt64?, _ on: Bool) throws(Refusal) {
        let active = try workload(name)
        pages.mark(.pinned, on, count ?? .max, of: active.owner)
        changes.append(.workloadChanged(name: name))
    }

    /// Lets I/O on a workload's pages begin and not end, or end it.
    ///
    /// - Throws: EINVAL for pages that wait for nobody.
    mutating func stall(name: String, _ on: Bool) throws(Refusal) {
        let active = try workload(name)
        guard active.workload.kind.traits.mayWait else {
            throw Refusal(.invalid, "no I/O is done on \(active.workload.kind.rawValue) pages; file pages have it")
        }
        pages.owners[active.owner].isStalled = on
        changes.append(.workloadChanged(name: name))
    }

    /// A write to a node's `nr_hugepages`: as many as there is memory for.
    mutating func setHugePages(of node: NodeID, to count: UInt64) {
        let position = position(of: node)
        var request = request(.hugetlb, order: pages.layout.pageblockOrder, node: node)
        request.allowed = nodes.indices.map { $0 == position }
        let most = PageAllocator.mostToldApart >> UInt64(pages.layout.pageblockOrder)
        pages.setPool(of: position, to: min(count, most), request: request)
        changes.append(.settingChanged)
    }

    private func workload(_ name: String) throws(Refusal) -> ActiveWorkload {
        guard let active = workloads[name] else { throw Refusal(.noEntry, "no workload named \(name)") }
        return active
    }

    /// The zone workloads take their pages from: the block's own, or the highest of a block with several.
    private func home(of block: MemoryBlock) -> ZoneExtent {
        guard let home = extents(of: block).last else { preconditionFailure("\(block.id) is online in no zone") }
        return home
    }
}
