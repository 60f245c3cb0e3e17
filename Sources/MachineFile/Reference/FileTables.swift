// SPDX-License-Identifier: Apache-2.0

import MemoryModel

// What a machine file may say. The reader knows no other keys, and hotmem.toml(5) is made of these.

extension FileTable {
    static let machine = FileTable(
        "", "What stands before the first table is about the machine as a whole.",
        [
            FileKey(
                "abi", .name(KernelABI.allCases.map(\.rawValue)), .usually("\"linux-6.1\""),
                "The kernel generation whose files, texts and rules the machine shows."),
            FileKey(
                "arch", .name(Architecture.allCases.map(\.rawValue)), .usually("\"x86_64\""),
                "The processor architecture, which decides the sizes of pages and sections, the zones and the files."),
            FileKey(
                "summary", .text, .usually("\"\""), "One line that says what the machine is, for listings."),
            FileKey(
                "cmdline", .text, .usually("\"\""),
                "Kernel parameters, as in /proc/cmdline; those of --cmdline come after them. hotmem.latency= and hotmem.seed= "
                    + "are what --latency and --seed of hotmem run say."),
            FileKey(
                "page_size", .bytes, .otherwise("4K, on ia64 16K, on ppc64 64K."),
                "Bytes in a page: 4K, 16K or 64K on arm64, 4K or 64K on ppc64. Sections follow from it: on arm64 they are "
                    + "of 512M with pages of 64K, else of 128M."),
            FileKey(
                "block_size", .bytes, .otherwise("The architecture's rule decides."),
                "Bytes in a memory block: a power of two, a multiple of the architecture's section, at most 64G."),
            FileKey(
                "address_bits", .integer, .otherwise("What the architecture's machines usually have."),
                "How many bits of physical address the processor can form: 32 to 57, on i386 32 to 36."),
            FileKey(
                "paging_levels", .integer, .usually("4"),
                "Levels of page tables, 4 or 5; they bound what the kernel can map."),
            FileKey(
                "hypervisor", .truth, .usually("true"),
                "Whether the machine runs under a hypervisor, which decides the block size of large x86_64 machines."),
            FileKey(
                "slots", .integer, .usually("32"),
                "How many slots for memory devices (PNP0C80) the firmware has, 0 to 256."),
            FileKey(
                "distances", .rows, .otherwise("10 within a node, and 20 between any two."),
                "Distances of the nodes as in the ACPI SLIT, a row for each node: 10 to itself, 11 to 254 to others."),
            FileKey(
                "memory", .tables, .required, "The firmware's memory map; some of it has to be usable."),
            FileKey(
                "affinity", .tables, .otherwise("There is one node, which has everything."),
                "The ACPI SRAT: which node a range of addresses belongs to."),
            FileKey("cpu", .tables, .otherwise("There is one processor."), "The processors."),
            FileKey("workload", .tables, .otherwise("None."), "Memory that is in use from boot on."),
            FileKey("fault", .tables, .otherwise("None."), "What goes wrong on demand, from boot on."),
            FileKey(
                "firmware_bugs", .truth, .usually("false"),
                "Whether ranges of nodes may overlap and distances be senseless, as in firmware that nobody tested; "
                    + "the kernel then does without them."),
            FileKey(
                "standby_config", .truth, .otherwise("It has to under linux-6.18."),
                "Whether standby memory has to be configured in /sys/firmware/memory before its blocks are there, as "
                    + "chmem --configure does; s390x only."),
            FileKey(
                "crash_hotplug", .truth, .usually("true"),
                "Whether the kernel is configured to keep a crash kernel up to date, as linux-6.18 can be on x86 and ppc64; "
                    + "it then has files crash_hotplug."),
            FileKey("container", .tables, .otherwise("None."), "The container devices that can be plugged in."),
            FileKey(
                "captured", .texts, .usually("[]"),
                "The directories and files that \"hotmem capture\" took from a real machine, and \"hotmem export\" writes."
            ),
            FileKey("file", .tables, .otherwise("None."), "What the real machine showed otherwise."),
        ])

