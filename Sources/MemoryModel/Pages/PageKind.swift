// SPDX-License-Identifier: Apache-2.0

/// What pages are used for: the `kind=` of a workload, and of what the kernel holds itself.
///
/// ``traits`` is the table of what can be done with each.
public enum PageKind: String, CaseIterable, Sendable, Codable {
    /// Anonymous memory of processes.
    case anon
    /// Page cache of files.
    case file
    /// Shared memory (tmpfs).
    case shmem
    /// File pages mapped out of order (remap_file_pages): reverse mapping does not find who maps them (seed 004).
    case nonlinear
    /// Memory locked by processes (mlock).
    case mlocked
    /// Huge pages that the kernel makes by itself (transparent).
    case thp
    /// Huge pages of a node's pool.
    case hugetlb
    /// Pages that a driver lent out and can move itself (balloon, zsmalloc).
    case driver
    /// Buffers of a driver that cannot move them (DMA).
    case dma
    /// Kernel objects that can be reclaimed: inodes, directory entries.
    case slab
    /// Page tables.
    case pagetable
    /// Other kernel memory.
    case kernel
    /// Memory map (struct page) of hot-added memory.
    case memmap
    /// Huge pages that lie ready in a node's pool.
    case hugetlbFree = "hugetlb-free"

    /// How a page of a kind gets to another place.
    public enum Migration: Sendable {
        /// Its contents are copied and its mappings changed.
        case copied
        /// The driver moves it.
        case byDriver
        /// Never: its address is known to the kernel.
        case never
        /// It is tried, and fails each time, because its mappings are not found.
        case notFound
    }

    /// What can be done with pages of a kind.
    public struct Traits: Sendable {
        /// The migrate type they are asked for with (spec 9.1).
        public let type: MigrateType
        /// Whether they may be in the Movable zone (and HighMem).
        public let isMovable: Bool
        /// Whether they are on a list of pages to reclaim (LRU), where offlining finds them (spec 7.3).
        public let isOnLRU: Bool
        /// How they migrate.
        public let migration: Migration
        /// Whether they can be dropped, clean and unpinned, instead of moved.
        public let canBeFreed: Bool
        /// Whether I/O may be under way on them, which has to be waited for: with a server that never answers, for
        /// ever (seed 004).
        public let mayWait: Bool
        /// Whether they come in huge pages.
        public let isHuge: Bool
    }

    /// The table: can it be freed, moved, must it be waited for, does it keep a block from going offline.
    public var traits: Traits {
        switch self {
        case .anon: .user(.copied)
        case .file: .user(.copied, canBeFreed: true, mayWait: true)
        case .shmem: .user(.copied)
        case .nonlinear: .user(.notFound)
        case .mlocked: .user(.copied)
        case .thp: .user(.copied, isHuge: true)
        case .hugetlb: .user(.copied, isOnLRU: false, isHuge: true)
        case .hugetlbFree: .user(.copied, isOnLRU: false, canBeFreed: true, isHuge: true)
        case .driver: .user(.byDriver, isOnLRU: false)
        case .slab: .kernel(.reclaimable)
        case .dma, .pagetable, .kernel, .memmap: .kernel(.unmovable)
        }
    }

    /// Whether pages of the kind, in use, keep a block of a kernel zone from going offline at once (spec 7.3).
    public var blocksOffline: Bool { traits.migration == .never }

    /// The kinds a workload may have; the others the kernel makes for itself.
    public static let ofWorkloads: [PageKind] = allCases.filter { $0 != .memmap && $0 != .hugetlbFree }

    /// The kind's number among all.
    ///
    /// Written out: it is asked for with every page, and a table would have to be looked into.
    var number: Int {
        switch self {
        case .anon: 0
        case .file: 1
        case .shmem: 2
        case .nonlinear: 3
        case .mlocked: 4
        case .thp: 5
        case .hugetlb: 6
        case .driver: 7
        case .dma: 8
        case .slab: 9
        case .pagetable: 10
        case .kernel: 11
        case .memmap: 12
        case .hugetlbFree: 13
        }
    }
}

extension PageKind.Traits {
    fileprivate static func user(
        _ migration: PageKind.Migration, isOnLRU: Bool = true, canBeFreed: Bool = false, mayWait: Bool = false,
        isHuge: Bool = false
    ) -> Self {
        Self(
            type: .movable, isMovable: true, isOnLRU: isOnLRU, migration: migration, canBeFreed: canBeFreed,
            mayWait: mayWait, isHuge: isHuge)
    }

    fileprivate static func kernel(_ type: MigrateType) -> Self {
        Self(
            type: type, isMovable: false, isOnLRU: false, migration: .never, canBeFreed: false, mayWait: false,
            isHuge: false)
    }
}

/// What a file system can do with the data it keeps beside each page of a file (seed 004, page->private).
public enum FileSystem: String, CaseIterable, Sendable, Codable {
    /// Moves its buffers with the page.
    case ext4
    /// Moves its state with the page.
    case xfs
    /// Moves it too, once the server has answered all requests for the page.
    case nfs
    /// One of the old ones: has no way to move its private data, so its pages stay.
    case legacy

    /// Whether pages with its private data can move.
    public var movesPrivateData: Bool { self != .legacy }
}
