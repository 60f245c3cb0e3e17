// SPDX-License-Identifier: Apache-2.0

extension Preset {
    /// Two nodes with memory and CPUs.
    static let twoNodes = Preset(
        name: "two-nodes",
        summary: "x86_64, 2 nodes of 4 GiB and 4 CPUs, both hot-pluggable",
        text: """
            # An x86_64 machine of two nodes, each with 4 GiB, four CPUs and room for 16 GiB more.
            summary = "x86_64, 2 nodes of 4 GiB and 4 CPUs, both hot-pluggable"
            abi = "linux-6.1"
            arch = "x86_64"
            address_bits = 40

            # The ACPI SLIT: how far each node is from each other; 10 is a node itself.
            distances = [
                [10, 21],
                [21, 10],
            ]

            # The firmware's memory map (e820): first and last byte of each range.
            [[memory]]
            first = 0x0
            last = 0x9fbff
            type = "usable"

            [[memory]]
            first = 0x9fc00
            last = 0x9ffff
            type = "reserved"

            [[memory]]
            first = 0xf0000
            last = 0xfffff
            type = "reserved"

            [[memory]]
            first = 0x100000
            last = 0xbfffffff
            type = "usable"

            [[memory]]
            first = 0xfffc0000
            last = 0xffffffff
            type = "reserved"

            [[memory]]
            first = 0x100000000
            last = 0x23fffffff
            type = "usable"

            [[memory]]
            first = 0xfd00000000
            last = 0xffffffffff
            type = "reserved"

            # The ACPI SRAT: which node a range belongs to, and whether memory can be plugged there.
            [[affinity]]
            node = 0
            first = 0x0
            last = 0x9ffff

            [[affinity]]
            node = 0
            first = 0x100000
            last = 0xbfffffff

            [[affinity]]
            node = 0
            first = 0x100000000
            last = 0x13fffffff

            [[affinity]]
            node = 1
            first = 0x140000000
            last = 0x23fffffff

            [[affinity]]
            node = 0
            first = 0x240000000
            last = 0x63fffffff
            hotplug = true

            [[affinity]]
            node = 1
            first = 0x640000000
            last = 0xa3fffffff
            hotplug = true

            [[cpu]]
            node = 0
            count = 4

            [[cpu]]
            node = 1
            count = 4

            """)

    /// Four nodes in a ring and one that is only hot-pluggable.
    static let fourNodes = Preset(
        name: "four-nodes",
        summary: "x86_64, 4 nodes of 2 GiB in a ring, a fifth only hot-pluggable",
        text: """
            # An x86_64 machine of four nodes in a ring, each with 2 GiB and two CPUs. Node 4 has neither memory nor CPUs:
            # it is a hot-pluggable range, farther away than all of them.
            summary = "x86_64, 4 nodes of 2 GiB in a ring, a fifth only hot-pluggable"
            abi = "linux-6.1"
            arch = "x86_64"
            address_bits = 40

            # The ACPI SLIT: how far each node is from each other; 10 is a node itself.
            distances = [
                [10, 16, 22, 16, 28],
                [16, 10, 16, 22, 28],
                [22, 16, 10, 16, 28],
                [16, 22, 16, 10, 28],
                [28, 28, 28, 28, 10],
            ]

            # The firmware's memory map (e820): first and last byte of each range.
            [[memory]]
            first = 0x0
            last = 0x9fbff
            type = "usable"

            [[memory]]
            first = 0x9fc00
            last = 0x9ffff
            type = "reserved"

            [[memory]]
            first = 0xf0000
            last = 0xfffff
            type = "reserved"

            [[memory]]
            first = 0x100000
            last = 0xbfffffff
            type = "usable"

            [[memory]]
            first = 0xfffc0000
            last = 0xffffffff
            type = "reserved"

            [[memory]]
            first = 0x100000000
            last = 0x23fffffff
            type = "usable"

            [[memory]]
            first = 0xfd00000000
            last = 0xffffffffff
            type = "reserved"

            # The ACPI SRAT: which node a range belongs to, and whether memory can be plugged there.
            [[affinity]]
            node = 0
            first = 0x0
            last = 0x9ffff

            [[affinity]]
            node = 0
            first = 0x100000
            last = 0x7fffffff

            [[affinity]]
            node = 1
            first = 0x80000000
            last = 0xbfffffff

            [[affinity]]
            node = 1
            first = 0x100000000
            last = 0x13fffffff

            [[affinity]]
            node = 2
            first = 0x140000000
            last = 0x1bfffffff

            [[affinity]]
            node = 3
            first = 0x1c0000000
            last = 0x23fffffff

            [[affinity]]
            node = 4
            first = 0x240000000
            last = 0xa3fffffff
            hotplug = true

            [[cpu]]
            node = 0
            count = 2

            [[cpu]]
            node = 1
            count = 2

            [[cpu]]
            node = 2
            count = 2

            [[cpu]]
            node = 3
            count = 2

            """)
}
