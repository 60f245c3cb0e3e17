// SPDX-License-Identifier: Apache-2.0

extension Machine {
    /// What `removable` says of a block: whether it is likely to go offline.
    ///
    /// Newer kernels always say yes (spec 2). Where the pages are looked at (spec 15.1), an offline block is removable:
    /// its pageblocks are Movable since it was added or went offline, and there is no more to it. While it goes offline
    /// its pageblocks are set apart, which they could be only because it is removable.
    public func isRemovable(_ block: MemoryBlock) -> Bool {
        guard rules.scansForRemovable, let content = block.content.map(Int.init) else { return true }
        return pages.isRemovable(content)
    }
}

extension PageAllocator {
    /// Whether each pageblock of a block is free or of type Movable, and none has reserved pages
    /// (is_mem_section_removable).
    ///
    /// Types say what a pageblock is used for, not what is in each page: a kernel page that fell back to a Movable
    /// pageblock is not seen. Holes do not count.
    func isRemovable(_ number: Int) -> Bool {
        let content = store.contents[number]
        switch content.form {
        case .free, .vacant: return true
        case .reserved: return false
        case .used: return isMovable(content.type)
        case .paged: break
        }
        var isRemovable = true
        store.forEachPiece(of: number) { index, record in
            switch record.use {
            case .reserved: isRemovable = false
            case .used: isRemovable = isMovable(store.type(of: index))
            case .free, .perCPU, .tail, .absent, .broken: break
            }
            return isRemovable
        }
        return isRemovable
    }

    private func isMovable(_ type: MigrateType) -> Bool { type == .movable || type == .isolate }
}
