// SPDX-License-Identifier: Apache-2.0

import MemoryModel

/// `/sys/bus/memory` and its like (spec 2; drivers/base/bus.c).
enum BusTable {
    /// The buses; a bus's key is its place among all of them.
    static let buses = Family<Whole>(members: { machine, _ in
        KernelObject.Bus.allCases.enumerated().compactMap { place, bus in
            guard (bus != .acpi && bus != .container) || machine.description.architecture.hasACPI else { return nil }
            return Member(name: bus.rawValue, key: Key(object: UInt32(place)))
        }
    })

    static let bus: [Row<KernelObject.Bus>] = [
        .file(
            "drivers_autoprobe", show: { $0.autoprobeOff.contains($1) ? "0\n" : "1\n" },
            store: { [.setAutoprobe($1, $2.utf8.first != UInt8(ascii: "0"))] }),
        .file("drivers_probe", store: probeDriver),
        .uevent(of: { .bus($0) }, show: nil),
        .directory("devices", .busDevices),
        .directory("drivers", .busDrivers),
    ]

    static let devices: [Row<KernelObject.Bus>] = [
        .links("devices", Family(members: members, find: find), target: target)
    ]

    /// No driver ever binds; an unknown device is ENODEV (spec 2).
    @Sendable private static func probeDriver(
        _ machine: Machine, bus: KernelObject.Bus, text: String
    ) throws(Refusal) -> [Command] {
        guard find(machine, bus, String(KernelText.line(text[...]))) != nil else {
            throw Refusal(.noDevice, "no such device on the bus")
        }
        return []
    }

    @Sendable private static func members(_ machine: Machine, _ bus: KernelObject.Bus) -> [Member] {
        switch bus {
        case .memory: machine.blocks.map { member(bus, $0.id.description, $0.id.rawValue) }
        case .node: machine.onlineNodes.map { member(bus, $0.id.description, UInt32($0.id.rawValue)) }
        case .cpu: machine.presentProcessors.map { member(bus, "cpu\($0)", UInt32($0)) }
        case .acpi: acpiObjects(machine)
        case .container: machine.containers.map { member(bus, $0.id.description, $0.id.key) }
        }
    }

    /// Slots, containers and processors. The two highest bits of a key say which.
    private static func acpiObjects(_ machine: Machine) -> [Member] {
        machine.devices.indices.map { member(.acpi, KernelObject.deviceName(slot: $0), UInt32($0)) }
            + machine.containers.map { member(.acpi, $0.id.description, 1 << 30 | $0.id.key) }
            + machine.removableProcessors.map { member(.acpi, KernelObject.processorName($0), 2 << 30 | UInt32($0)) }
    }

    private static func acpiObject(_ number: UInt32) -> KernelObject {
        let rest = number & (1 << 30 - 1)
        switch number >> 30 {
        case 1: return ContainerID(key: rest).map { .container($0) } ?? .device(slot: 0)
        case 2: return .processor(Int(rest))
        default: return .device(slot: Int(rest))
        }
    }

    @Sendable private static func find(_ machine: Machine, _ bus: KernelObject.Bus, _ name: String) -> Member? {
        guard bus == .memory else { return members(machine, bus).first { $0.name == name } }
        return number(in: name, after: "memory").flatMap { machine.blocks[BlockID($0)] }
            .map { member(bus, name, $0.id.rawValue) }
    }

    private static func member(_ bus: KernelObject.Bus, _ name: String, _ number: UInt32) -> Member {
        Member(name: name, key: Key(object: number, sub: UInt16(KernelObject.Bus.allCases.firstIndex(of: bus) ?? 0)))
    }

    @Sendable private static func target(_ machine: Machine, _ key: Key) -> String {
        let object: KernelObject
        switch KernelObject.Bus.allCases[Int(key.sub) % KernelObject.Bus.allCases.count] {
        case .memory: object = .block(BlockID(key.object))
        case .node: object = .node(NodeID(Int(key.object)))
        case .cpu: object = .cpu(Int(key.object))
        case .acpi: object = acpiObject(key.object)
        case .container: object = ContainerID(key: key.object).map { .containerDevice($0) } ?? .containerRoot
        }
        return "../../.." + object.path
    }
}

extension KernelObject.Bus: Subject {
    static func find(_ key: Key, in machine: Machine) -> KernelObject.Bus? {
        let all = KernelObject.Bus.allCases
        return Int(key.object) < all.count ? all[Int(key.object)] : nil
    }
}
