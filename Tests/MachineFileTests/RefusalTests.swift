// SPDX-License-Identifier: Apache-2.0

import MachineFile
import Testing

@Suite struct `Refusing machine files` {
    @Test func `an unknown key names itself and its neighbour`() {
        let error = Texts.error(Texts.small(with: "adress_bits = 40"))
        #expect(error?.line == 1)
        #expect(error?.keyPath == "adress_bits")
        #expect(error?.description == "m.toml:1: adress_bits: unknown key; did you mean \"address_bits\"?")
    }

    @Test func `an unknown key without a neighbour is told the known ones`() {
        let error = Texts.error(Texts.small + "\ncolour = \"red\"\n")
        #expect(
            error?.description
                == "m.toml:4: memory[0].colour: unknown key; known here: first, last, size, type, mirror, online"
        )
    }

    @Test(
        arguments: [
            ("abi = \"linux-7\"", ["m.toml:1: abi: unknown abi \"linux-7\"", "linux-6.1", "linux-3.8"]),
            ("arch = \"arm63\"", ["arch: unknown arch \"arm63\"; did you mean \"arm64\"?", "s390x"]),
            ("arch = 64", ["arch: must be a string, is an integer"]),
            ("hypervisor = \"yes\"", ["hypervisor: must be true or false, is a string"]),
            ("summary = \"two\\nlines\"", ["summary: must be one line"]),
            ("cmdline = \"a\\u0000b\"", ["m.toml:1: a string with a NUL"]),
            ("page_size = \"16K\"", ["m.toml:1: page_size: x86_64 has pages of 4K only, is 0x4000"]),
            (
                "arch = \"arm64\"\npage_size = \"8K\"",
                ["m.toml:2: page_size: must be 4K, 16K or 64K on arm64, is 0x2000"]
            ),
            ("arch = \"ppc64\"\npage_size = 16384", ["page_size: must be 4K or 64K on ppc64"]),
            ("page_size = \"big\"", ["page_size: \"big\" is no number of bytes"]),
            (
                "arch = \"arm64\"\npage_size = \"64K\"\nblock_size = \"128M\"",
                ["m.toml:3: block_size: must be a multiple of arm64's sections, 512M"]
            ),
            ("block_size = 0", ["block_size: must be a power of two, is 0x0"]),
            ("block_size = \"192M\"", ["block_size: must be a power of two"]),
            ("block_size = \"64M\"", ["must be a multiple of x86_64's sections, 128M"]),
            ("block_size = \"128G\"", ["block_size: must be at most 64G"]),
            ("block_size = -1", ["block_size: must not be negative, is -1"]),
            ("block_size = \"12Q\"", ["\"12Q\" is no number of bytes"]),
            ("block_size = \"\"", ["is no number of bytes"]),
            ("block_size = \"-1\"", ["is no number of bytes"]),
            ("block_size = \"1__0\"", ["is no number of bytes"]),
            ("block_size = \"0x\"", ["is no number of bytes"]),
            ("block_size = \"16E\"", ["\"16E\" does not fit 64 bits"]),
            ("block_size = \"0x10000000000000000\"", ["does not fit 64 bits"]),
            ("block_size = 1.5", ["must be an integer or a string such as", "is a floating-point number"]),
            ("block_size = 0xffffffffffffffff", ["m.toml:1: not TOML", "as strings"]),
            ("address_bits = 31", ["address_bits: must be 32 to 57 on x86_64, is 31"]),
            ("address_bits = 64", ["must be 32 to 57"]),
            ("address_bits = 9223372036854775807", ["must be 32 to 57"]),
            ("arch = \"i386\"\naddress_bits = 40", ["m.toml:2: address_bits: must be 32 to 36 on i386"]),
            ("paging_levels = 3", ["paging_levels: must be 4 or 5, is 3"]),
            ("standby_config = true", ["standby_config: only s390x has standby memory to configure"]),
            ("crash_hotplug = \"no\"", ["crash_hotplug: must be true or false, is a string"]),
            ("firmware_bugs = 1", ["firmware_bugs: must be true or false, is an integer"]),
            (
                "firmware_bugs = true\ndistances = [[256]]",
                ["m.toml:2: distances[0][0]: a distance is a byte", "is 256"]
            ),
            ("firmware_bugs = true\ndistances = [[10, 20]]", ["distances[0]: has 2 columns for 1 rows"]),
            ("cmdline = \"mem=1M\"", ["m.toml:1: cmdline: mem= and memmap= leave less than 64M"]),
            ("cmdline = \"memmap=exactmap,8M@0\"", ["m.toml:1: cmdline: mem= and memmap= leave less than 64M"]),
            ("slots = 257", ["slots: must be 0 to 256, is 257"]),
            ("slots = -1", ["slots: must be 0 to 256, is -1"]),
            ("distances = []", ["distances: is empty"]),
            ("distances = [[10, 20]]", ["distances[0]: has 2 columns for 1 rows"]),
            ("distances = [\n  [10, 20],\n  [20, 11],\n]", ["m.toml:3: distances[1][1]:", "must be 10, is 11"]),
            ("distances = [[10, 10], [20, 10]]", ["distances[0][1]:", "11 to 254, is 10"]),
            ("distances = [[10, 255], [20, 10]]", ["distances[0][1]:", "11 to 254, is 255"]),
            ("distances = [[10, 20], [20, 10]]", ["distances[1]: node 1 has no [[affinity]] range"]),
            ("distances = [10]", ["distances[0]: must be an array of integers, is an integer"]),
            ("distances = [[true]]", ["distances[0][0]: must be an integer, is a boolean"]),
            ("distances = 10", ["distances: must be an array of arrays"]),
            ("cpu = 4", ["cpu: must be an array of tables, [[cpu]], is an integer"]),
            ("cpu = [1]", ["cpu[0]: must be a table"]),
            ("cpu = [{}]", ["cpu[0]: needs \"node\""]),
            ("cpu = [{ node = 1 }]", ["cpu[0].node: without [[affinity]] there is only node 0"]),
            ("cpu = [{ node = 0, count = 2 }, { node = 1024 }]", ["cpu[1].node: must be 0 to 1023"]),
            ("cpu = [{ node = 0, count = 0 }]", ["cpu[0].count: must be 1 to 8192, is 0"]),
            ("cpu = [{ node = 0, count = 9223372036854775807 }]", ["cpu[0].count: must be 1 to 8192"]),
            ("cpu = [{ node = 0, count = 8192 }, { node = 0 }]", ["cpu[1]: more than 8192 processors"]),
            ("arch = 1979-05-27", ["arch: must be a string, is a date"]),
            ("summary = \"open", ["m.toml:1: not TOML"]),
            ("a.b.c.d.e.f.g.h.i.j = 1", ["m.toml:1: a key of more than 8 parts"]),
            ("[[=]]", ["m.toml:1: not TOML: expected a key"]),
            ("é = 1", ["m.toml:1: not TOML: expected a key"]),
            ("slots = 1\nslots = 2", ["m.toml:2: not TOML"]),
            ("\"sl\\u006fts\" = -1", ["slots: must be 0 to 256"]),
            ("distances = \(String(repeating: "[", count: 200_000))", ["m.toml:1: values nested too deeply"]),
        ] as [(String, [String])])
    func `a bad key is told what it must be`(text: String, parts: [String]) {
        let description = Texts.error(Texts.small(with: text))?.description ?? "accepted"
        for part in parts { #expect(description.contains(part)) }
        #expect(!description.contains("\n"))
    }

    @Test(arguments: [
        ("", "m.toml: memory: no usable memory"),
        ("[memory]\nfirst = 0", "m.toml:1: memory: must be an array of tables, [[memory]], is a table"),
        ("[[memory]]\nfirst = 0", "m.toml:1: memory[0]: needs \"last\" or \"size\""),
        ("[[memory]]\nlast = 0", "m.toml:1: memory[0]: needs \"first\""),
        ("[[memory]]\nfirst = 0\nlast = 1\nsize = 2", "m.toml:4: memory[0].size: given together with \"last\""),
        ("[[memory]]\nfirst = 0\nsize = 0", "m.toml:3: memory[0].size: must not be 0"),
        (
            "[[memory]]\nfirst = \"0xffffffffffffffff\"\nsize = 2",
            "m.toml:3: memory[0].size: 0xffffffffffffffff and 0x2 bytes are beyond 64 bits"
        ),
        ("[[memory]]\nfirst = 5\nlast = 4", "m.toml:3: memory[0].last: 0x4 is below first, 0x5"),
        ("[[memory]]\nfirst = -4096\nlast = 4", "m.toml:2: memory[0].first: must not be negative"),
        (
            "[[memory]]\nfirst = 0\nsize = \"128T\"",
            "m.toml:3: memory[0].size: 0x7fffffffffff is beyond the processor's 46 address bits"
        ),
        ("[[memory]]\nfirst = 0\nlast = 9\ntype = \"ram\"", "m.toml:4: memory[0].type: unknown type \"ram\""),
        (
            "[[memory]]\nfirst = 0\nlast = 9\ntype = \"reserved\"", "m.toml:1: memory: no usable memory"
        ),
        (
            "[[memory]]\nfirst = 0\nlast = 9\n[[memory]]\nfirst = 10\nlast = 19\ntype = \"reserved\"\nmirror = true",
            "m.toml:8: memory[1].mirror: only usable memory is mirrored, not reserved"
        ),
        (
            "[[memory]]\nfirst = 0\nlast = 9\n[[memory]]\nfirst = 10\nlast = 19\ntype = \"nomap\"",
            "m.toml:7: memory[1].type: only arm64 has memory that is not mapped"
        ),
        ("[[memory]]\nfirst = 0\nlast = 9\nmirror = 1", "m.toml:4: memory[0].mirror: must be true or false"),
        (
            "[[memory]]\nfirst = 0\nlast = 0x1000\n# [[memory]]\n\n[[memory]]\nfirst = 0x1000\nlast = 0x2000",
            "m.toml:6: memory[1]: 0x1000 to 0x2000 overlaps memory[0] (line 1), 0x0 to 0x1000"
        ),
        (
            "[[memory]]\nfirst = 0\nlast = 9\n[[memory]]\nfirst = \"129M\"\nsize = \"128M\"\ntype = \"standby\"",
            "m.toml:5: memory[1].first: standby memory must begin at a multiple of 128M blocks"
        ),
        (
            "[[memory]]\nfirst = 0\nlast = 9\n[[memory]]\nfirst = \"1G\"\nsize = \"12M\"\ntype = \"standby\"",
            "m.toml:6: memory[1].size: standby memory must end with a 128M block"
        ),
        ("[[memory]]\nfirst = 0\nlast = 9", "m.toml:1: memory: less than 64M of usable memory"),
        (
            "address_bits = 57\n[[memory]]\nfirst = 0\nsize = \"64T\"\n[[memory]]\nfirst = \"64T\"\nsize = \"1G\"",
            "m.toml:7: memory[1].size: above 0x3fffffffffff, the highest address this kernel can map"
        ),
        (
            "address_bits = 52\npaging_levels = 5\nblock_size = \"128M\"\n[[memory]]\nfirst = 0\nsize = \"2048T\"",
            "m.toml:4: memory: 16777216 blocks of 128M, more than 4194304; give a larger block_size"
        ),
        (
            """
            cmdline = "memmap=2048T@1G"
            address_bits = 52
            paging_levels = 5
            block_size = "128M"
            [[memory]]
            first = 0
            size = "1G"
            """, "m.toml:1: cmdline: 16777224 blocks of 128M, more than 4194304; give a larger block_size"
        ),
    ])
    func `a memory map that cannot be is refused`(text: String, beginning: String) {
        let description = Texts.error(text)?.description ?? "accepted"
        #expect(description.hasPrefix(beginning))
    }

    @Test(arguments: [
        ("[[affinity]]\nfirst = 0\nlast = 1", "m.toml:4: affinity[0]: needs \"node\""),
        ("[[affinity]]\nnode = 1024\nfirst = 0\nlast = 1", "m.toml:5: affinity[0].node: must be 0 to 1023, is 1024"),
        ("[[affinity]]\nnode = -1\nfirst = 0\nlast = 1", "m.toml:5: affinity[0].node: must be 0 to 1023, is -1"),
        (
            "[[affinity]]\nnode = 0\nfirst = 0\nlast = 1\n[[affinity]]\nnode = 1\nfirst = 1\nlast = 2",
            "m.toml:8: affinity[1]: 0x1 to 0x2 overlaps affinity[0] (line 4)"
        ),
        (
            "[[affinity]]\nnode = 0\nfirst = 0\nlast = 1\n[[cpu]]\nnode = 0\ncount = 2\n[[cpu]]\nnode = 3",
            "m.toml:12: cpu[1].node: node 3 has no [[affinity]] range; add one"
        ),
        (
            "[[affinity]]\nnode = 0\nfirst = 0\nlast = 1\nhotplug = 1",
            "m.toml:8: affinity[0].hotplug: must be true or false, is an integer"
        ),
    ])
    func `nodes that cannot be are refused`(text: String, beginning: String) {
        let description = Texts.error("\(Texts.small)\n\(text)")?.description ?? "accepted"
        #expect(description.hasPrefix(beginning))
    }

    @Test func `a table's line is found behind strings that look like tables`() {
        let text = """
            summary = "[[memory]] # no comment"
            cmdline = 'a [[memory]]'
            [[memory]]   # the first
            first = 0
            last = 0x3fff_ffff
            [[affinity]] # key = "value"
            node = 0
            first = 0
            last = "nonsense"
            """
        #expect(Texts.error(text)?.line == 9)
        #expect(Texts.error(text)?.keyPath == "affinity[0].last")
    }

    @Test func `a distances row that a node lacks is asked for`() {
        let error = Texts.error(Texts.small(with: "distances = [[10]]\naffinity = [{node = 1, first = 0, last = 9}]"))
        #expect(error?.description.hasPrefix("m.toml:1: distances[0]: node 0 has no [[affinity]] range") == true)
    }

    @Test func `text with a NUL or beyond 16 MiB is refused`() {
        #expect(Texts.error("a = 1\n\0")?.description.hasPrefix("m.toml:2: a NUL byte") == true)
        let long = String(repeating: "#", count: (16 << 20) + 1)
        #expect(Texts.error(long)?.reason.hasPrefix("larger than 16 MiB") == true)
    }

    @Test func `an error is one line whatever the names in it`() {
        let error = MachineFileError(file: "a\nb", line: 3, keyPath: "k\u{1b}", reason: "bad\u{2028}.")
        #expect(error.description == "a\\nb:3: k\\u{1B}: bad\\u{2028}.")
    }
}
