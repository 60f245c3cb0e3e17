// SPDX-License-Identifier: Apache-2.0

/// A place in a list of pages: a page with a record, a whole block without, or the list's end.
struct Link: Equatable, Sendable {
    let rawValue: UInt32
    private static let blockBit: UInt32 = 1 << 31

    static let none = Link(rawValue: .max)
    init(rawValue: UInt32) { self.rawValue = rawValue }
    /// A page, by the index of its record.
    init(page: Int) { rawValue = UInt32(truncatingIfNeeded: page) }
    /// A whole block, by the number of its content.
    init(block: Int) { rawValue = UInt32(truncatingIfNeeded: block) | Self.blockBit }

    var isBlock: Bool { rawValue & Self.blockBit != 0 && rawValue != .max }
    /// The index of a page's record, or the number of a block's content.
    var number: Int { Int(rawValue & ~Self.blockBit) }
}

/// What a page frame is. A chunk's or huge page's first frame says it for all of them.
enum PageUse: UInt8, Sendable {
    /// Not the first of its chunk or huge page.
    case tail
    /// First of a free chunk in a buddy list.
    case free
    /// First of a free chunk in a per-CPU list.
    case perCPU
    /// First of pages that belong to an owner.
    case used
    /// Reserved since boot.
    case reserved
    /// A hole: no memory here.
    case absent
    /// Broken, and out of the buddy lists.
    case broken
}

/// Marks of single pages.
struct PageFlags: OptionSet, Sendable {
    let rawValue: UInt8
    /// Broken while in use: not to be handed out again.
    static let poisoned = PageFlags(rawValue: 1)
    /// Of the first of several frames: one of them is poisoned.
    static let holdsPoison = PageFlags(rawValue: 16)
    /// Somebody holds an extra reference (DMA): it cannot move until it is unpinned.
    static let pinned = PageFlags(rawValue: 2)
    /// On the active list.
    static let active = PageFlags(rawValue: 4)
    /// Changed since it was last written out.
    static let dirty = PageFlags(rawValue: 8)
}

/// A page frame of a block whose pages are told apart: the kernel's struct page, in 16 bytes.
struct PageRecord: Sendable, Equatable {
    var use: PageUse = .tail
    /// Of a first frame: how many there are, as a power of two.
    var order: UInt8 = 0
    var flags: PageFlags = []
    /// Of a free chunk: whose lists it is in.
    var type: MigrateType = .movable
    /// Of used pages: whose they are; 0 is nobody.
    var owner: UInt32 = 0
    /// Neighbours in a free list, a per-CPU list or the owner's list.
    var next = Link.none
    var previous = Link.none

    /// Frames that it speaks for: those of a chunk or page whose first it is, else one.
    var frames: Int {
        switch use {
        case .free, .perCPU, .used: 1 << Int(order)
        case .tail, .reserved, .absent, .broken: 1
        }
    }

    /// Whether it is a single page, and broken: offlining passes over it.
    var isBrokenAlone: Bool { flags.contains(.poisoned) && order == 0 }
}