    static let memory = FileTable(
        "memory", "A range of the firmware's memory map (e820).",
        [
            FileKey("first", .bytes, .required, "The address of its first byte."),
            FileKey("last", .bytes, .otherwise("\"size\" has to be there."), "The address of its last byte."),
            FileKey("size", .bytes, .otherwise("\"last\" has to be there."), "How many bytes it has."),
            FileKey(
                "type", .name(MachineDescription.FirmwareRange.Kind.allCases.map(\.rawValue)), .usually("\"usable\""),
                "What the firmware says of it: usable memory, a reserved range, standby memory, whose blocks exist from "
                    + "boot and are offline, or nomap, memory that an arm64 kernel does not map."),
            FileKey(
                "mirror", .truth, .usually("false"),
                "Whether the memory is kept twice, which kernelcore=mirror asks for; usable memory only."),
            FileKey(
                "online", .name(OnlineType.allCases.map(\.rawValue)),
                .otherwise("Its blocks are as they were at boot."),
                "What was written to the \"state\" of its blocks since boot; standby memory only."),
        ])

    static let affinity = FileTable(
        "affinity", "An entry of the ACPI SRAT.",
        [
            FileKey("node", .integer, .required, "The node that the range belongs to, 0 to 1023."),
            FileKey("first", .bytes, .required, "The address of its first byte."),
            FileKey("last", .bytes, .otherwise("\"size\" has to be there."), "The address of its last byte."),
            FileKey("size", .bytes, .otherwise("\"last\" has to be there."), "How many bytes it has."),
            FileKey("hotplug", .truth, .usually("false"), "Whether memory can be plugged in there."),
        ])

    static let cpu = FileTable(
        "cpu", "One or more processors.",
        [
            FileKey("node", .integer, .required, "The node that they are on."),
            FileKey(
                "count", .integer, .usually("1"), "How many there are; a machine has at most \(Machine.mostProcessors)."
            ),
        ])

    static let workload = FileTable(
        "workload",
        "Memory that somebody with a name has in use from boot on, as the control \"workload\" allocates it.",
        [
            FileKey("name", .text, .required, "What it is called and freed by, one word without = and \"."),
            FileKey("kind", .name(PageKind.ofWorkloads.map(\.rawValue)), .required, "What the pages are used for."),
            FileKey("pages", .integer, .required, "How many pages it has."),
            FileKey("order", .integer, .usually("0"), "They come in runs of 2 to the power of this many pages."),
            FileKey("node", .integer, .otherwise("The node of the processor."), "The node that is preferred."),
            FileKey(
                "block", .integer, .otherwise("Wherever the allocator takes them from."),
                "The number of the memory block that the pages have to be in."),
            FileKey("cpu", .integer, .usually("0"), "The processor that asks for the pages."),
            FileKey(
                "fs", .name(FileSystem.allCases.map(\.rawValue)), .otherwise("ext4, where the kind is file."),
                "The file system that keeps private data with file pages; legacy cannot move them."),
            FileKey("pinned", .integer, .usually("0"), "How many of the pages are pinned, so that they cannot move."),
            FileKey(
                "stalled", .truth, .usually("false"),
                "Whether I/O on the pages does not end, so that offlining waits for it; file pages only."),
        ])

    static let background = FileTable(
        "workload",
        "With a \"seed\" it is work that allocates and frees at random, the same for the same seed; it leaves workloads "
            + "named NAME-1, NAME-2, and so on.",
        [
            FileKey("name", .text, .required, "What the names of its workloads begin with."),
            FileKey("seed", .integer, .required, "Where the random numbers begin."),
            FileKey("pages", .integer, .required, "How many pages it has at most."),
            FileKey(
                "steps", .integer, .usually("100"),
                "How often it allocates or frees, \(BackgroundLoad.possibleSteps.lowerBound) to "
                    + "\(BackgroundLoad.possibleSteps.upperBound) times."),
            FileKey("node", .integer, .otherwise("Any."), "The node that is preferred."),
        ])

