// SPDX-License-Identifier: Apache-2.0

/// Where the kernel's sources speak of a file: one of its documents or, where none does, the code that makes it.
struct KernelDocument: Equatable {
    /// In words, in the middle of a line.
    let words: String

    private init(_ path: String) { words = "documented in `Documentation/\(path)`" }
    private init(code path: String) { words = "made in `\(path)`" }
    private init(own words: String) { self.words = "hotmem's own: \(words)" }

    static let memory = Self("ABI/testing/sysfs-devices-memory")
    static let memoryHotplug = Self("admin-guide/mm/memory-hotplug.rst")
    static let pageOffline = Self("ABI/testing/sysfs-memory-page-offline")
    static let node = Self("ABI/stable/sysfs-devices-node")
    static let hugePages = Self("admin-guide/mm/hugetlbpage.rst")
    static let cpu = Self("ABI/testing/sysfs-devices-system-cpu")
    static let topology = Self("ABI/stable/sysfs-devices-system-cpu")
    static let online = Self("ABI/testing/sysfs-devices-online")
    static let power = Self("ABI/testing/sysfs-devices-power")
    static let uevent = Self("ABI/testing/sysfs-uevent")
    static let firmwareNode = Self("ABI/testing/sysfs-devices-firmware_node")
    static let acpi = Self("ABI/testing/sysfs-bus-acpi")
    static let acpiHotplug = Self("ABI/testing/sysfs-firmware-acpi")
    static let forceRemove = Self("ABI/obsolete/sysfs-firmware-acpi")
    static let memmap = Self("ABI/testing/sysfs-firmware-memmap")
    static let rules = Self("admin-guide/sysfs-rules.rst")
    static let notifierErrors = Self("fault-injection/notifier-error-inject.rst")
    static let proc = Self("filesystems/proc.rst")
    static let oldMemoryHotplug = Self("memory-hotplug.txt")

    static let memoryCode = Self(code: "drivers/base/memory.c")
    static let nodeCode = Self(code: "drivers/base/node.c")
    static let busCode = Self(code: "drivers/base/bus.c")
    static let acpiGlue = Self(code: "drivers/acpi/glue.c")
    static let memblockCode = Self(code: "mm/memblock.c")
    static let vmstatCode = Self(code: "mm/vmstat.c")
    static let storageCode = Self(code: "drivers/s390/char/sclp_mem.c")
    /// What is hotmem's own and no kernel has.
    static let hotmem = Self(own: "see hotmem-controls(7)")
    static let container = Self(own: "where the firmware's tree has the thing itself")
}

/// What the reference says of a file or a link.
struct Said {
    let text: String
    let document: KernelDocument

    init(_ text: String, _ document: KernelDocument) { (self.text, self.document) = (text, document) }
}
