// SPDX-License-Identifier: Apache-2.0

/// A processor that is present.
public struct Processor: Sendable, Equatable, Codable {
    /// The node it is on.
    public let node: NodeID
    /// The container it came in; nil for one that is there from boot and cannot go.
    public let container: ContainerID?
    /// Tells it from its predecessors of the same number; 0 for those of boot.
    public let incarnation: UInt16
    /// Whether it runs.
    public internal(set) var isOnline: Bool
}
