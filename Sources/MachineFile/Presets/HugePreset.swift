// SPDX-License-Identifier: Apache-2.0

extension Preset {
    /// 64 TiB in half a million blocks.
    static let huge = Preset(
        name: "huge",
        summary: "x86_64, 64 TiB on 8 nodes with 512 CPUs in 128 MiB blocks",
        text: """
            # As much as can be had: 64 TiB and 512 CPUs on eight nodes. With blocks of 128 MiB, the smallest there are, it has
            # half a million of them; five levels of page tables reach beyond the 64 TiB that four do.
            summary = "x86_64, 64 TiB on 8 nodes with 512 CPUs in 128 MiB blocks"
            abi = "linux-6.1"
            arch = "x86_64"
            block_size = "128M"
            address_bits = 52
            paging_levels = 5

            # The ACPI SLIT: how far each node is from each other; 10 is a node itself.
            distances = [
                [10, 16, 16, 16, 22, 22, 22, 22],
                [16, 10, 16, 16, 22, 22, 22, 22],
                [16, 16, 10, 16, 22, 22, 22, 22],
                [16, 16, 16, 10, 22, 22, 22, 22],
                [22, 22, 22, 22, 10, 16, 16, 16],
                [22, 22, 22, 22, 16, 10, 16, 16],
                [22, 22, 22, 22, 16, 16, 10, 16],
                [22, 22, 22, 22, 16, 16, 16, 10],
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
            last = 0x7fffffff
            type = "usable"

            [[memory]]
            first = 0xfffc0000
            last = 0xffffffff
            type = "reserved"

            [[memory]]
            first = 0x100000000
            last = 0x40007fffffff
            type = "usable"

            # The ACPI SRAT: which node a range belongs to, and whether memory can be plugged there.
            [[affinity]]
            node = 0
            first = 0x0
            last = 0x7fffffff

            [[affinity]]
            node = 0
            first = 0x100000000
            last = 0x8007fffffff

            [[affinity]]
            node = 1
            first = 0x80080000000
            size = "8T"

            [[affinity]]
            node = 2
            first = 0x100080000000
            size = "8T"

            [[affinity]]
            node = 3
            first = 0x180080000000
            size = "8T"

            [[affinity]]
            node = 4
            first = 0x200080000000
            size = "8T"

            [[affinity]]
            node = 5
            first = 0x280080000000
            size = "8T"

            [[affinity]]
            node = 6
            first = 0x300080000000
            size = "8T"

            [[affinity]]
            node = 7
            first = 0x380080000000
            size = "8T"

            [[affinity]]
            node = 0
            first = 0x400080000000
            size = "1T"
            hotplug = true

            [[affinity]]
            node = 1
            first = 0x410080000000
            size = "1T"
            hotplug = true

            [[affinity]]
            node = 2
            first = 0x420080000000
            size = "1T"
            hotplug = true

            [[affinity]]
            node = 3
            first = 0x430080000000
            size = "1T"
            hotplug = true

            [[affinity]]
            node = 4
            first = 0x440080000000
            size = "1T"
            hotplug = true

            [[affinity]]
            node = 5
            first = 0x450080000000
            size = "1T"
            hotplug = true

            [[affinity]]
            node = 6
            first = 0x460080000000
            size = "1T"
            hotplug = true

            [[affinity]]
            node = 7
            first = 0x470080000000
            size = "1T"
            hotplug = true

            [[cpu]]
            node = 0
            count = 64

            [[cpu]]
            node = 1
            count = 64

            [[cpu]]
            node = 2
            count = 64

            [[cpu]]
            node = 3
            count = 64

            [[cpu]]
            node = 4
            count = 64

            [[cpu]]
            node = 5
            count = 64

            [[cpu]]
            node = 6
            count = 64

            [[cpu]]
            node = 7
            count = 64

            """)
}
