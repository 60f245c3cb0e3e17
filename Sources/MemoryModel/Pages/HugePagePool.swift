// SPDX-License-Identifier: Apache-2.0

/// Huge pages that lie ready, per node (`nodeN/hugepages`).
extension PageAllocator {
    /// Free huge pages of a node's pool.
    func poolFree(of node: Int) -> UInt64 { pools[node].map { owners[$0].pages.count } ?? 0 }

    /// Brings the pool of a node to a size, huge pages in use included, as far as there is memory.
    mutating func setPool(of node: Int, to wanted: UInt64, request: PageRequest) {
        let number = pools[node] ?? addOwner(Owner(kind: .hugetlbFree))
        pools[node] = number
        while poolSize(of: node) < wanted {
            guard let (index, zone) = allocate(request) else {
                events.poolFailed += 1
                return
            }
            give(index, order: layout.pageblockOrder, to: number, zone)
            events.poolAllocated += 1
        }
        while poolSize(of: node) > wanted, case let tail = owners[number].pages.tail, tail != .none {
            dissolve(tail.number)
        }
    }

    /// Huge pages of a node, free and in use.
    func poolSize(of node: Int) -> UInt64 {
        let kinds = [PageKind.hugetlb.number, PageKind.hugetlbFree.number]
        let frames = (node * zonesPerNode..<(node + 1) * zonesPerNode).reduce(0 as UInt64) { sum, zone in
            kinds.reduce(sum) { $0 + zones[zone].used[$1] }
        }
        return frames >> UInt64(layout.pageblockOrder)
    }

    /// Takes a free huge page from a pool: the nearest node's that is allowed and has one.
    mutating func takeFromPool(_ request: PageRequest) -> (index: Int, zone: Int)? {
        var tried: Set<Int> = []
        for zone in zonelists[request.node] where tried.insert(node(of: zone)).inserted {
            let node = node(of: zone)
            guard request.allowed?[node] ?? true, let pool = pools[node] else { continue }
            var found: Int?
            forEachItem(of: pool) { item in
                let isIsolated = store.type(of: item.number) == .isolate
                if !isIsolated { found = item.number }
                return isIsolated
            }
            guard let found else { continue }
            let zone = store.zone(of: found)
            takeBack(found, zone)
            return (found, zone)
        }
        return nil
    }

    /// Turns a free huge page of a pool back into free pages (dissolve_free_huge_page).
    mutating func dissolve(_ index: Int) {
        let zone = store.zone(of: index)
        takeBack(index, zone)
        giveBack(index, order: layout.pageblockOrder, zone)
        events.freed += 1 << UInt64(layout.pageblockOrder)
    }
}
