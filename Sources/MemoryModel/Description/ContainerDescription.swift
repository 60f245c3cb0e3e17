// SPDX-License-Identifier: Apache-2.0

/// The hardware ids of container devices, which hold processors and memory devices that come and go together
/// (seed 002, section 2: CONFIG_ACPI_CONTAINER).
public enum ContainerKind: String, CaseIterable, Sendable, Codable {
    /// A module device.
    case module = "ACPI0004"
    /// A generic container device.
    case generic = "PNP0A05"
    /// An extended container device.
    case extended = "PNP0A06"
}

extension MachineDescription {
    /// A container device that the firmware knows of: what arrives when it is plugged in.
    public struct Container: Hashable, Sendable {
        /// What it is called when it is plugged and unplugged.
        public var name: String
        /// Its hardware id.
        public var kind: ContainerKind
        /// The node it and everything in it is on (_PXM).
        public var node: Int
        /// How many processors it brings.
        public var cpus: Int
        /// Bytes of each memory device it brings, in the order of its namespace.
        public var dimms: [UInt64]

        /// Makes a container from its parts.
        public init(name: String, kind: ContainerKind = .module, node: Int, cpus: Int = 0, dimms: [UInt64] = []) {
            self.name = name
            self.kind = kind
            self.node = node
            self.cpus = cpus
            self.dimms = dimms
        }

        /// The name of one of its memory devices.
        public func dimmName(_ index: Int) -> String { "\(name).\(index)" }
    }
}
