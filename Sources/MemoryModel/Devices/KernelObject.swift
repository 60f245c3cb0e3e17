// SPDX-License-Identifier: Apache-2.0

/// A kernel object (kobject) that can send uevents: what `uevent` files and runtime power management belong to.
public enum KernelObject: Hashable, Sendable, Codable {
    /// `/sys/devices/system/memory` itself.
    case memoryRoot
    /// `/sys/devices/system/node` itself.
    case nodeRoot
    /// `/sys/devices/system/cpu` itself.
    case cpuRoot
    case block(BlockID)
    case node(NodeID)
    case cpu(Int)
    /// `/sys/bus/NAME`.
    case bus(Bus)
    /// The PNP0C80 object of a slot.
    case device(slot: Int)
    /// `/sys/devices/system/container` itself.
    case containerRoot
    /// The ACPI object of a container.
    case container(ContainerID)
    /// The ACPI object of a processor.
    case processor(Int)
    /// The system device that stands for a container.
    case containerDevice(ContainerID)

    /// The buses shown.
    public enum Bus: String, CaseIterable, Sendable, Codable {
        case memory
        case node
        case cpu
        case acpi
        case container
    }

    /// DEVPATH: the path under `/sys`.
    public var path: String {
        switch self {
        case .memoryRoot: "/devices/system/memory"
        case .nodeRoot: "/devices/system/node"
        case .cpuRoot: "/devices/system/cpu"
        case .block(let id): "/devices/system/memory/\(id)"
        case .node(let id): "/devices/system/node/\(id)"
        case .cpu(let number): "/devices/system/cpu/cpu\(number)"
        case .bus(let bus): "/bus/\(bus.rawValue)"
        case .device(let slot): "/devices/LNXSYSTM:00/LNXSYBUS:00/\(Self.deviceName(slot: slot))"
        case .containerRoot: "/devices/system/container"
        case .container(let id): "/devices/LNXSYSTM:00/LNXSYBUS:00/\(id)"
        case .processor(let number): "/devices/LNXSYSTM:00/LNXSYBUS:00/\(Self.processorName(number))"
        case .containerDevice(let id): "/devices/system/container/\(id)"
        }
    }

    /// SUBSYSTEM, or nil for an object that is on no bus: its events are filtered and never sent (spec 12).
    public var subsystem: String? {
        switch self {
        case .memoryRoot, .nodeRoot, .cpuRoot, .containerRoot: nil
        case .block: "memory"
        case .node: "node"
        case .cpu: "cpu"
        case .bus: "bus"
        case .device, .container, .processor: "acpi"
        case .containerDevice: "container"
        }
    }

    /// The variables of a uevent in the kernel's order (spec 12), without the SEQNUM that ends them; nil for an object
    /// whose events are filtered.
    public func variables(_ action: UeventAction, arguments: [String]) -> [String]? {
        guard let subsystem else { return nil }
        let own = ["ACTION=\(action.rawValue)", "DEVPATH=\(path)", "SUBSYSTEM=\(subsystem)"]
        switch self {
        case .device: return own + arguments + ["MODALIAS=acpi:PNP0C80:"]
        case .container(let id): return own + arguments + ["MODALIAS=acpi:\(id.kind.rawValue):"]
        case .processor: return own + arguments + ["MODALIAS=acpi:LNXCPU:"]
        default: return own + arguments
        }
    }

    /// A slot's ACPI name: PNP0C80:00, PNP0C80:01, ..., in hexadecimal.
    public static func deviceName(slot: Int) -> String { acpiName("PNP0C80", slot) }

    /// A processor's ACPI name: LNXCPU:00 and up.
    public static func processorName(_ number: Int) -> String { acpiName("LNXCPU", number) }

    /// An ACPI object's name: its hardware id and its number, in at least two hexadecimal digits.
    static func acpiName(_ hardwareID: String, _ number: Int) -> String {
        let digits = String(number, radix: 16)
        return hardwareID + ":" + (digits.count < 2 ? "0" : "") + digits
    }
}

/// The actions of a uevent, as `uevent` files take them (spec 12).
public enum UeventAction: String, CaseIterable, Sendable, Codable {
    case add, remove, change, move, online, offline, bind, unbind
}
