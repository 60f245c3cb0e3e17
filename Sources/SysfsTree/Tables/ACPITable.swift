// SPDX-License-Identifier: Apache-2.0

import MemoryModel

/// The firmware's memory device objects (PNP0C80), one per slot (spec 8.4; seed 002, 4.1).
enum ACPITable {
    static let system: [Row<Whole>] = [.directory("LNXSYBUS:00", .acpiBus)]

    static let bus: [Row<Whole>] = [
        .directories(
            "PNP0C80:NN", .device,
            Family(members: { machine, _ in
                machine.devices.indices.map {
                    Member(name: KernelObject.deviceName(slot: $0), key: Key(object: UInt32($0)))
                }
            })),
        .directories("ACPI0004:NN", .container, ContainerTable.plugged),
        .directories(
            "LNXCPU:NN", .processor,
            Family(members: { machine, _ in
                machine.removableProcessors.map {
                    let incarnation = machine.processor($0)?.incarnation ?? 0
                    return Member(
                        name: KernelObject.processorName($0), key: Key(object: UInt32($0), sub: incarnation))
                }
            })),
    ]

    /// The object of a processor that came in a container (ACPI0007 in the firmware's tables).
    static let processor: [Row<ProcessorObject>] = [
        .file("hid", show: { _, _ in "LNXCPU\n" }),
        .file("modalias", show: { _, _ in "acpi:LNXCPU:\n" }),
        .file("path", show: { "\\_SB_.C" + Text.right(Text.hex($1.number).uppercased(), 3, fill: "0") + "\n" }),
        .file("uid", show: { "\($1.number)\n" }),
        .file("status", show: { _, _ in "15\n" }),
        .uevent(of: { .processor($0.number) }, show: { _, _ in "MODALIAS=acpi:LNXCPU:\n" }),
        .directory("power", .processorPower),
        .link("subsystem", target: { _, _ in "../../../../bus/acpi" }),
        .link("physical_node", target: { "../../../system/cpu/cpu\($1.object)" }),
    ]

    static let device: [Row<Slot>] = [
        .file("hid", show: { _, _ in "PNP0C80\n" }),
        .file("modalias", show: { _, _ in "acpi:PNP0C80:\n" }),
        .file("path", show: { "\\_SB_.ME" + Text.right(Text.hex($1.number).uppercased(), 2, fill: "0") + "\n" }),
        .file("uid", show: { "\($1.number)\n" }),
        .file("status", show: { $0.devices[$1.number].module == nil ? "0\n" : "15\n" }),
        .file("eject", store: eject),
        .uevent(of: { .device(slot: $0.number) }, show: { _, _ in "MODALIAS=acpi:PNP0C80:\n" }),
        .directory("power", .devicePower),
        .link("subsystem", target: { _, _ in "../../../../bus/acpi" }),
        .links("physical_nodeN", blocks, target: { "../../../system/memory/memory\($1.object)" }),
    ]

    /// A link per bound block: `physical_node`, `physical_node1`, ... in the order they were bound.
    private static let blocks = Family<Slot>(members: { machine, slot in
        (machine.devices[slot.number].module?.blocks ?? []).enumerated().map { place, block in
            let name = place == 0 ? "physical_node" : "physical_node\(place)"
            return Member(name: name, key: Key(object: block.rawValue, sub: UInt16(slot.number)))
        }
    })

    @Sendable private static func eject(_: Machine, slot: Slot, text: String) throws(Refusal) -> [Command] {
        try Parse.one(text)
        return [.eject(slot: slot.number)]
    }
}
