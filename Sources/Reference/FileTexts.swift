// SPDX-License-Identifier: Apache-2.0

import SysfsTree

/// What the reference says: a sentence for each kind of directory, and for each file and link in it.
enum FileTexts {
    /// What a directory is.
    static func about(_ kind: DirectoryKind) -> String {
        switch kind {
        case .root: "The root of a mounted tree, which tools take as their system root."
        case .sys: "Where sysfs is mounted."
        case .devices: "All devices, each where it is attached."
        case .system: "Devices of the system itself: memory, nodes, processors, containers."
        case .memory: "The memory of the machine, in blocks that can go online and offline."
        case .block:
            """
            A memory block: the unit in which memory is hot-added, onlined and offlined. N is its address \
            divided by the block size.
            """
        case .nodes: "The NUMA nodes."
        case .node: "A NUMA node that is online: it has memory, processors or both."
        case .nodeMemoryFailure: "What became of the node's pages that broke."
        case .hugepages: "The node's pools of huge pages."
        case .hugepageSize: "The node's pool of huge pages of one size."
        case .cpus: "The processors."
        case .cpu: "A processor that is present."
        case .cpuTopology:
            """
            Where a processor that runs is: a node is a package, and each processor a core of its own.
            """
        case .containers: "The container devices: boards with memory devices and processors."
        case .containerDevice: "A container device that is plugged in, as a device of the system."
        case .memoryPower, .blockPower, .nodesPower, .nodePower, .cpusPower, .cpuPower, .devicePower, .containerPower,
            .containersPower, .containerDevicePower, .processorPower:
            "Runtime power management of a device. These devices have none, so the files say little."
        case .acpiSystem: "The root of the firmware's devices."
        case .acpiBus: "The firmware's devices."
        case .device: "A slot for a memory device (PNP0C80); there from boot, whether a device is in it or not."
        case .container: "A container device as the firmware sees it (ACPI0004, PNP0A05 or PNP0A06)."
        case .processor: "The firmware's object of a processor that came in a container."
        case .bus: "The buses: kinds of devices that drivers are found for in the same way."
        case .busKind: "A bus: its devices and drivers."
        case .busDevices: "Links to all devices of the bus."
        case .busDrivers: "The drivers of the bus. Empty: none ever binds."
        case .module: "Modules and their parameters."
        case .memoryHotplug: "The memory hotplug code, which is built in and has parameters all the same."
        case .memoryHotplugParameters: "How added memory is onlined, and where its memory map goes."
        case .firmware: "What firmware told the kernel."
        case .memmap: "The firmware's memory map as it was given to the kernel, and what was hot-added since."
        case .memmapEntry: "An entry of the firmware's memory map."
        case .firmwareACPI: "What can be set about ACPI."
        case .acpiHotplug: "The kinds of devices that ACPI can plug and eject."
        case .hotplugProfile: "A kind of device that ACPI can plug and eject."
        case .storage: "Storage of an IBM Z partition, in memory blocks: memory that can be configured."
        case .storageBlock: "A block of storage, configured or not."
        case .kernel: "The kernel's own directory."
        case .debug: "debugfs: for root only."
        case .notifierInject: "Error injection into notifier chains."
        case .notifierMemory: "Error injection into the memory notifier chain."
        case .notifierActions: "The calls of the memory notifier chain that may be refused."
        case .notifierAction: "A call of the memory notifier chain."
        case .memblock: "The boot memory allocator, as it was when it gave its memory to the kernel."
        case .hotmem: "The controls of the simulator: what happens to a machine from outside its kernel."
        case .proc: "Where procfs is mounted: texts about memory as a whole."
        case .captured: "What was captured of a real machine and no simulator knows."
        }
    }

