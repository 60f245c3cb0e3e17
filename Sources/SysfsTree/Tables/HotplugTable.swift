// SPDX-License-Identifier: Apache-2.0

import MemoryModel

/// `/sys/firmware/acpi/hotplug`: the handlers of ACPI devices, and whether what they handle can be ejected (spec 8.4).
enum HotplugTable {
    static let acpi: [Row<Whole>] = [.directory("hotplug", .acpiHotplug)]

    static let hotplug: [Row<Whole>] = [
        .file("force_remove", mode: 0o644, show: { _, _ in "0\n" }, store: forceRemove),
        .directories(
            "container, memory, processor, pci_root", .hotplugProfile,
            Family(members: { machine, _ in
                machine.hotplugProfiles.map { Member(name: $0.rawValue, key: $0.key) }
            })),
    ]

    static let profile: [Row<HotplugProfile>] = [
        .file(
            "enabled", mode: 0o644, show: { $0.hotplugDisabled.contains($1) ? "0\n" : "1\n" }, store: enable)
    ]

    /// Since Linux 4.12 it does nothing but say so.
    @Sendable private static func forceRemove(_: Machine, _: Whole, text: String) throws(Refusal) -> [Command] {
        guard try !Parse.bool(text) else { throw Refusal(.invalid, "force_remove is not supported anymore") }
        return []
    }

    @Sendable private static func enable(
        _: Machine, profile: HotplugProfile, text: String
    ) throws(Refusal) -> [Command] {
        guard let number = try? Parse.number(text), number <= 1 else { throw Refusal(.invalid, "only 0 and 1") }
        return [.setHotplugEnabled(profile, number == 1)]
    }
}

extension HotplugProfile: Subject {
    var key: Key { Key(object: UInt32(Self.allCases.firstIndex(of: self) ?? 0)) }

    static func find(_ key: Key, in machine: Machine) -> HotplugProfile? {
        machine.hotplugProfiles.first { $0.key == key }
    }
}
