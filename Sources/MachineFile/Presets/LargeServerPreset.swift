// SPDX-License-Identifier: Apache-2.0

extension Preset {
    /// 2 TiB on eight nodes.
    static let largeServer = Preset(
        name: "large-server",
        summary: "x86_64 server, 8 nodes of 256 GiB and 32 CPUs, 2 GiB blocks",
        text: """
            # A large x86_64 server: 2 TiB and 256 CPUs on eight nodes, two boards of four. It does not run under a hypervisor
            # and has 64 GiB or more, so the kernel makes its blocks 2 GiB. Each node has room for 256 GiB more.
            summary = "x86_64 server, 8 nodes of 256 GiB and 32 CPUs, 2 GiB blocks"
            abi = "linux-6.1"
            arch = "x86_64"
            hypervisor = false
            address_bits = 46
            slots = 64

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
            last = 0x2007fffffff
            type = "usable"

            # The ACPI SRAT: which node a range belongs to, and whether memory can be plugged there.
            [[affinity]]
            node = 0
            first = 0x0
            last = 0x7fffffff

            [[affinity]]
            node = 0
            first = 0x100000000
            last = 0x407fffffff

            [[affinity]]
            node = 1
            first = 0x4080000000
            size = "256G"

            [[affinity]]
            node = 2
            first = 0x8080000000
            size = "256G"

            [[affinity]]
            node = 3
            first = 0xc080000000
            size = "256G"

            [[affinity]]
            node = 4
            first = 0x10080000000
            size = "256G"

            [[affinity]]
            node = 5
            first = 0x14080000000
            size = "256G"

            [[affinity]]
            node = 6
            first = 0x18080000000
            size = "256G"

            [[affinity]]
            node = 7
            first = 0x1c080000000
            size = "256G"

            [[affinity]]
            node = 0
            first = 0x20080000000
            size = "256G"
            hotplug = true

            [[affinity]]
            node = 1
            first = 0x24080000000
            size = "256G"
            hotplug = true

            [[affinity]]
            node = 2
            first = 0x28080000000
            size = "256G"
            hotplug = true

            [[affinity]]
            node = 3
            first = 0x2c080000000
            size = "256G"
            hotplug = true

            [[affinity]]
            node = 4
            first = 0x30080000000
            size = "256G"
            hotplug = true

            [[affinity]]
            node = 5
            first = 0x34080000000
            size = "256G"
            hotplug = true

            [[affinity]]
            node = 6
            first = 0x38080000000
            size = "256G"
            hotplug = true

            [[affinity]]
            node = 7
            first = 0x3c080000000
            size = "256G"
            hotplug = true

            [[cpu]]
            node = 0
            count = 32

            [[cpu]]
            node = 1
            count = 32

            [[cpu]]
            node = 2
            count = 32

            [[cpu]]
            node = 3
            count = 32

            [[cpu]]
            node = 4
            count = 32

            [[cpu]]
            node = 5
            count = 32

            [[cpu]]
            node = 6
            count = 32

            [[cpu]]
            node = 7
            count = 32

            """)
}
