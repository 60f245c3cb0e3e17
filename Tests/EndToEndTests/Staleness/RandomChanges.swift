// SPDX-License-Identifier: Apache-2.0

@testable import MemoryModel

/// Draws what is done to a tree: mostly what makes sense on it as it is, and some of what does not.
struct RandomChanges {
    private var random: SplitMix
    private var names = 0
    /// What follows before the next change is drawn.
    private var rest: [TreeChange] = []

    init(seed: UInt64) { random = SplitMix(seed: seed) }

    /// The next change; it is of a file that the tree has or had.
    mutating func next(on tree: ReferenceTree) -> TreeChange {
        if !rest.isEmpty { return rest.removeFirst() }
        while true {
            switch number(24) {
            case 0: if let change = status(tree) { return change }
            case 1: if let change = nonsense(tree) { return change }
            case 2: if let change = waiting(tree) { return change }
            default:
                guard let name = pick(Self.weighted), let path = pick(tree.files[name] ?? []) else { continue }
                guard let text = text(for: name, path, tree.machine) else { continue }
                // Shells end what they write with a newline.
                return TreeChange(path: path, action: .write(number(4) > 0 ? text + "\n" : text, way()))
            }
        }
    }

    private mutating func pick<C: Collection>(_ choices: C) -> C.Element? { choices.randomElement(using: &random) }
    private mutating func pick<C: Collection>(_ choices: C, or other: C.Element) -> C.Element {
        pick(choices) ?? other
    }
    private mutating func number(_ count: Int) -> Int { Int.random(in: 0..<count, using: &random) }
    private mutating func way() -> TreeChange.Way { pick(TreeChange.Way.allCases, or: .plain) }

    /// Files that are written to, and how often among each other.
    private static let weighted: [String] = [
        ("state", 20), ("online", 10), ("probe", 9), ("dimm", 10), ("eject", 4), ("container", 5), ("workload", 14),
        ("config", 9), ("memmap_on_memory", 2), ("auto_online_blocks", 3), ("online_policy", 2),
        ("auto_movable_ratio", 2), ("auto_movable_numa_aware", 1), ("uevent", 3), ("control", 2),
        ("nr_hugepages", 3), ("compact", 1), ("reclaim", 2), ("error", 3), ("soft_offline_page", 2),
        ("hard_offline_page", 2), ("enabled", 1), ("force_remove", 1), ("drivers_autoprobe", 1),
        ("drivers_probe", 1), ("schedule", 2), ("policy", 2), ("migration", 1), ("plan", 2), ("events", 2),
        ("faults", 3),
    ].flatMap { Array(repeating: $0.0, count: $0.1) }

    private static let words: [String: [String]] = [
        "state": [
            "online", "online", "offline", "offline", "offline", "offline", "online_movable", "online_movable",
            "online_kernel", "online_m", "offlin",
        ],
        "online": ["0", "1", "0", "1", "y", "N", "off", "on", "2", "x"],
        "auto_online_blocks": ["offline", "offline", "online", "online_kernel", "online_movable", "bad"],
        "online_policy": ["auto-movable", "contig-zones", "auto"],
        "auto_movable_ratio": ["0", "100", "301", "-1", "4294967296"],
        "auto_movable_numa_aware": ["Y", "N", "2"],
        "uevent": [
            "change", "add", "remove", "online", "oops", "change 0123",
            "add 12345678-1234-1234-1234-123456789abc A=b",
        ],
        "control": ["auto", "on", "of"], "nr_hugepages": ["0", "1", "7", "40", "x"], "compact": ["1"],
        "reclaim": ["4M", "1G swappiness=0", "x"], "error": ["0", "0", "0", "-12", "-5", "x"],
        "eject": ["1", "1", "1", "0"], "enabled": ["0", "1", "1", "2"], "force_remove": ["0", "1"],
        "drivers_autoprobe": ["0", "1", "1"], "drivers_probe": ["memory1", "node0", "x"],
        "config": ["0", "1", "1", "2"], "memmap_on_memory": ["0", "1"],
        "policy": [
            "set offline_policy=booked", "set offline_policy=isolate", "set migrate=near", "set migrate=away", "set",
        ],
        "plan": ["remove-node node=0", "remove-node node=1", "remove-node node=7"],
        "events": ["note of somebody's", "note"],
        "faults": [
            "set kind=offline errno=EIO next=2", "set kind=online every=2 seed=3", "set kind=memmap",
            "set kind=lose every=2",
            "set kind=double every=3 seed=7", "set kind=offline block=x", "clear", "clear name=online",
        ],
    ]

    private mutating func text(for name: String, _ path: String, _ machine: Machine) -> String? {
        switch name {
        case "probe": "0x" + String(address(machine), radix: 16)
        case "dimm": dimm(machine)
        case "container": container()
        case "workload": workload(machine)
        case "soft_offline_page", "hard_offline_page": "\(page(machine))"
        case "migration": "find pfn=\(page(machine) / machine.pageSize)"
        case "schedule": pick(["avoid", "avoid", "allow"], or: "") + " block=\(block(machine))-\(block(machine) + 2)"
        default: Self.words[name].flatMap { pick($0) }
        }
    }

