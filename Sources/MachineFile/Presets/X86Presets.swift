// SPDX-License-Identifier: Apache-2.0

extension Preset {
    /// A plain x86_64 machine.
    static let x86_64 = Preset(
        name: "x86_64",
        summary: "x86_64, 8 GiB and 4 CPUs on one node",
        text: """
            # A plain x86_64 machine: 8 GiB and four CPUs on one node; probed memory and memory devices join that node.
            summary = "x86_64, 8 GiB and 4 CPUs on one node"
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
            last = 0x23fffffff

            [[affinity]]
            node = 0
            first = 0x240000000
            last = 0xc3fffffff
            hotplug = true

            [[cpu]]
            node = 0
            count = 4

            """)

    /// A 32-bit x86 machine.
    static let i386 = Preset(
        name: "i386",
        summary: "i386, 2 GiB (HighMem above 896 MiB) and 2 CPUs, 64 MiB blocks",
        text: """
            # A 32-bit x86 machine without PAE: 2 GiB, of which all above 896 MiB is HighMem. Blocks are of 64 MiB.
            summary = "i386, 2 GiB (HighMem above 896 MiB) and 2 CPUs, 64 MiB blocks"
            abi = "linux-6.1"
            arch = "i386"
            address_bits = 32

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
            node = 0
            first = 0x80000000
            last = 0xbfffffff
            hotplug = true

            [[cpu]]
            node = 0
            count = 2

            """)
}
