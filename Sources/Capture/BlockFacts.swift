// SPDX-License-Identifier: Apache-2.0

import MemoryModel

/// What a captured tree says of its memory blocks.
struct BlockFacts {
    /// A block.
    struct Block {
        let number: UInt64
        /// Whether its memory is in use, or was when it was captured.
        let isOnline: Bool
        /// The zone that it is in; nil where it is in none or several, or that cannot be seen.
        let zone: ZoneKind?
        /// The nodes that it has links to, ascending.
        let nodes: [Int]
        /// Whether `removable` is 0: a kernel that looked at the pages found some that cannot move (spec 15.1).
        let isUnremovable: Bool
    }

    /// Bytes in a block.
    let blockSize: UInt64
    /// Ascending.
    let blocks: [Block]
    /// What `auto_online_blocks` says, if it is there.
    let autoOnline: OnlineType?

    static let path = "/sys/devices/system/memory"

    /// Reads them.
    ///
    /// - Parameter name: what errors call the capture.
    /// - Throws: what cannot be the kernel's, with the file and the line.
    init(_ tree: FileTree, name: String) throws(CaptureError) {
        guard let memory = tree[Self.path], memory.isDirectory else {
            throw .input(
                "\(name): no \(Self.path.dropFirst()) in it; a capture is of a kernel with memory blocks "
                    + "(CONFIG_MEMORY_HOTPLUG)")
        }
        blockSize = try Self.blockSize(memory, name)
        var blocks: [Block] = []
        let component = PathPattern.Component.numbered("memory", nil)
        for (member, block) in memory.members where block.isDirectory {
            guard let number = component.number(in: member) else { continue }
            blocks.append(try Self.block(UInt64(number), block, "\(name): \(Self.path.dropFirst())/\(member)"))
        }
        guard !blocks.isEmpty else { throw .input("\(name): no memory blocks in \(Self.path.dropFirst())") }
        self.blocks = blocks.sorted { $0.number < $1.number }
        // Far above what any processor has; room for a node or two above it.
        guard let last = self.blocks.last, last.number < (1 << 60) / blockSize else {
            throw .input("\(name): the highest block is above all addresses; is block_size_bytes right?")
        }
        autoOnline = memory.text("auto_online_blocks").flatMap(OnlineType.init)
    }

    private static func blockSize(_ memory: FileTree, _ name: String) throws(CaptureError) -> UInt64 {
        let path = "\(name): \(path.dropFirst())/block_size_bytes"
        guard let text = memory.text("block_size_bytes") else { throw .input("\(path): not there, or no text") }
        guard let size = UInt64(text, radix: 16), text.first != "+" else {
            throw .input("\(path):1: \(Self.quoted(text)) is no hexadecimal number of bytes")
        }
        guard size.nonzeroBitCount == 1, size >= 1 << 20 else {
            throw .input("\(path):1: \(Self.quoted(text)) is no power of two of at least 1 MiB")
        }
        return size
    }

    private static func block(_ number: UInt64, _ block: FileTree, _ path: String) throws(CaptureError) -> Block {
        var isOnline = true
        if block["state"] != nil {
            guard let state = block.text("state") else { throw .input("\(path)/state: no text") }
            switch state {
            case "online", "going-offline": isOnline = true
            case "offline": isOnline = false
            default: throw .input("\(path)/state:1: \(quoted(state)) is no state of a memory block")
            }
        }
        if let text = block.text("phys_index"), UInt64(text, radix: 16) == nil {
            throw .input("\(path)/phys_index:1: \(quoted(text)) is no hexadecimal number")
        }
        let words = block.text("valid_zones")?.split(separator: " ").map(String.init) ?? []
        let nodes = block.members.keys.compactMap { PathPattern.Component.numbered("node", nil).number(in: $0) }
        return Block(
            number: number, isOnline: isOnline, zone: isOnline && words.count == 1 ? ZoneKind(named: words[0]) : nil,
            nodes: nodes.map { Int($0) }.sorted(), isUnremovable: block.text("removable") == "0")
    }

    private static func quoted(_ text: String) -> String {
        "\"" + text.prefix(40) + (text.count > 40 ? "..." : "") + "\""
    }
}

extension ZoneKind {
    /// The zone with a name of the kernel's.
    init?(named name: String) {
        guard let zone = Self.allCases.first(where: { $0.name == name }) else { return nil }
        self = zone
    }
}
