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

extension FirmwareMap.Entry: Subject {
    static func find(_ key: Key, in machine: Machine) -> FirmwareMap.Entry? {
        machine.firmwareMap.entries.first { $0.number == Int(key.object) }
    }
}
