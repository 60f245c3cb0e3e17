// SPDX-License-Identifier: Apache-2.0

/// Which container device: its hardware id and its number among those of that id.
public struct ContainerID: Hashable, Sendable, Codable, CustomStringConvertible {
    /// The hardware id.
    public let kind: ContainerKind
    /// The number, from 0; the lowest that is free.
    public let number: Int

    /// Makes an id from its parts.
    public init(kind: ContainerKind, number: Int) {
        self.kind = kind
        self.number = number
    }

    /// The ACPI object's name, and that of its system device: ACPI0004:00, in hexadecimal.
    public var description: String { KernelObject.acpiName(kind.rawValue, number) }
}

/// A container device that is plugged in: an ACPI object, and the system device that stands for it
/// (`/sys/devices/system/container`, container_device_attach).
public struct ContainerDevice: Sendable, Equatable {
    /// Its ACPI object.
    public let id: ContainerID
    /// The name it was plugged under.
    public let name: String
    /// The node of what is in it.
    public let node: NodeID
    /// Tells it from its predecessors of the same id.
    public let incarnation: UInt16
    /// What its system device's `online` says. While it is 1 the kernel does not eject the container.
    public internal(set) var isOnline = true
}
