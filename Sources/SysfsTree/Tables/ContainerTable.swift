// SPDX-License-Identifier: Apache-2.0

import MemoryModel

/// Container devices: their ACPI objects, and `/sys/devices/system/container` with a system device for each
/// (drivers/acpi/container.c, drivers/base/container.c).
enum ContainerTable {
    /// The ACPI object. What is in the container is linked below it, where the firmware's tree has it.
    static let object: [Row<ContainerDevice>] = [
        .file("hid", show: { "\($1.id.kind.rawValue)\n" }),
        .file("modalias", show: { "acpi:\($1.id.kind.rawValue):\n" }),
        .file("path", show: path),
        .file("uid", show: { "\($1.id.number)\n" }),
        .file("status", show: { _, _ in "15\n" }),
        .file("eject", store: eject),
        .uevent(of: { .container($0.id) }, show: { "MODALIAS=acpi:\($1.id.kind.rawValue):\n" }),
        .directory("power", .containerPower),
        .link("subsystem", target: { _, _ in "../../../../bus/acpi" }),
        .link("physical_node", target: { "../../../system/container/" + name($1) }),
        .links("PNP0C80:NN", slots, target: { "../" + KernelObject.deviceName(slot: Int($1.object)) }),
        .links("LNXCPU:NN", processors, target: { "../" + KernelObject.processorName(Int($1.object)) }),
    ]

    /// `/sys/devices/system/container`.
    static let root: [Row<Whole>] = [
        .uevent(of: { _ in .containerRoot }),
        .directory("power", .containersPower),
        .directories("ACPI0004:NN", .containerDevice, plugged),
    ]

    /// The containers that are plugged in.
    static let plugged = Family<Whole>(members: { machine, _ in
        machine.containers.map { Member(name: $0.id.description, key: $0.key) }
    })

    /// The system device. It goes offline when everything in the container is, and only then can that be ejected.
    static let device: [Row<ContainerDevice>] = [
        .file("online", mode: 0o644, show: { $1.isOnline ? "1\n" : "0\n" }, store: setOnline),
        .uevent(of: { .containerDevice($0.id) }),
        .directory("power", .containerDevicePower),
        .link("subsystem", target: { _, _ in "../../../../bus/container" }),
        .link("firmware_node", target: { "../../../LNXSYSTM:00/LNXSYBUS:00/" + name($1) }),
    ]

    private static func name(_ key: Key) -> String { ContainerID(key: key.object)?.description ?? "" }

    /// A name of four letters, as ACPI's are: MD00, GC00, EC00.
    @Sendable private static func path(_: Machine, _ container: ContainerDevice) -> String {
        let letters =
            switch container.id.kind {
            case .module: "MD"
            case .generic: "GC"
            case .extended: "EC"
            }
        return "\\_SB_.\(letters)\(Text.hex(container.id.number, width: 2).uppercased())\n"
    }

    private static let slots = Family<ContainerDevice>(members: { machine, container in
        machine.slots(in: container.id).map {
            Member(name: KernelObject.deviceName(slot: $0), key: Key(object: UInt32($0), sub: container.incarnation))
        }
    })

    private static let processors = Family<ContainerDevice>(members: { machine, container in
        machine.processors(in: container.id).map {
            Member(name: KernelObject.processorName($0), key: Key(object: UInt32($0), sub: container.incarnation))
        }
    })

    @Sendable private static func eject(
        _: Machine, container: ContainerDevice, text: String
    ) throws(Refusal) -> [Command] {
        try Parse.one(text)
        return [.ejectContainer(container.id)]
    }

    @Sendable private static func setOnline(
        _: Machine, container: ContainerDevice, text: String
    ) throws(Refusal) -> [Command] {
        [.setContainerOnline(container.id, try Parse.bool(text))]
    }
}
