// SPDX-License-Identifier: Apache-2.0

/// Single pages taken out of use: `soft_offline_page` and `hard_offline_page` (spec 3.5).
extension Machine {
    mutating func softOffline(_ address: UInt64) throws(Refusal) {
        let page = address / pageSize
        let block = try block(holding: page)
        guard block.isOnline else { throw Refusal(.inputOutput, "page is not online") }
        if poisonedPages.binarySearch(page).found { return }
        guard let run = freeRun(holding: page, in: block) else { throw Refusal(.inputOutput, "kernel page") }
        poison(page, in: run)
        hardwareCorrupted += 1
    }

    mutating func hardOffline(_ address: UInt64) throws(Refusal) {
        let page = address / pageSize
        let block = try block(holding: page)
        guard block.isOnline else { throw Refusal(.noAddress, "page is not online") }
        if poisonedPages.binarySearch(page).found { throw Refusal(.hardwarePoison, "already hardware poisoned") }
        hardwareCorrupted += 1
        guard let run = freeRun(holding: page, in: block) else {
            // The mark stays although the page could not be isolated, so a second try is EHWPOISON.
            if managedRuns(of: block).contains(where: { $0.pages.contains(page) }),
                let position = blocks.position(of: block.id)
            {
                blocks[position].brokenInUse += 1
            }
            poisonedPages.insert(page, at: poisonedPages.binarySearch(page).position)
            changes.append(.pagePoisoned(page))
            throw Refusal(.busy, "unhandlable kernel page")
        }
        poison(page, in: run)
    }

    private func block(holding page: PageFrame) throws(Refusal) -> MemoryBlock {
        guard page / pagesPerBlock <= UInt64(UInt32.max), let block = blocks[block(ofPage: page)] else {
            throw Refusal(.noAddress, "no memory at this address")
        }
        return block
    }

    /// The free pages that a page is one of, or nil where somebody uses it.
    private func freeRun(holding page: PageFrame, in block: MemoryBlock) -> FreeRun? {
        freeRuns(of: block).first { $0.pages.contains(page) }
    }

    private mutating func poison(_ page: PageFrame, in run: FreeRun) {
        poisonedPages.insert(page, at: poisonedPages.binarySearch(page).position)
        self[run.node].withZone(run.zone) { $0.free -= 1 }
        changes.append(.pagePoisoned(page))
        changes.append(.zoneChanged(run.node, run.zone))
    }

    /// Drops the marks of pages that go offline; onlined again they are whole (spec 3.5, up to Linux 6.1).
    ///
    /// - Returns: how many there were.
    mutating func forgetPoison(in range: Range<PageFrame>) -> UInt64 {
        let first = poisonedPages.binarySearch(range.lowerBound).position
        let end = poisonedPages.binarySearch(range.upperBound).position
        poisonedPages.removeSubrange(first..<end)
        return UInt64(end - first)
    }
}

extension [PageFrame] {
    /// Where a page frame is in a sorted array, or belongs.
    func binarySearch(_ page: PageFrame) -> (position: Int, found: Bool) {
        var (low, high) = (0, count)
        while low < high {
            let middle = (low + high) / 2
            if self[middle] < page { low = middle + 1 } else { high = middle }
        }
        return (low, low < count && self[low] == page)
    }
}