    /// What the files and links of a directory say, by name.
    static func entries(of kind: DirectoryKind) -> [String: Said] {
        switch kind {
        case .memory: memory
        case .block: block
        case .nodes: nodes
        case .node: node
        case .nodeMemoryFailure: memoryFailure
        case .hugepageSize: hugepageSize
        case .cpus: cpus
        case .cpu: cpu
        case .cpuTopology: topology
        case .containers: ["uevent": writeOnly]
        case .containerDevice: containerDevice
        case .memoryPower, .blockPower, .nodesPower, .nodePower, .cpusPower, .cpuPower, .devicePower, .containerPower,
            .containersPower, .containerDevicePower, .processorPower:
            power
        case .device: acpiObject.merging(device) { $1 }
        case .container: acpiObject.merging(container) { $1 }
        case .processor: acpiObject.merging(processor) { $1 }
        case .busKind: bus
        case .busDevices: ["devices": Said("A link to each device of the bus.", .rules)]
        case .memoryHotplugParameters: parameters
        case .memmapEntry: memmapEntry
        case .acpiHotplug:
            [
                "force_remove": Said(
                    """
                    Always 0. Writing 1 is refused (EINVAL): ejecting what cannot go offline was taken out of the \
                    kernel.
                    """,
                    .forceRemove)
            ]
        case .hotplugProfile:
            [
                "enabled": Said(
                    """
                    Whether such devices can be ejected, 0 or 1. With 0 a write to `eject` is refused.
                    """, .acpiHotplug)
            ]
        case .storageBlock: storageBlock
        case .notifierAction:
            [
                "error": Said(
                    """
                    The errno, negative, with which the call is refused; 0 for none. Every block is then refused to \
                    go online, or offline.
                    """,
                    .notifierErrors)
            ]
        case .memblock: memblock
        case .hotmem:
            Dictionary(
                uniqueKeysWithValues: Control.all.map { control in
                    (control.name, Said("\(control.summary) Reading: \(control.shows)", .hotmem))
                })
        case .proc: proc
        case .root, .sys, .devices, .system, .hugepages, .acpiSystem, .acpiBus, .bus, .busDrivers, .module,
            .memoryHotplug,
            .firmware, .memmap, .firmwareACPI, .storage, .kernel, .debug, .notifierInject, .notifierMemory,
            .notifierActions,
            .captured:
            [:]
        }
    }

    // MARK: What many devices have

    private static let uevent = Said(
        """
        Reading: the variables of its own that uevents of the device carry. Writing an action (`add`, `change`, \
        ...) sends a uevent for it.
        """,
        .uevent)
    private static let writeOnly = Said(
        "Nothing to read. Writing an action (`add`, `change`, ...) sends a uevent for the directory.", .uevent)
    private static let subsystem = Said("The bus that the device belongs to.", .rules)

    private static let power = [
        "control": Said(
            """
            `auto` or `on`: whether the device may be suspended while it is idle. Kept, and without effect.
            """, .power),
        "runtime_status": Said("`unsupported`.", .power),
        "runtime_active_time": Said("0.", .power),
        "runtime_suspended_time": Said("0.", .power),
        "autosuspend_delay_ms": Said(
            """
            Reading and writing fail with EIO, as with all devices that do not use autosuspend.
            """, .power),
    ]

    // MARK: Memory

    private static let memory = [
        "block_size_bytes": Said("The size of all memory blocks, in hexadecimal without `0x`.", .memoryHotplug),
        "auto_online_blocks": Said(
            """
            What becomes of added memory: `offline`, or brought online at once as `online`, `online_kernel` or \
            `online_movable`.
            """,
            .memoryHotplug),
        "probe": Said(
            """
            Adds the block at the address that is written, as if firmware had announced it. On architectures \
            that have it; on x86 kernels made for testing.
            """,
            .memoryHotplug),
        "soft_offline_page": Said(
            """
            Takes the page at the address that is written out of use, and moves its contents elsewhere.
            """, .pageOffline),
        "hard_offline_page": Said(
            """
            Treats the page at the address that is written as broken: it is not used again, its contents are \
            lost.
            """, .pageOffline),
        "uevent": writeOnly,
        "crash_hotplug": Said(
            """
            Whether the kernel itself tells a loaded crash kernel of memory that comes and goes: 0, as none is \
            loaded. In kernels configured for it.
            """,
            .memory),
    ]

    private static let block = [
        "phys_index": Said(
            "The block's number, in hexadecimal. On Linux 3.8 the number of its first section.", .memory),
        "state": Said(
            """
            `online`, `offline` or `going-offline`. Writing `online`, `online_kernel` or `online_movable` brings \
            it online, into the zone the kernel chooses, one for the kernel, or Movable; `offline` takes it \
            offline, which can be refused or take long.
            """,
            .memory),
        "online": Said(
            """
            1 or 0. Writing them is onlining as the last time, or as `online`, and offlining.
            """, .online),
        "removable": Said(
            """
            1 where the kernel can take memory offline at all; it says nothing of this block. On Linux 3.8: \
            whether every page was free or movable just now.
            """,
            .memory),
        "phys_device": Said(
            """
            On s390x the number of the storage increment; elsewhere 0, without a meaning.
            """, .memory),
        "valid_zones": Said(
            """
            Of a block that is online: its zone, or `none` if it has several, and then it cannot go offline. Of \
            one that is offline: the zones it could go to, first the one that `online` takes.
            """,
            .memory),
        "uevent": uevent,
        "subsystem": subsystem,
        "nodeN": Said("The node that the block is on; more than one link if it lies on several.", .memory),
        "firmware_node": Said(
            """
            The slot of the memory device that the block came with, if it came with one.
            """, .firmwareNode),
        "end_phys_index": Said("The number of the block's last section, in hexadecimal.", .oldMemoryHotplug),
    ]

