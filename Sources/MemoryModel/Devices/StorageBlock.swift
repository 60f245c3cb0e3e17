// SPDX-License-Identifier: Apache-2.0

/// A block of an IBM Z partition's storage, as `/sys/firmware/memory` shows it: the kernel has it, or the firmware holds it
/// ready.
public struct StorageBlock: Sendable, Equatable, Codable {
    /// The block.
    public let id: BlockID
    /// Whether the kernel has it, so that it is in `/sys/devices/system/memory`.
    public internal(set) var isConfigured: Bool
    /// Whether it is to hold its own memory map when the kernel gets it.
    public internal(set) var hostsMap: Bool
}
