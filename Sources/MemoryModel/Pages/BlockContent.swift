// SPDX-License-Identifier: Apache-2.0

/// What the pages of an online block are. A block whose pages are all alike needs no more than this; records for
/// single pages exist while its pages differ.
struct BlockContent: Sendable {
    enum Form: UInt8, Sendable {
        /// All free, in chunks of the highest order that follow each other in their list; every pageblock alike.
        case free
        /// All in use by one owner, and following each other in its list.
        case used
        /// All reserved at boot.
        case reserved
        /// Told apart, in records.
        case paged
        /// No block has this content now.
        case vacant
    }
    /// Blocks with pages of several zones have this zone number.
    static let mixedZone = UInt16.max

    var block: BlockID
    /// The zone's number, or ``mixedZone``.
    var zone: UInt16
    var form: Form
    /// The pageblocks' type, unless they are told apart.
    var type: MigrateType = .movable
    /// Whether allocations steer clear of it.
    var isAvoided = false
    /// Whether pages that are freed in it are booked (seed 000).
    var isBooked = false
    /// Whether all its pages are on the active list, or dirty, if all are one owner's.
    var flags: PageFlags = []
    /// Whose its pages are, if all are one owner's.
    var owner: UInt32 = 0
    /// Pages at its start that hold its own memory map.
    var ownMap: UInt32 = 0
    /// Where its records are, if it has any.
    var slot: UInt32 = 0
    var next = Link.none
    var previous = Link.none
}