    // MARK: Nodes

    private static let nodes = [
        "possible": Said("The nodes that there may ever be.", .node),
        "online": Said("The nodes that have memory or processors, in use or not.", .node),
        "has_memory": Said("The nodes with memory that is online.", .nodeCode),
        "has_normal_memory": Said("The nodes with memory in a zone that the kernel can use directly.", .node),
        "has_high_memory": Said(
            """
            The nodes with memory in such a zone or in HighMem. On 32-bit machines.
            """, .node),
        "has_cpu": Said("The nodes with processors that run.", .node),
        "has_generic_initiator": Said(
            """
            The nodes with devices that firmware calls initiators: none here.
            """, .nodeCode),
        "uevent": writeOnly,
    ]

    private static let node = [
        "cpulist": Said("The node's processors that run, as a list: `0-3`.", .node),
        "cpumap": Said("The same as a mask in hexadecimal.", .node),
        "distance": Said(
            """
            How far each online node is, in the order of their numbers; 10 is the node itself.
            """, .node),
        "meminfo": Said(
            """
            How much memory the node has, and how it is used. `MemTotal` counts what is online, without memory \
            maps of boot.
            """, .node),
        "numastat": Said("How many pages were given out here that were wanted here, and elsewhere.", .node),
        "vmstat": Said("The node's counters of pages, by name.", .node),
        "compact": Said("Writing compacts the node's memory. Taken, and nothing to do here.", .node),
        "uevent": uevent,
        "subsystem": subsystem,
        "memoryN": Said("A link to each memory block of the node.", .memory),
        "cpuN": Said("A link to each processor of the node.", .nodeCode),
        "reclaim": Said(
            """
            Writing a number of bytes drops as much of the node's clean file pages; EAGAIN if there are not that \
            many. `swappiness=` may follow.
            """, .node),
    ]

    private static let memoryFailure = [
        "total": Said("Pages that broke.", .node),
        "ignored": Said("Those that nothing was done about.", .node),
        "recovered": Said("Those after which everything could go on.", .node),
        "failed": Said("Those after which it could not: 0 here.", .node),
        "delayed": Said("Those that are dealt with when they are used: 0 here.", .node),
    ]

    private static let hugepageSize = [
        "nr_hugepages": Said(
            """
            How many huge pages the node's pool has. Writing a number makes it as large, or as large as it can \
            become.
            """, .hugePages),
        "free_hugepages": Said("How many of them nobody uses.", .hugePages),
        "surplus_hugepages": Said("How many there are beyond what was asked for: 0.", .hugePages),
    ]

    // MARK: Processors and containers

    private static let cpus = [
        "possible": Said("The processors that there may ever be.", .cpu),
        "present": Said("Those that are there.", .cpu),
        "online": Said("Those that run.", .cpu),
        "offline": Said("Those that could be there, and do not run.", .cpu),
        "isolated": Said("Those kept out of scheduling: none.", .cpu),
        "kernel_max": Said("The highest number that a processor can have in this kernel.", .cpu),
        "uevent": writeOnly,
        "crash_hotplug": Said("As of memory, for processors.", .cpu),
    ]

    private static let cpu = [
        "uevent": uevent,
        "subsystem": subsystem,
        "nodeN": Said("The node that the processor is on.", .cpu),
        "online": Said(
            """
            1 or 0; writing them starts or stops the processor. Of those that came in a container, as only they \
            can be removed.
            """, .online),
        "firmware_node": Said("The firmware's object of a processor that came in a container.", .firmwareNode),
    ]

    private static let topology = [
        "physical_package_id": Said("The package, which is the node.", .topology),
        "die_id": Said("The die in the package: 0.", .topology),
        "core_id": Said("The core in the package.", .topology),
        "core_cpus": Said("The processors of the same core, as a mask: this one.", .topology),
        "core_cpus_list": Said("The same as a list.", .topology),
        "thread_siblings": Said("The older name of `core_cpus`.", .topology),
        "thread_siblings_list": Said("The older name of `core_cpus_list`.", .topology),
        "package_cpus": Said("The processors of the same package, as a mask.", .topology),
        "package_cpus_list": Said("The same as a list.", .topology),
        "core_siblings": Said("The older name of `package_cpus`.", .topology),
        "core_siblings_list": Said("The older name of `package_cpus_list`.", .topology),
        "die_cpus": Said("The processors of the same die, as a mask.", .topology),
        "die_cpus_list": Said("The same as a list.", .topology),
    ]

