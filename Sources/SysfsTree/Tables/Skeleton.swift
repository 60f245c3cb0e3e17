// SPDX-License-Identifier: Apache-2.0

import MemoryModel

/// The directories that only hold others. The mounted tree is a system root, so that `--sysroot`, `HWLOC_FSROOT`
/// and bind mounts all work.
enum Skeleton {
    static let root: [Row<Whole>] = [
        .directory("sys", .sys),
        .directory("proc", .proc),
    ]
    static let sys: [Row<Whole>] = [
        .directory("devices", .devices),
        .directory("bus", .bus),
        .directory("module", .module),
        .directory(
            "firmware", .firmware,
            exists: {
                $0.description.architecture.hasFirmwareMemmap || $0.description.architecture.hasACPI
                    || $0.description.configuresStandby
            }),
        .directory("kernel", .kernel),
    ]
    static let devices: [Row<Whole>] = [
        .directory("system", .system),
        .directory("LNXSYSTM:00", .acpiSystem, exists: { $0.description.architecture.hasACPI }),
    ]
    static let system: [Row<Whole>] = [
        .directory("memory", .memory),
        .directory("node", .nodes),
        .directory("cpu", .cpus),
        .directory("container", .containers, exists: { $0.description.architecture.hasACPI }),
    ]
    static let bus: [Row<Whole>] = [.directories("memory, node, cpu, acpi, container", .busKind, BusTable.buses)]
    static let module: [Row<Whole>] = [.directory("memory_hotplug", .memoryHotplug)]
    static let firmware: [Row<Whole>] = [
        .directory("memmap", .memmap, exists: { $0.description.architecture.hasFirmwareMemmap }),
        .directory("acpi", .firmwareACPI, exists: { !$0.hotplugProfiles.isEmpty }),
        .directory("memory", .storage, exists: \.description.configuresStandby),
    ]
    static let kernel: [Row<Whole>] = [.directory("debug", .debug, mode: 0o700)]
    static let debug: [Row<Whole>] = [
        .directory("hotmem", .hotmem),
        .directory("notifier-error-inject", .notifierInject),
        .directory("memblock", .memblock),
    ]
}
