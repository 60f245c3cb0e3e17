// SPDX-License-Identifier: Apache-2.0

import MemoryModel

/// The file `memmap`: where the memory map of each added block lives, and what it costs (spec 4.9).
enum MemoryMapList {
    static func text(of machine: Machine) -> String {
        machine.memoryMaps.map { map in
            let places = Text.shares(map.places)
            return "block=\(map.block.rawValue) pages=\(map.pages) blocks=\(places)\n"
        }.joined()
    }
}
