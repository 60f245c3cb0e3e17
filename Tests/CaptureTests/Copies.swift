// SPDX-License-Identifier: Apache-2.0

import Capture

/// Trees of files as a machine's copies have them.
enum Copies {
    static let memory = "/sys/devices/system/memory"

    /// A memory block of a copy.
    struct Block {
        var number: Int
        var state = "online"
        var zones = "Normal"
        var removable = "1"
        var nodes = [0]
    }

    static func file(_ text: String, mode: UInt16 = 0o444) -> FileTree { .file(.bytes(Array(text.utf8)), mode: mode) }

    /// A copy of /sys/devices/system/memory.
    static func tree(blockSize: UInt64 = 128 << 20, _ blocks: [Block]) -> FileTree {
        var tree = FileTree.empty
        tree.put(file(String(blockSize, radix: 16) + "\n"), at: "\(memory)/block_size_bytes")
        tree.put(file("offline\n", mode: 0o644), at: "\(memory)/auto_online_blocks")
        tree.put(file("", mode: 0o644), at: "\(memory)/uevent")
        for block in blocks { put(block, in: &tree) }
        return tree
    }

    private static func put(_ block: Block, in tree: inout FileTree) {
        let path = "\(memory)/memory\(block.number)"
        let index = String(block.number, radix: 16)
        let texts = [
            "phys_index": String(repeating: "0", count: 8 - index.count) + index, "state": block.state,
            "online": block.state == "online" ? "1" : "0", "removable": block.removable, "phys_device": "0",
            "valid_zones": block.zones,
        ]
        for (name, text) in texts { tree.put(file(text + "\n"), at: "\(path)/\(name)") }
        for node in block.nodes { tree.put(.link("../../node/node\(node)"), at: "\(path)/node\(node)") }
    }

    /// Online blocks in one zone, but the first, which is in several.
    static func usual(_ numbers: Range<Int>) -> [Block] {
        numbers.map { Block(number: $0, zones: $0 == 0 ? "none" : $0 < 32 ? "DMA32" : "Normal") }
    }
}
