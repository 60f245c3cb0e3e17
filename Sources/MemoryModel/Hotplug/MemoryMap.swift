// SPDX-License-Identifier: Apache-2.0

/// Where the memory map (64 bytes for each page) of added memory lives (spec 4.9).
extension Machine {
    /// Pages that the memory map of a block takes.
    public var memoryMapPages: UInt64 { max(1, (pagesPerBlock * 64 + pageSize - 1) / pageSize) }

    /// Allocates the memory maps of new blocks: kernel memory, on their own node if it has any.
    ///
    /// A map never moves while its block is there; it is what usually makes the first block of a kernel zone impossible
    /// to take offline.
    /// - Returns: who owns the map of each block.
    /// - Throws: ENOMEM, with nothing changed.
    mutating func allocateMemoryMaps(_ ids: [BlockID], node: NodeID) throws(Refusal) -> [Int32?] {
        let order = min(pages.layout.pageblockOrder, memoryMapPages.trailingZeroBitCount)
        // In pieces as large as a pageblock, as the direct map's page tables want them; singly where there are none.
        let request = request(.kernel, order: order, node: node)
        var owners: [Int32?] = []
        for id in ids {
            let owner = pages.addOwner(Owner(kind: .memmap, name: "\(id)", mapOf: id))
            owners.append(Int32(owner))
            let got = pages.allocate(memoryMapPages, request, for: owner)
            guard got < memoryMapPages else { continue }
            let rest = memoryMapPages - got
            guard pages.allocate(rest, self.request(.kernel, order: 0, node: node), for: owner) < rest else { continue }
            for case let owner? in owners { freeOwner(Int(owner)) }
            throw Refusal(.noMemory, "no memory for the memory map of \(id)")
        }
        return owners
    }

    /// Where the memory maps of added blocks are: pages by block, the own one where a block holds its own map. That of boot
    /// memory is among what boot reserved.
    public var memoryMaps: [(block: BlockID, pages: UInt64, places: [BlockShare])] {
        blocks.compactMap { block in
            if let owner = block.memoryMapOwner {
                return (block.id, pages.owners[Int(owner)].frames, pages.blocks(of: Int(owner)))
            }
            guard block.ownMapPages > 0 else { return nil }
            let own = UInt64(block.ownMapPages)
            return (block.id, own, [BlockShare(block: block.id, pages: own)])
        }
    }

    /// Pages of its own that a new block's memory map takes, or 0 where it has to live elsewhere
    /// (mhp_supports_memmap_on_memory). The map has to be whole huge pages, as it is mapped by them.
    ///
    /// - Parameter size: bytes of all that is added at once.
    func ownMemoryMapPages(size: UInt64) -> UInt32 {
        guard policy.memmapOnMemory != .no, rules.hostsMapsPerBlock || size == blockSize else { return 0 }
        let pageblock: UInt64 = 1 << UInt64(pages.layout.pageblockOrder)
        var map = memoryMapPages
        guard (pagesPerBlock * 64).isMultiple(of: pageSize << UInt64(description.geometry.pageblockOrder)) else {
            return 0
        }
        if policy.memmapOnMemory == .force { map = (map + pageblock - 1) / pageblock * pageblock }
        guard map.isMultiple(of: pageblock), map < pagesPerBlock else { return 0 }
        return UInt32(map)
    }

    /// Frees a removed block's memory map.
    mutating func freeMemoryMap(of block: MemoryBlock) {
        if let owner = block.memoryMapOwner { freeOwner(Int(owner)) }
    }

    /// Frees all pages of an owner, and forgets it.
    mutating func freeOwner(_ owner: Int) {
        pages.releaseLast(.max, of: owner, cpu: 0)
        pages.removeOwner(owner)
    }
}
