// SPDX-License-Identifier: Apache-2.0

extension Preset {
    /// What runs when no machine is named.
    public static let `default` = Preset(
        name: "default",
        summary: "4 GiB on node 0 with 4 CPUs; node 1 only as a hot-pluggable range",
        text: """
            # The default machine: x86_64, 4 GiB and four CPUs on node 0; node 1 exists only as a hot-pluggable range.
            # Memory probed from 0x140000000 up to 0x27fffffff goes to node 0, memory devices go to node 1.
            summary = "4 GiB on node 0 with 4 CPUs; node 1 only as a hot-pluggable range"
            abi = "linux-6.1"
            arch = "x86_64"
            address_bits = 40
            paging_levels = 4

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
            last = 0x13fffffff
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
            last = 0x27fffffff

            [[affinity]]
            node = 1
            first = 0x280000000
            last = 0xc3fffffff
            hotplug = true

            [[cpu]]
            node = 0
            count = 4

            """)
}
