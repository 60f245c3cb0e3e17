// SPDX-License-Identifier: Apache-2.0

/// A slot for a memory device (DIMM): the firmware's PNP0C80 object, plugged or empty.
public struct MemoryDevice: Sendable, Equatable, Codable {
    /// What is in a slot.
    public struct Module: Sendable, Equatable, Codable {
        /// The name it was plugged under.
        public let id: String
        /// First byte.
        public let first: UInt64
        /// Bytes.
        public let size: UInt64
        /// The node it names (_PXM).
        public let node: NodeID
        /// The container it came in, if it did.
        public let container: ContainerID?
        /// Whether the kernel took it; a device whose memory was refused stays in the slot, unused.
        public internal(set) var isBound: Bool
        /// The blocks bound to it, ascending.
        public internal(set) var blocks: [BlockID]

        /// Last byte.
        public var last: UInt64 { first + (size - 1) }
    }
    /// What is plugged in, or nil.
    public internal(set) var module: Module?
}

/// Blocks added together, for the auto-movable policy (spec 4, groups).
public struct MemoryGroup: Sendable, Equatable, Codable {
    /// The node of its blocks.
    public let node: NodeID
    /// All pages the device can have.
    public let maxPages: UInt64
    /// Pages online in kernel zones.
    public internal(set) var presentKernel: UInt64 = 0
    /// Pages online in Movable.
    public internal(set) var presentMovable: UInt64 = 0
}
