// SPDX-License-Identifier: Apache-2.0

/// A page frame number: a physical address divided by the page size.
public typealias PageFrame = UInt64

/// A memory block's id: its start address divided by the block size; `memory32` is `BlockID(32)`.
public struct BlockID: Hashable, Comparable, Sendable, Codable, CustomStringConvertible {
    /// The number in the directory's name.
    public let rawValue: UInt32
    /// Wraps a number.
    public init(_ rawValue: UInt32) { self.rawValue = rawValue }
    /// Ascending by number.
    public static func < (a: BlockID, b: BlockID) -> Bool { a.rawValue < b.rawValue }
    /// The directory's name.
    public var description: String { "memory\(rawValue)" }
}

/// A NUMA node's id; `node1` is `NodeID(1)`.
public struct NodeID: Hashable, Comparable, Sendable, Codable, CustomStringConvertible {
    private let number: Int32

    /// The number in the directory's name.
    public var rawValue: Int { Int(number) }
    /// Wraps a number.
    public init(_ rawValue: Int) { number = Int32(clamping: rawValue) }
    /// Ascending by number.
    public static func < (a: NodeID, b: NodeID) -> Bool { a.rawValue < b.rawValue }
    /// The directory's name.
    public var description: String { "node\(rawValue)" }
}

/// How a block is to be brought online, or the default for added ones: the four texts of `state` and
/// `auto_online_blocks` (spec 3.1, 3.3; seed 001).
public enum OnlineType: String, CaseIterable, Sendable {
    case offline
    case online
    case onlineKernel = "online_kernel"
    case onlineMovable = "online_movable"
}

extension String {
    /// Whether a device, a container or a workload may be called so: one word that stands in a line of `key=value`
    /// pairs, quoted or not.
    public var isName: Bool {
        !isEmpty
            && unicodeScalars.allSatisfy { scalar in
                scalar != "\"" && scalar != "=" && !scalar.properties.isWhitespace
                    && scalar.properties.generalCategory != .control
            }
    }
}
