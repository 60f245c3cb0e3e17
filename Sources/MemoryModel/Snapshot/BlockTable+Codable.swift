// SPDX-License-Identifier: Apache-2.0

/// Blocks are rows: half a million of them, of which most are as the one before. New columns are added at the end.
extension BlockTable: Codable {
    /// Reads blocks.
    public init(from decoder: any Decoder) throws {
        self.init()
        var reader = PackedReader(try decoder.singleValueContainer().decode([UInt8].self))
        var rows = MemoryBlock.rows
        var last: BlockID?
        for _ in 0..<(try reader.count()) {
            guard var block = MemoryBlock(row: try reader.row(&rows)) else {
                throw DecodingError.damaged("no such block")
            }
            // Few have such, and they are in no column.
            for _ in 0..<rows.last[MemoryBlock.otherNodesColumn] {
                block.otherNodes.append(NodeID(Int(try reader.number(below: Int(Int32.max)))))
            }
            try require(last.map { $0 < block.id } ?? true, "\(block.id) after \(last as Any)")
            last = block.id
            insert(block)
        }
        try reader.end()
    }

    /// Writes blocks.
    public func encode(to encoder: any Encoder) throws {
        var writer = PackedWriter()
        writer.varint(count)
        var rows = MemoryBlock.rows
        for block in self {
            writer.row(&rows, block.fill)
            for node in block.otherNodes { writer.varint(node.rawValue) }
        }
        var container = encoder.singleValueContainer()
        try container.encode(writer.bytes)
    }
}

extension MemoryBlock {
    fileprivate static let otherNodesColumn = 15
    /// Number, content and owner of the memory map go up from block to block.
    fileprivate static var rows: Rows { Rows(columns: 16, counting: 0, 9, 11) }

    /// The columns; what may be missing is 0 then, and else one more than it is.
    fileprivate func fill(_ row: inout [UInt32]) {
        func optional(_ number: Int32?) -> UInt32 { number.map { UInt32(bitPattern: $0) &+ 1 } ?? 0 }
        func optional(_ number: UInt16?) -> UInt32 { number.map { UInt32($0) + 1 } ?? 0 }
        func zone(_ kind: ZoneKind?) -> UInt32 { kind.map { UInt32($0.rawValue) + 1 } ?? 0 }
        row[0] = id.rawValue &+ 1
        row[1] = Self.states.firstIndex(of: state).map { UInt32($0) } ?? 0
        row[2] = (isOnline ? 1 : 0) | (isBoot ? 2 : 0) | (isAvoided ? 4 : 0)
        row[3] = UInt32(bitPattern: Int32(truncatingIfNeeded: node.rawValue))
        row[4] = zone(self.zone)
        row[5] = zone(assignedZone)
        row[6] = stickyType.flatMap { Self.types.firstIndex(of: $0) }.map { UInt32($0) + 1 } ?? 0
        row[7] = presentPages
        row[8] = poisoned
        row[9] = optional(content)
        row[10] = ownMapPages
        row[11] = optional(memoryMapOwner)
        row[12] = optional(device)
        row[13] = optional(group)
        row[14] = UInt32(incarnation)
        row[Self.otherNodesColumn] = UInt32(otherNodes.count)
    }

    /// A block, but for its other nodes; nil for what cannot be one.
    fileprivate init?(row: [UInt32]) {
        func optional(_ column: Int) -> Int32? { row[column] == 0 ? nil : Int32(bitPattern: row[column] &- 1) }
        func zone(_ column: Int) -> ZoneKind? { row[column] == 0 ? nil : ZoneKind(rawValue: Int(row[column] - 1)) }
        func short(_ column: Int) -> UInt16? { row[column] == 0 ? nil : UInt16(truncatingIfNeeded: row[column] - 1) }
        guard row[1] < UInt32(Self.states.count), row[2] < 8, row[6] <= UInt32(Self.types.count),
            row[12] <= 1 << 16, row[13] <= 1 << 16, row[14] < 1 << 16, row[3] <= UInt32(Int32.max),
            (zone(4) == nil) == (row[4] == 0), (zone(5) == nil) == (row[5] == 0)
        else { return nil }
        self.init(
            id: BlockID(row[0] &- 1), state: Self.states[Int(row[1])], isOnline: row[2] & 1 != 0,
            node: NodeID(Int(row[3])), zone: zone(4), assignedZone: zone(5),
            stickyType: row[6] == 0 ? nil : Self.types[Int(row[6] - 1)], isBoot: row[2] & 2 != 0,
            presentPages: row[7], poisoned: row[8], content: optional(9), isAvoided: row[2] & 4 != 0,
            memoryMapOwner: optional(11), ownMapPages: row[10], device: short(12), group: short(13),
            incarnation: UInt16(row[14]))
    }

    /// In this order for ever.
    private static let states: [State] = [.online, .offline, .goingOffline]
    private static let types: [OnlineType] = [.offline, .online, .onlineKernel, .onlineMovable]
}
