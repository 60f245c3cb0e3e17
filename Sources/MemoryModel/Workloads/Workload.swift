// SPDX-License-Identifier: Apache-2.0

/// Memory in use by something with a name.
public struct Workload: Sendable, Hashable {
    /// What the pages are for, as the `kind=` of the workload control.
    public enum Kind: String, CaseIterable, Sendable {
        /// Unmovable kernel memory: slab, page tables, a driver's buffers.
        case kernel
    }
    /// The name it is freed by.
    public let name: String
    /// What the pages are.
    public let kind: Kind
    /// The block they are in.
    public let block: BlockID
    /// How many.
    public let pages: UInt32

    /// Makes a workload of a number of pages in one block.
    public init(name: String, kind: Kind, block: BlockID, pages: UInt32) {
        (self.name, self.kind, self.block, self.pages) = (name, kind, block, pages)
    }
}