    static let fault = FileTable(
        "fault", "Something that goes wrong on demand, as the control \"faults\" sets it.",
        [
            FileKey("kind", .name(FaultKind.allCases.map(\.rawValue)), .required, "What goes wrong."),
            FileKey("name", .text, .otherwise("Its kind."), "What it is cleared by, one word without = and \"."),
            FileKey(
                "next", .integer, .otherwise("1, or where \"every\" is there no end."), "How often it strikes at most."),
            FileKey(
                "every", .integer, .otherwise("It strikes each time."),
                "Of so many times that it could strike, it strikes at one."),
            FileKey(
                "seed", .integer, .otherwise("That of the kernel parameter hotmem.seed=, or the last of them."),
                "Which of those, at random and the same for the same seed."),
            FileKey(
                "errno", .integerOr("EBUSY"), .otherwise("EBUSY for offline, ENOMEM for online."),
                "What going offline or online fails with."),
            FileKey(
                "time", .text, .otherwise("Slow and delay need it; reorder waits for 1s, stuck until it is cleared."),
                "What a page or a uevent takes, or how long it stays, such as \"250us\", \"10ms\" or \"2s\"."),
            FileKey("uevents", .integer, .otherwise("5000, for a flood."), "How many uevents a flood has."),
            FileKey(
                "block", .integerOr("40-47"), .otherwise("Any."), "Only these blocks, or uevents of these."),
            FileKey("node", .integer, .otherwise("Any."), "Only blocks on this node; not for uevents."),
            FileKey("subsystem", .text, .otherwise("Any."), "Only uevents of this subsystem, such as \"memory\"."),
            FileKey(
                "action", .name(UeventAction.allCases.map(\.rawValue)), .otherwise("Any."),
                "Only uevents with this action."),
        ])

    static let container = FileTable(
        "container", "A container device, which is plugged in by the control \"container\"; none is there at boot.",
        [
            FileKey("name", .text, .required, "What it is plugged and unplugged by, one word without = and \"."),
            FileKey(
                "hid", .name(ContainerKind.allCases.map(\.rawValue)), .usually("\"ACPI0004\""),
                "Its hardware id: a module device, a generic or an extended container."),
            FileKey("node", .integer, .required, "The node that it and everything in it is on."),
            FileKey("cpus", .integer, .usually("0"), "How many processors it brings."),
            FileKey("dimms", .byteCounts, .usually("[]"), "The sizes of the memory devices it brings."),
            FileKey("present", .truth, .usually("false"), "Whether it is there at boot: only false can be said."),
        ])

    static let file = FileTable(
        "file",
        "A file, link or directory of the tree that is as it was on a real machine; \"hotmem capture\" writes these. Files "
            + "of the simulator change as soon as what they show does; others stay as they are.",
        [
            FileKey(
                "path", .text, .required,
                "Where it is: below /sys or /proc. One name may end in * for every number, also of objects that come "
                    + "later, or in a list of numbers, as in memory{0-6,8}; a backslash before *, { or itself takes its "
                    + "meaning away."),
            FileKey("text", .text, .otherwise("One of the keys below has to be there."), "What is read from it."),
            FileKey("hex", .text, .otherwise("None."), "What is read from it, two hexadecimal digits a byte."),
            FileKey("errno", .integer, .otherwise("It can be read."), "The error number that reading it fails with."),
            FileKey("link", .text, .otherwise("It is no link."), "Where the symbolic link points."),
            FileKey(
                "directory", .truth, .usually("false"),
                "Whether it is a directory; what is in it has tables of its own."),
            FileKey("absent", .truth, .usually("false"), "Whether there is nothing at this path."),
            FileKey(
                "mode", .integer, .otherwise("0o444, and 0o755 for directories."),
                "The permission bits of what the simulator does not have itself."),
        ])
}
