// SPDX-License-Identifier: Apache-2.0

import MachineFile

/// Texts of small machines.
enum Texts {
    /// One node of 1 GiB on x86_64.
    static let small = """
        [[memory]]
        first = 0x0
        last = 0x3fffffff
        """

    /// Memory without nodes, then more text.
    static func small(with text: String) -> String { "\(text)\n\(small)\n" }

    /// The first machine that the kernel's answers were recorded on (Tests/Kernel).
    static let recorded = """
        # 1 GiB at boot on node 0 with two CPUs; node 1 exists only as a hot-pluggable range in the SRAT.
        abi = "linux-6.1"
        arch = "x86_64"
        address_bits = 40     # physical addresses the CPU can form
        paging_levels = 5

        [[memory]]
        first = 0x0
        last = 0x9fbff
        type = "usable"

        [[memory]]
        first = 0x9fc00
        last = 0x9ffff
        type = "reserved"

        [[memory]]
        first = 0x100000
        last = 0x3fffffff
        type = "usable"

        [[memory]]
        first = 0xfd00000000
        last = 0xffffffffff
        type = "reserved"

        [[affinity]]
        node = 0
        first = 0x0
        last = 0x9ffff

        [[affinity]]
        node = 0
        first = 0x100000
        last = 0xbfffffff

        [[affinity]]
        node = 1
        first = 0x280000000
        last = 0xc3fffffff
        hotplug = true

        [[cpu]]
        node = 0

        [[cpu]]
        node = 0
        """

    /// The error of a text that must not parse.
    static func error(_ text: String) -> MachineFileError? {
        do {
            _ = try MachineFile.parse(text, name: "m.toml")
            return nil
        } catch {
            return error
        }
    }
}
