// SPDX-License-Identifier: Apache-2.0

import Glibc
import MemoryModel
import Sandbox

/// Where a machine's tree lies over the host's paths in the world of `hotmem run`.
enum WorldLayout {
    /// The paths, each with whether a machine has it. What it lacks is covered by an empty directory: the
    /// host's own would show through, and a host's PNP0C80 device can be ejected.
    private static let paths: [(path: String, exists: @Sendable (Machine) -> Bool)] = [
        ("/sys/devices/system/memory", { _ in true }),
        ("/sys/devices/system/node", { _ in true }),
        ("/sys/devices/system/cpu", { _ in true }),
        ("/sys/devices/system/container", { $0.description.architecture.hasACPI }),
        ("/sys/devices/LNXSYSTM:00", { $0.description.architecture.hasACPI }),
        ("/sys/bus/memory", { _ in true }),
        ("/sys/bus/node", { _ in true }),
        ("/sys/bus/cpu", { _ in true }),
        ("/sys/bus/acpi", { $0.description.architecture.hasACPI }),
        ("/sys/bus/container", { $0.description.architecture.hasACPI }),
        ("/sys/module/memory_hotplug", { _ in true }),
        ("/sys/firmware/memmap", { $0.description.architecture.hasFirmwareMemmap }),
        ("/sys/firmware/acpi/hotplug", { !$0.hotplugProfiles.isEmpty }),
        ("/sys/kernel/debug", { _ in true }),
        ("/proc/buddyinfo", { _ in true }),
        ("/proc/cmdline", { _ in true }),
        ("/proc/iomem", { _ in true }),
        ("/proc/meminfo", { _ in true }),
        ("/proc/pagetypeinfo", { _ in true }),
        ("/proc/vmstat", { _ in true }),
        ("/proc/zoneinfo", { _ in true }),
    ]

    /// A directory of every tree that is always empty: no driver binds to memory blocks.
    private static let emptyDirectory = "/sys/bus/memory/drivers"

    /// The world for a command on a machine. A path that the host lacks is said and left out.
    static func configuration(command: [String], machine: Machine) -> WorldConfiguration {
        let overlays = paths.map {
            Overlay(target: $0.path, source: $0.exists(machine) ? $0.path : emptyDirectory, required: false)
        }
        return WorldConfiguration(
            command: command, environment: environment, overlays: overlays,
            treeProbe: "/sys/devices/system/memory/block_size_bytes")
    }

    /// The caller's environment, and what makes udev's library take a tree that is not the kernel's own sysfs.
    private static var environment: [String] {
        var words: [String] = []
        var entry = environ
        while let word = entry.pointee {
            words.append(String(cString: word))
            entry += 1
        }
        return words.filter { !$0.hasPrefix("SYSTEMD_DEVICE_VERIFY_SYSFS=") } + ["SYSTEMD_DEVICE_VERIFY_SYSFS=0"]
    }
}
