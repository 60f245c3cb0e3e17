// SPDX-License-Identifier: Apache-2.0

import MemoryModel

/// `/sys/devices/system/memory` and its blocks (spec 2; drivers/base/memory.c).
enum MemoryTable {
    static let root: [Row<Whole>] = [
        .file("block_size_bytes", show: { machine, _ in Text.hex(machine.blockSize) + "\n" }),
        .file(
            "auto_online_blocks", exists: { $0.rules.bringsAddedOnline },
            show: { machine, _ in machine.autoOnline.rawValue + "\n" }, store: setAutoOnline),
        .file("probe", exists: { $0.description.architecture.hasProbe }, store: probe),
        .file("soft_offline_page", exists: { $0.description.architecture.hasMemoryFailure }, store: softOffline),
        .file("hard_offline_page", exists: { $0.description.architecture.hasMemoryFailure }, store: hardOffline),
        .uevent(of: { _ in .memoryRoot }),
        .directory("power", .memoryPower),
        .directories("memoryN", .block, blocks),
        .file("crash_hotplug", exists: \.hasCrashHotplug, show: crashHotplug),
    ]

    /// Whether the kernel itself tells a loaded crash kernel what comes and goes; none is loaded.
    static let crashHotplug: Show<Whole> = { _, _ in "0\n" }

    static let block: [Row<MemoryBlock>] = [
        .file("phys_index", show: { Text.hex($0.indices(of: $1).first, width: 8) + "\n" }).fixed(),
        .file("state", show: { $1.state.rawValue + "\n" }, store: setState).ofState(),
        .file(
            "online", exists: { $0.rules.hasOnlineFile }, show: { $1.isOnline ? "1\n" : "0\n" }, store: setOnline,
            isLocked: { $0.blockGoingOffline == $1.id }
        ).ofState(),
        .file("removable", show: { $0.isRemovable($1) ? "1\n" : "0\n" }),
        .file("phys_device", show: physDevice).fixed(),
        .file("valid_zones", exists: { $0.rules.hasValidZones }, show: validZones).ofState(),
        .uevent(of: { .block($0.id) }),
        .directory("power", .blockPower),
        .link("subsystem", target: { _, _ in "../../../../bus/memory" }),
        .links("nodeN", nodes, target: { "../../node/node\($1.sub)" }),
        .links("firmware_node", device, target: deviceTarget),
        .file(
            "end_phys_index", exists: { $0.rules.hasEndPhysIndex },
            show: { Text.hex($0.indices(of: $1).last, width: 8) + "\n" }
        ).fixed(),
    ]

    /// The blocks, found by number.
    private static let blocks = Family<Whole>(
        members: { machine, _ in machine.blocks.map { Member(name: $0.id.description, key: $0.key) } },
        find: { machine, _, name in
            number(in: name, after: "memory").flatMap { machine.blocks[BlockID($0)] }
                .map { Member(name: name, key: $0.key) }
        },
        count: { machine, _ in machine.blocks.count }, name: { BlockID($0.object).description },
        visit: { machine, _, take in
            for block in machine.blocks { take(Member(name: block.id.description, key: block.key)) }
        })

    private static let nodes = Family<MemoryBlock>(members: { machine, block in
        block.nodes.filter { machine.node($0)?.isOnline ?? false }.map {
            Member(name: $0.description, key: Key(object: block.id.rawValue, sub: UInt16($0.rawValue)))
        }
    })

    private static let device = Family<MemoryBlock>(members: { machine, block in
        guard machine.description.architecture.hasACPI, let slot = block.device else { return [] }
        return [Member(name: "firmware_node", key: Key(object: block.id.rawValue, sub: slot))]
    })

    @Sendable private static func deviceTarget(_ machine: Machine, _ key: Key) -> String {
        "../../../LNXSYSTM:00/LNXSYBUS:00/" + KernelObject.deviceName(slot: Int(key.sub))
    }

    /// On IBM Z the number of the storage increment, elsewhere nothing meaningful (seed 002, section 4).
    @Sendable private static func physDevice(_ machine: Machine, _ block: MemoryBlock) -> String {
        machine.description.architecture == .s390x ? "\(block.id.rawValue)\n" : "0\n"
    }

    @Sendable private static func validZones(_ machine: Machine, _ block: MemoryBlock) -> String {
        let zones = machine.validZones(of: block).map(\.name)
        return (zones.isEmpty ? "none" : zones.joined(separator: " ")) + "\n"
    }

    @Sendable private static func setState(
        _ machine: Machine, block: MemoryBlock, text: String
    ) throws(Refusal) -> [Command] {
        let isByPrefix = machine.rules.matchesStateByPrefix
        let type: OnlineType = isByPrefix ? try Parse.prefix(text, of: stateWords) : try Parse.word(text)
        return [.setState(block.id, type)]
    }

    /// The texts of `state`, in the order in which older kernels compare them.
    private static let stateWords = [OnlineType.onlineKernel, .onlineMovable, .online, .offline]

    @Sendable private static func setOnline(_: Machine, block: MemoryBlock, text: String) throws(Refusal) -> [Command] {
        [.setOnline(block.id, try Parse.bool(text))]
    }

    @Sendable private static func setAutoOnline(_: Machine, _: Whole, text: String) throws(Refusal) -> [Command] {
        [.setAutoOnline(try Parse.word(text))]
    }

    @Sendable private static func probe(_: Machine, _: Whole, text: String) throws(Refusal) -> [Command] {
        [.probe(address: try Parse.number(text))]
    }

    /// Any parse failure is EINVAL here, also a number too large (spec 3.5).
    private static func pageAddress(_ text: String) throws(Refusal) -> UInt64 {
        do throws(Refusal) { return try Parse.number(text) } catch { throw Refusal(.invalid, error.reason) }
    }

    @Sendable private static func softOffline(_: Machine, _: Whole, text: String) throws(Refusal) -> [Command] {
        [.softOffline(address: try pageAddress(text))]
    }

    @Sendable private static func hardOffline(_: Machine, _: Whole, text: String) throws(Refusal) -> [Command] {
        [.hardOffline(address: try pageAddress(text))]
    }
}

extension Machine {
    /// What `phys_index` and `end_phys_index` say: sections where there is an end, else the block's number.
    fileprivate func indices(of block: MemoryBlock) -> (first: UInt64, last: UInt64) {
        let number = UInt64(block.id.rawValue)
        guard rules.hasEndPhysIndex else { return (number, number) }
        let sections = max(1, blockSize / description.geometry.sectionSize)
        return (number * sections, number * sections + sections - 1)
    }
}
