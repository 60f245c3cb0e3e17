// SPDX-License-Identifier: Apache-2.0

import MemoryModel

/// `/sys/devices/system/node` and its nodes (spec 2; drivers/base/node.c).
enum NodeTable {
    static let root: [Row<Whole>] = [
        mask("possible") { _ in true },
        mask("online", \.isOnline),
        mask("has_memory", \.hasMemory),
        mask("has_normal_memory", \.hasNormalMemory),
        mask("has_high_memory", exists: { $0.description.architecture.zones.contains(.highMem) }, \.hasHighMemory),
        mask("has_cpu") { !$0.onlineCPUs.isEmpty },
        mask("has_generic_initiator", exists: { $0.rules.hasGenericInitiators }) { _ in false },
        .uevent(of: { _ in .nodeRoot }),
        .directory("power", .nodesPower),
        .directories(
            "nodeN", .node,
            Family(members: { machine, _ in
                machine.onlineNodes.map { Member(name: $0.id.description, key: $0.key) }
            })),
    ]

    static let node: [Row<Node>] = [
        .file("cpulist", show: { Text.list($1.onlineCPUs) + "\n" }),
        .file("cpumap", show: { Text.mask($1.onlineCPUs, bits: $0.processors.count) + "\n" }),
        .file("distance", show: distance),
        .file("meminfo", show: { NodeMeminfo(machine: $0, node: $1).text }).ofCounters(),
        .file("numastat", show: { NodeCounters(machine: $0, node: $1).numastat }).ofCounters(),
        .file("vmstat", show: { NodeCounters(machine: $0, node: $1).vmstat }).ofCounters(),
        .file("compact", store: { _, _, _ in [] }),
        .uevent(of: { .node($0.id) }),
        .directory("hugepages", .hugepages),
        .directory("power", .nodePower),
        .link("subsystem", target: { _, _ in "../../../../bus/node" }),
        .links("memoryN", blocks, target: { "../../memory/memory\($1.object)" }),
        .links("cpuN", cpus, target: { "../../cpu/cpu\($1.object)" }),
        .file("reclaim", exists: { $0.rules.hasNodeReclaim }, store: reclaim),
        .directory(
            "memory_failure", .nodeMemoryFailure,
            exists: { $0.rules.hasMemoryFailureCounts && $0.description.architecture.hasMemoryFailure }),
    ]

    /// What came of the node's pages that broke; the model's are mended at once, or not at all.
    static let memoryFailure: [Row<Node>] = [
        failures("total") { $0.total }, failures("ignored") { $0.ignored }, failures("recovered") { $0.recovered },
        .file("failed", show: { _, _ in "0\n" }), .file("delayed", show: { _, _ in "0\n" }),
    ]

    private static func failures(_ name: String, _ count: @escaping @Sendable (MemoryFailures) -> UInt64) -> Row<Node> {
        .file(name, show: { machine, node in "\(machine.memoryFailures[node.id].map(count) ?? 0)\n" })
    }

    static let hugepages: [Row<Node>] = [.directory("hugepages-2048kB", .hugepageSize)]

    /// The node's pool of huge pages; more are asked for than there is room for, and it grows as far as it can.
    static let hugepageSize: [Row<Node>] = [
        .file("nr_hugepages", show: { "\($0.hugePages(of: $1.id).total)\n" }, store: setHugepages),
        .file("free_hugepages", show: { "\($0.hugePages(of: $1.id).free)\n" }),
        .file("surplus_hugepages", show: { _, _ in "0\n" }),
    ]

    private static func mask(
        _ name: String, exists: (@Sendable (Machine) -> Bool)? = nil, _ member: @escaping @Sendable (Node) -> Bool
    ) -> Row<Whole> {
        .file(
            name, exists: exists,
            show: { machine, _ in Text.list(machine.nodes.filter(member).map(\.id.rawValue)) + "\n" })
    }

    /// The node's blocks, found by number.
    private static let blocks = Family<Node>(
        members: { machine, node in
            machine.blocks.lazy.filter { $0.links(to: node.id) }.map { link($0, node) }
        },
        find: { machine, node, name in
            number(in: name, after: "memory").flatMap { machine.blocks[BlockID($0)] }
                .flatMap { $0.links(to: node.id) ? link($0, node) : nil }
        })

    @Sendable private static func link(_ block: MemoryBlock, _ node: Node) -> Member {
        Member(name: block.id.description, key: Key(object: block.id.rawValue, sub: UInt16(node.id.rawValue)))
    }

    private static let cpus = Family<Node>(members: { _, node in
        node.cpus.map { Member(name: "cpu\($0)", key: Key(object: UInt32($0), sub: UInt16(node.id.rawValue))) }
    })

    /// Values of the online nodes, with a blank before all but node 0's: if node 0 is offline the line begins
    /// with one (spec 2).
    @Sendable private static func distance(_ machine: Machine, _ node: Node) -> String {
        machine.onlineNodes.map {
            ($0.id.rawValue == 0 ? "" : " ") + "\(machine.distance(from: node.id, to: $0.id))"
        }.joined() + "\n"
    }

    /// A number of bytes, and `swappiness=` 0 to 200 or `max`, which means nothing where there is no swap
    /// (user_proactive_reclaim).
    @Sendable private static func reclaim(_ machine: Machine, node: Node, text: String) throws(Refusal) -> [Command] {
        let words = KernelText.line(Substring(text)).split(separator: " ")
        guard let size = words.first, size.first?.isNumber == true, size.first?.isASCII == true else {
            throw Refusal(.invalid, "not a size")
        }
        let (bytes, rest) = KernelText.leadingSize(size)
        let options = words.dropFirst() + (rest.isEmpty ? [] : [Substring(rest)])
        guard options.allSatisfy(isSwappiness) else { throw Refusal(.invalid, "unknown option") }
        return [.reclaim(node.id, pages: bytes / machine.pageSize)]
    }

    private static func isSwappiness(_ option: Substring) -> Bool {
        guard option.hasPrefix("swappiness=") else { return false }
        let value = option.dropFirst("swappiness=".count)
        return value == "max" || Int(value).map { (0...200).contains($0) } ?? false
    }

    @Sendable private static func setHugepages(_: Machine, node: Node, text: String) throws(Refusal) -> [Command] {
        [.setHugePages(node.id, try Parse.number(text))]
    }
}
