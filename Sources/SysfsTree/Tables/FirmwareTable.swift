// SPDX-License-Identifier: Apache-2.0

import MemoryModel

/// `/sys/firmware/memmap` (spec 4.13).
enum FirmwareTable {
    static let memmap: [Row<Whole>] = [
        .directories(
            "N", .memmapEntry,
            Family(members: { machine, _ in
                machine.firmwareMap.entries.map { Member(name: "\($0.number)", key: Key(object: UInt32($0.number))) }
            }))
    ]

    static let entry: [Row<FirmwareMap.Entry>] = [
        .file("start", style: .typed, show: { "0x" + Text.hex($1.first) + "\n" }),
        .file("end", style: .typed, show: { "0x" + Text.hex($1.last) + "\n" }),
        .file("type", style: .typed, show: { $1.name + "\n" }),
    ]
}

/// `/sys/firmware/memory`: an IBM Z partition's storage, which chmem configures.
enum StorageTable {
    static let storage: [Row<Whole>] = [
        .directories(
            "memoryN", .storageBlock,
            Family(
                members: { machine, _ in machine.storage.map(member) },
                find: { machine, _, name in
                    number(in: name, after: "memory").flatMap { machine.storageBlock(BlockID($0)) }.map(member)
                },
                count: { machine, _ in machine.storage.count }))
    ]

    static let block: [Row<StorageBlock>] = [
        .file(
            "config", show: { $1.isConfigured ? "1\n" : "0\n" },
            store: { (_, block, text) throws(Refusal) in [.configure(block.id, try Parse.bool(text))] }),
        .file(
            "memmap_on_memory", show: { $1.hostsMap ? "1\n" : "0\n" },
            store: { (_, block, text) throws(Refusal) in [.setHostsMap(block.id, try Parse.bool(text))] }),
    ]

    @Sendable private static func member(_ block: StorageBlock) -> Member {
        Member(name: block.id.description, key: Key(object: block.id.rawValue))
    }
}

extension StorageBlock: Subject {
    static func find(_ key: Key, in machine: Machine) -> StorageBlock? { machine.storageBlock(BlockID(key.object)) }
}

extension FirmwareMap.Entry: Subject {
    static func find(_ key: Key, in machine: Machine) -> FirmwareMap.Entry? {
        machine.firmwareMap.entries.first { $0.number == Int(key.object) }
    }
}
