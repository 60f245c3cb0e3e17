// SPDX-License-Identifier: Apache-2.0

import Glibc
import MemoryModel
import Sandbox
import SysfsTree

/// Where a machine's tree lies over the host's paths in the world of `hotmem run`.
enum WorldLayout {
    /// The paths. What a machine's tree lacks is covered by an empty directory: the host's own would show through, and
    /// a host's PNP0C80 device can be ejected.
    private static let paths = [
        "/sys/devices/system/memory",
        "/sys/devices/system/node",
        "/sys/devices/system/cpu",
        "/sys/devices/system/container",
        "/sys/devices/LNXSYSTM:00",
        "/sys/bus/memory",
        "/sys/bus/node",
        "/sys/bus/cpu",
        "/sys/bus/acpi",
        "/sys/bus/container",
        "/sys/module/memory_hotplug",
        "/sys/firmware/memmap",
        "/sys/firmware/acpi/hotplug",
        "/sys/kernel/debug",
        "/proc/buddyinfo",
        "/proc/cmdline",
        "/proc/iomem",
        "/proc/meminfo",
        "/proc/pagetypeinfo",
        "/proc/vmstat",
        "/proc/zoneinfo",
    ]

    /// What is covered besides where the machine's devices are to be the only ones, as programs that look for devices
    /// find them: `udevadm trigger` writes to every device that it finds.
    private static let otherDevices = ["/sys/bus", "/sys/class"]

    /// A directory of every tree that is always empty: no driver binds to memory blocks.
    private static let emptyDirectory = "/sys/bus/memory/drivers"

    /// The world for a command on a machine. A path that the host lacks is said and left out.
    ///
    /// - Parameter hidesOthers: whether the host's devices are not to be found.
    static func configuration(command: [Word], machine: Machine, hidesOthers: Bool) -> WorldConfiguration {
        let tree = TreeSession(machine: machine)
        var covered = hidesOthers ? paths.filter { !$0.hasPrefix("/sys/bus/") } + otherDevices : paths
        // Only IBM Z has it, and a directory in the host's sysfs cannot be made.
        if tree.has("/sys/firmware/memory") {
            covered = covered.filter { !$0.hasPrefix("/sys/firmware/") } + ["/sys/firmware"]
        }
        let overlays = covered.map {
            Overlay(target: $0, source: tree.has($0) ? $0 : emptyDirectory, required: false)
        }
        return WorldConfiguration(
            command: command, environment: environment, overlays: overlays,
            treeProbe: "/sys/devices/system/memory/block_size_bytes")
    }

    /// The caller's environment, and what makes udev's library take a tree that is not the kernel's own sysfs.
    private static var environment: [Word] {
        var words: [Word] = []
        var entry = environ
        while let word = entry.pointee {
            words.append(Word(copying: word))
            entry += 1
        }
        return words.filter { !$0.hasPrefix("SYSTEMD_DEVICE_VERIFY_SYSFS=") } + ["SYSTEMD_DEVICE_VERIFY_SYSFS=0"]
    }
}
