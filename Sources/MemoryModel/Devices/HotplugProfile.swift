// SPDX-License-Identifier: Apache-2.0

/// Handlers of ACPI devices that can be hot-plugged: the directories of `/sys/firmware/acpi/hotplug`.
public enum HotplugProfile: String, CaseIterable, Sendable, Codable {
    /// Of container devices.
    case container
    /// Of memory devices.
    case memory
    /// Of processors.
    case processor
    /// Of PCI host bridges.
    case pciRoot = "pci_root"
}

extension Machine {
    /// The handlers that a kernel has. Those of processors and PCI roots have nothing to do with memory, and are shown
    /// only.
    public var hotplugProfiles: [HotplugProfile] {
        guard rules.hasHotplugProfiles, description.architecture.hasACPI else { return [] }
        return HotplugProfile.allCases.filter { $0 != .memory || !parameters.ignoresMemoryDevices }
    }

    /// Why nothing that a handler handles can be ejected; nil if it can.
    func ejectingDisabled(_ profile: HotplugProfile) -> String? {
        if profile == .memory, parameters.ignoresMemoryDevices { return "Eject disabled: acpi_no_memhotplug" }
        guard hotplugDisabled.contains(profile) else { return nil }
        return "Eject disabled: /sys/firmware/acpi/hotplug/\(profile.rawValue)/enabled is 0"
    }
}
