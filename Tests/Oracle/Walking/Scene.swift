// SPDX-License-Identifier: Apache-2.0

/// On which machine a walk goes, and with which command line.
struct Scene: Equatable {
    let machine: String
    let commandLine: String

    /// The machines that walks choose from.
    static let machines = ["m1", "m2", "m3", "m4", "m6"]

    /// The scene of a walk: as wished, and otherwise the seed decides.
    static func of(seed: UInt64, machine: String?, commandLine: String?) -> Scene {
        // Other numbers than the walk's own.
        var numbers = RandomNumbers(seed: ~seed)
        let chosen = machines[numbers.below(machines.count)]
        var options: [String] = []
        for _ in 0..<numbers.below(4) {
            guard let values = numbers.pick(parameters), let value = numbers.pick(values.values) else { continue }
            options.append(value.isEmpty ? values.name : "\(values.name)=\(value)")
        }
        return Scene(machine: machine ?? chosen, commandLine: commandLine ?? options.joined(separator: " "))
    }

    /// Parameters of the kernel that make a difference for memory, and values that do, or are wrong. Each leaves enough memory
    /// to boot from. Distributions' kernels make up no nodes (numa=fake=).
    static let parameters: [(name: String, values: [String])] = [
        ("kernelcore", ["512M", "700M", "1G", "2G", "30%", "40%", "75%", "100%", "mirror", "0", "9G", "some"]),
        ("movablecore", ["100M", "512M", "1G", "10%", "33%", "100M", "0%", "none"]),
        ("movable_node", [""]),
        ("memhp_default_state", ["online", "online_movable", "online_kernel", "offline", "Online"]),
        ("memory_hotplug.online_policy", ["auto-movable", "auto-movable", "contig-zones", "movable"]),
        ("memory_hotplug.auto_movable_ratio", ["0", "1", "50", "100", "301", "1000", "x"]),
        ("memory_hotplug.auto_movable_numa_aware", ["0", "N", "1", "x"]),
        ("memory_hotplug.memmap_on_memory", ["1", "Y", "0", "x"]),
        ("numa", ["off", "noacpi", "offline"]),
        ("mem", ["700M", "900M", "1000M", "1025M", "0x3f000000"]),
        ("memmap", ["64M$0x18000000", "200M$0x10100000", "1M#0x20000000", "256M@0x148000000", "300M@0x140000000"]),
        ("acpi_no_memhotplug", [""]),
    ]
}
