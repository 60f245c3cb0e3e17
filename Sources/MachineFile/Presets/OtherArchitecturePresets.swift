// SPDX-License-Identifier: Apache-2.0

extension Preset {
    /// A POWER partition.
    static let ppc64 = Preset(
        name: "ppc64",
        summary: "ppc64, 1 GiB and 4 CPUs on one node, 16 MiB blocks",
        text: """
            # A POWER partition: 1 GiB and four CPUs on one node. Blocks are of 16 MiB, pages of 64 KiB.
            # The node may grow up to 16 GiB.
            summary = "ppc64, 1 GiB and 4 CPUs on one node, 16 MiB blocks"
            abi = "linux-6.1"
            arch = "ppc64"

            # The firmware's memory: one range from 0.
            [[memory]]
            first = 0x0
            last = 0x3fffffff
            type = "usable"

            # Which node a range belongs to, and whether memory can be added there.
            [[affinity]]
            node = 0
            first = 0x0
            last = 0x3fffffff

            [[affinity]]
            node = 0
            first = 0x40000000
            last = 0x3ffffffff
            hotplug = true

            [[cpu]]
            node = 0
            count = 4

            """)

    /// An Itanium machine.
    static let ia64 = Preset(
        name: "ia64",
        summary: "ia64, 2 nodes of 2 GiB and 2 CPUs, 1 GiB blocks",
        text: """
            # An Itanium machine: two nodes of 2 GiB and two CPUs each. Blocks are of 1 GiB, so that the memory at 0x100000000,
            # where node 1 begins, is memory4.
            summary = "ia64, 2 nodes of 2 GiB and 2 CPUs, 1 GiB blocks"
            abi = "linux-6.1"
            arch = "ia64"
            hypervisor = false

            # The firmware's memory map: what lies between 2 and 4 GiB is devices'.
            [[memory]]
            first = 0x0
            last = 0x7fffffff
            type = "usable"

            [[memory]]
            first = 0x100000000
            last = 0x17fffffff
            type = "usable"

            # The ACPI SRAT: which node a range belongs to, and whether memory can be plugged there.
            [[affinity]]
            node = 0
            first = 0x0
            last = 0x7fffffff

            [[affinity]]
            node = 1
            first = 0x100000000
            last = 0x17fffffff

            [[affinity]]
            node = 1
            first = 0x180000000
            last = 0x3ffffffff
            hotplug = true

            [[affinity]]
            node = 0
            first = 0x400000000
            last = 0x7ffffffff
            hotplug = true

            [[cpu]]
            node = 0
            count = 2

            [[cpu]]
            node = 1
            count = 2

            """)

    /// An arm64 virtual machine.
    static let arm64 = Preset(
        name: "arm64",
        summary: "arm64, 4 GiB from 1 GiB up and 4 CPUs, 128 MiB blocks",
        text: """
            # An arm64 machine as virtual machines have it: RAM begins at 0x40000000, so that the first block is memory8.
            summary = "arm64, 4 GiB from 1 GiB up and 4 CPUs, 128 MiB blocks"
            abi = "linux-6.1"
            arch = "arm64"

            # The firmware's memory map: devices below 1 GiB, 4 GiB of RAM above.
            [[memory]]
            first = 0x40000000
            last = 0x13fffffff
            type = "usable"

            # The ACPI SRAT: which node a range belongs to, and whether memory can be plugged there.
            [[affinity]]
            node = 0
            first = 0x40000000
            last = 0x13fffffff

            [[affinity]]
            node = 0
            first = 0x140000000
            last = 0x7ffffffff
            hotplug = true

            [[cpu]]
            node = 0
            count = 4

            """)

    /// An IBM Z partition with standby memory.
    static let s390x = Preset(
        name: "s390x",
        summary: "s390x, 4 GiB and 2 GiB of standby memory, 256 MiB blocks",
        text: """
            # An IBM Z partition: 4 GiB in use and 2 GiB of standby memory, whose blocks exist from boot and are offline.
            # There is no ACPI, so there are neither nodes' ranges nor slots for memory devices.
            summary = "s390x, 4 GiB and 2 GiB of standby memory, 256 MiB blocks"
            abi = "linux-6.1"
            arch = "s390x"
            slots = 0

            # The machine's storage: increments in use, then those on standby.
            [[memory]]
            first = 0x0
            last = 0xffffffff
            type = "usable"

            [[memory]]
            first = 0x100000000
            last = 0x17fffffff
            type = "standby"

            [[cpu]]
            node = 0
            count = 4

            """)
}
