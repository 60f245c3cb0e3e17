// SPDX-License-Identifier: Apache-2.0

/// Pages that were moved, by where they were (seed 004, migration cache).
extension Machine {
    /// The answer to a lookup.
    public struct FoundPage: Sendable, Equatable, Codable {
        /// Where it was.
        public let old: PageFrame
        /// Where it is.
        public let new: PageFrame
        /// Whose it is.
        public let owner: String
    }

    /// Looks up where a page is that was moved from a frame.
    ///
    /// - Throws: ENOENT where the cache does not know, or the page is nobody's any more.
    mutating func findMoved(_ frame: PageFrame) throws(Refusal) {
        lastFound = nil
        guard let new = pages.migrationCache.find(frame), let owner = owner(of: new) else {
            migrationCacheMisses += 1
            throw Refusal(.noEntry, "no page that was moved from frame \(frame) is known")
        }
        migrationCacheHits += 1
        lastFound = FoundPage(old: frame, new: new, owner: owner)
    }

    /// Who owns a page frame.
    func owner(of frame: PageFrame) -> String? {
        guard frame / pagesPerBlock <= UInt64(UInt32.max),
            let number = blocks[block(ofPage: frame)]?.content.map(Int.init)
        else { return nil }
        let content = pages.store.contents[number]
        switch content.form {
        case .used: return pages.owners[Int(content.owner)].name
        case .paged:
            let record = pages.store.records[pages.head(of: pages.base(of: number, frame))]
            return record.use == .used ? pages.owners[Int(record.owner)].name : nil
        case .free, .reserved, .vacant: return nil
        }
    }
}
