// SPDX-License-Identifier: Apache-2.0

/// On which machine a walk goes, and with which command line.
struct Scene: Equatable {
    let machine: String
    let commandLine: String

    /// Command lines that make a difference, with the machine on which they do.
    static let all: [Scene] = [
        ("m1", ""), ("m2", ""), ("m6", ""), ("m1", "movable_node"), ("m6", "kernelcore=2G"), ("m2", "movablecore=512M"),
        ("m1", "memhp_default_state=online_movable"), ("m6", "kernelcore=40%"), ("m6", "kernelcore=mirror"),
        ("m1", "memory_hotplug.memmap_on_memory=1"), ("m2", "memory_hotplug.online_policy=auto-movable"),
        ("m1", "memory_hotplug.online_policy=auto-movable memory_hotplug.auto_movable_numa_aware=N"),
        (
            "m1",
            "memhp_default_state=online memory_hotplug.online_policy=auto-movable memory_hotplug.auto_movable_ratio=100"
        ),
        ("m2", "movable_node memory_hotplug.memmap_on_memory=1"), ("m2", "numa=off"),
        ("m1", "memhp_default_state=online_kernel"),
        ("m2", "kernelcore=512M"),
    ].map { Scene(machine: $0.0, commandLine: $0.1) }

    /// The scene of a walk: as wished, and otherwise the seed decides.
    static func of(seed: UInt64, machine: String?, commandLine: String?) -> Scene {
        let fitting = all.filter {
            $0.machine == machine ?? $0.machine && $0.commandLine == commandLine ?? $0.commandLine
        }
        guard !fitting.isEmpty else { return Scene(machine: machine ?? "m1", commandLine: commandLine ?? "") }
        let scene = fitting[Int(seed % UInt64(fitting.count))]
        return scene
    }
}