    private static let containerDevice = [
        "online": Said(
            """
            1 or 0. 0 can be written when everything in the container is offline; only then can that be ejected.
            """, .online),
        "uevent": uevent,
        "subsystem": subsystem,
        "firmware_node": Said("The container as the firmware sees it.", .firmwareNode),
    ]

    // MARK: The firmware's devices

    private static let acpiObject = [
        "hid": Said("The hardware id, which says what it is.", .acpi),
        "modalias": Said("The alias by which a module for it would be found.", .acpi),
        "path": Said("Its place in the firmware's own tree.", .acpi),
        "uid": Said("A number that tells it from others with the same hardware id.", .acpi),
        "status": Said("15 for a device that is there and works, 0 for an empty slot.", .acpi),
        "uevent": uevent,
        "subsystem": subsystem,
    ]

    private static let device = [
        "eject": Said(
            """
            Writing 1 takes all blocks of the device offline, removes them, and ejects the device; EBUSY, and \
            all as it was, if one cannot go.
            """,
            .acpi),
        "physical_nodeN": Said(
            """
            A link to each memory block of the device: `physical_node`, `physical_node1`, ...
            """, .acpiGlue),
    ]

    private static let container = [
        "eject": Said(
            """
            Writing 1 sends a `change` uevent that asks user space to take everything in the container offline; \
            once it is, it ejects the container.
            """,
            .acpi),
        "physical_node": Said("The container as a device of the system.", .acpiGlue),
        "PNP0C80:NN": Said("A link to each slot with a memory device of the container.", .container),
        "LNXCPU:NN": Said("A link to each processor of the container.", .container),
    ]

    private static let processor = [
        "physical_node": Said(
            """
            The processor as a device of the system.
            """, .acpiGlue)
    ]

    private static let bus = [
        "drivers_autoprobe": Said(
            """
            Whether new devices look for a driver. Kept, and without effect: none ever binds.
            """, .busCode),
        "drivers_probe": Said(
            """
            Lets the device that is written look for a driver; ENODEV if the bus has no such device.
            """, .busCode),
        "uevent": writeOnly,
    ]

    private static let parameters = [
        "online_policy": Said(
            """
            How `online` chooses a zone: `contig-zones`, or `auto-movable`, by ratio.
            """, .memoryHotplug),
        "auto_movable_ratio": Said(
            """
            How much Movable memory there may be with `auto-movable`, in percent of memory for the kernel.
            """, .memoryHotplug),
        "auto_movable_numa_aware": Said("Whether the ratio is kept on each node, too: Y or N.", .memoryHotplug),
        "memmap_on_memory": Said(
            """
            Whether added memory holds its own memory map, where it can. A boot parameter: read only.
            """, .memoryHotplug),
    ]

    private static let memmapEntry = [
        "start": Said("The first byte's address.", .memmap),
        "end": Said("The last byte's address.", .memmap),
        "type": Said("What firmware says it is: `System RAM`, for example.", .memmap),
    ]

    private static let storageBlock = [
        "config": Said(
            """
            1 if the storage is configured: it has a memory block then. Writing 1 adds it, 0 removes it.
            """, .storageCode),
        "memmap_on_memory": Said(
            """
            Whether it will hold its own memory map once it is configured.
            """, .storageCode),
    ]

    private static let memblock = [
        "memory": Said(
            """
            The memory that was there at boot, a range a line. x86 kernels throw it away after boot.
            """, .memblockCode),
        "reserved": Said(
            """
            What of it was taken before the page allocator had it: kernel, memory map, node data.
            """, .memblockCode),
    ]

    // MARK: procfs

    private static let proc = [
        "buddyinfo": Said("How many free chunks of each order there are, by zone.", .proc),
        "cmdline": Said("The kernel's command line.", .proc),
        "iomem": Said("Which addresses are memory, and what else is where.", .proc),
        "meminfo": Said(
            """
            How much memory there is, and how it is used. `MemTotal` grows and shrinks with blocks that go \
            online and offline.
            """, .proc),
        "pagetypeinfo": Said(
            """
            How many free chunks of each order there are, by zone and migration type; how many pageblocks of \
            each type.
            """, .proc),
        "vmstat": Said("Counters, by name: `pgmigrate_success` and `pgmigrate_fail` tell of offlining.", .vmstatCode),
        "zoneinfo": Said("Each zone: its span, present and managed pages, watermarks, counters.", .vmstatCode),
    ]
}