    /// chmod, chown and truncation, of anything there is.
    private mutating func status(_ tree: ReferenceTree) -> TreeChange? {
        // What is wanted afterwards keeps its root; numbers are sorted, for a dictionary's order is another each time.
        guard let path = pick(tree.inodes.keys.filter { !$0.isEmpty }.sorted()) else { return nil }
        switch number(3) {
        case 0:
            // Links have no mode of their own, and chmod(2) follows them out of what is looked at.
            guard tree.files.contains(where: { $0.value.contains(path) }) else { return nil }
            return TreeChange(path: path, action: .mode(pick([0, 0o400, 0o444, 0o600, 0o644, 0o666], or: 0)))
        case 1: return TreeChange(path: path, action: .owner(UInt32(number(2) * 7), UInt32(number(2) * 9)))
        default:
            guard let path = pick(tree.files["state"] ?? []) else { return nil }
            return TreeChange(path: path, action: .length(number(5000)))
        }
    }

    /// A block that waits to go offline: pages of it are pinned first.
    private mutating func waiting(_ tree: ReferenceTree) -> TreeChange? {
        let control = "/sys/kernel/debug/hotmem/workload"
        let movable = tree.machine.blocks.filter { $0.state == .online && $0.zone == .movable }
        let online = tree.machine.blocks.filter { $0.state == .online }
        guard let block = (pick(movable) ?? pick(online))?.id.rawValue else { return nil }
        names += 1
        rest = [
            TreeChange(path: control, action: .write("pin name=w\(names)\n", way())),
            TreeChange(
                path: "/sys/devices/system/memory/memory\(block)/state", action: .write("offline\n", way())),
        ]
        let line = "alloc name=w\(names) kind=anon block=\(block) pages=3\n"
        return TreeChange(path: control, action: .write(line, way()))
    }

    /// Any text to any file.
    private mutating func nonsense(_ tree: ReferenceTree) -> TreeChange? {
        guard let path = pick(tree.files.values.flatMap(\.self).sorted()) else { return nil }
        let texts = ["\n", " 1", "online ", "-", "0x", "18446744073709551616", String(repeating: "9", count: 5000)]
        return TreeChange(path: path, action: .write(pick(texts, or: "-"), way()))
    }

    // MARK: What depends on the machine

    private mutating func block(_ machine: Machine) -> UInt32 { pick(machine.blocks)?.id.rawValue ?? 0 }

    private mutating func address(_ machine: Machine) -> UInt64 {
        let size = machine.blockSize
        let ends = [UInt64(machine.blocks.last?.id.rawValue ?? 0) + 1, (4 << 30) / size]
        switch number(8) {
        case 0: return pick([0, 1, .max, 1 << 46], or: 0)
        case 1: return UInt64(block(machine)) * size
        default: return (pick(ends, or: 0) + UInt64(number(4))) * size
        }
    }

    private mutating func page(_ machine: Machine) -> UInt64 {
        let pages = machine.pages(of: BlockID(block(machine)))
        let place = number(3) == 0 ? UInt64(number(40)) : UInt64(pages.count - 1 - number(12))
        return (pages.lowerBound + place) * machine.pageSize
    }

    private mutating func dimm(_ machine: Machine) -> String {
        let plugged = machine.devices.compactMap { $0.module?.id }
        if number(2) == 0, let id = pick(plugged) { return "unplug id=\(id)" }
        names += 1
        let size = number(8) == 0 ? 1 : UInt64(1 + number(3)) * machine.blockSize
        return "plug id=d\(names) size=\(size) node=\(number(2))"
    }

    private mutating func container() -> String {
        let name = "c\(number(3))"
        switch number(4) {
        case 0: return "unplug name=\(name)"
        case 1: return "plug name=\(name) hid=PNP0A05 node=\(number(2)) cpus=\(number(2)) dimms=256M"
        default: return "plug name=\(name)"
        }
    }

    private mutating func workload(_ machine: Machine) -> String {
        let name = pick(machine.workloadList)?.name
        if number(5) < 2, let name {
            let verb = pick(["free", "free", "touch", "pin", "unpin", "stall", "resume"], or: "free")
            return "\(verb) name=\(name)"
        }
        names += 1
        switch number(5) {
        case 0: return "background name=b\(names) pages=\(2000 + number(2000)) seed=\(names) steps=20"
        case 1: return "alloc name=w\(names) kind=kernel block=\(block(machine)) pages=\(1 + number(3))"
        default:
            let kinds = ["anon", "shmem", "mlocked", "thp", "file", "dma", "slab", "hugetlb"]
            let place = number(2) == 0 ? " block=\(block(machine))" : " node=\(number(2))"
            return "alloc name=w\(names) kind=\(pick(kinds, or: "anon")) pages=\(512 * (1 + number(40)))\(place)"
        }
    }
}
