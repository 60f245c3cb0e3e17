// SPDX-License-Identifier: Apache-2.0

/// Contents, slots and records are rows (``PackedWriter``), types of pageblocks a byte each. New columns are added at the end.
extension PageStore: Codable {
    private enum CodingKeys: CodingKey {
        case layout, contents, vacantContents, slots, vacantSlots, types, records
    }

    /// Reads a store. That its numbers lead somewhere has to be checked by who knows the rest (``Machine``).
    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        self.init(layout: try container.decode(PageLayout.self, forKey: .layout))
        try layout.check()
        contents = try Self.unpackContents(try container.decode([UInt8].self, forKey: .contents))
        vacantContents = try container.decode([Int].self, forKey: .vacantContents)
        slots = try Self.unpackSlots(try container.decode([UInt8].self, forKey: .slots), layout)
        vacantSlots = try container.decode([Int].self, forKey: .vacantSlots)
        // Links have 31 bits for records.
        try require(slots.count <= 1 << (31 - layout.blockOrder), "\(slots.count) slots")
        for type in try container.decode([UInt8].self, forKey: .types) {
            guard let type = MigrateType(rawValue: type) else {
                throw DecodingError.damaged("pageblock of type \(type)")
            }
            types.append(type)
        }
        try require(types.count == slots.count * layout.pageblocksPerBlock, "\(types.count) pageblocks")
        try records.unpack(
            try container.decode([UInt8].self, forKey: .records), pages: slots.count * layout.pagesPerBlock)
    }

    /// Writes a store.
    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(layout, forKey: .layout)
        try container.encode(Self.pack(contents), forKey: .contents)
        try container.encode(vacantContents, forKey: .vacantContents)
        try container.encode(Self.pack(slots), forKey: .slots)
        try container.encode(vacantSlots, forKey: .vacantSlots)
        try container.encode(types.map(\.rawValue), forKey: .types)
        try container.encode(records.packed, forKey: .records)
    }

    // MARK: Contents

    private static func pack(_ contents: ContiguousArray<BlockContent>) -> [UInt8] {
        var writer = PackedWriter()
        writer.varint(contents.count)
        var rows = BlockContent.rows
        for content in contents { writer.row(&rows, content.fill) }
        return writer.bytes
    }

    private static func unpackContents(_ bytes: [UInt8]) throws(DecodingError) -> ContiguousArray<BlockContent> {
        var reader = PackedReader(bytes)
        let count = try reader.count()
        var contents: ContiguousArray<BlockContent> = []
        contents.reserveCapacity(count)
        var rows = BlockContent.rows
        for _ in 0..<count {
            guard let content = BlockContent(row: try reader.row(&rows)) else {
                throw .damaged("content \(contents.count)")
            }
            contents.append(content)
        }
        try reader.end()
        return contents
    }

    // MARK: Slots

    private static func pack(_ slots: ContiguousArray<Slot>) -> [UInt8] {
        var writer = PackedWriter()
        writer.varint(slots.count)
        var rows = Rows(columns: 3, counting: 0)
        for slot in slots {
            let (content, free) = (UInt32(truncatingIfNeeded: slot.content + 1), UInt32(truncatingIfNeeded: slot.free))
            writer.row(&rows) { row in
                row[0] = content
                row[1] = free
                row[2] = UInt32(slot.parts.count)
            }
            for part in slot.parts {
                for number in [part.pages.lowerBound, part.pages.upperBound, part.zone] { writer.varint(number) }
            }
        }
        return writer.bytes
    }

    private static func unpackSlots(
        _ bytes: [UInt8], _ layout: PageLayout
    ) throws(DecodingError) -> ContiguousArray<Slot> {
        var reader = PackedReader(bytes)
        var slots: ContiguousArray<Slot> = []
        var rows = Rows(columns: 3, counting: 0)
        for _ in 0..<(try reader.count()) {
            let row = try reader.row(&rows)
            var slot = Slot(content: Int(row[0]) - 1, free: Int(row[1]))
            for _ in 0..<row[2] {
                let lower = try reader.number(below: layout.pagesPerBlock + 1)
                let upper = try reader.number(below: layout.pagesPerBlock + 1)
                try require(lower <= upper, "part of a slot")
                slot.parts.append(
                    Part(pages: lower..<upper, zone: try reader.number(below: Int(BlockContent.mixedZone))))
            }
            slots.append(slot)
        }
        try reader.end()
        return slots
    }
}

extension PageLayout {
    /// Whether its numbers are such as a block can have.
    func check() throws(DecodingError) {
        try require(
            0 <= pageblockOrder && pageblockOrder <= maxOrder && maxOrder <= blockOrder && blockOrder < 31,
            "pages \(self)")
    }
}

extension BlockContent {
    /// Block and links go up from content to content.
    fileprivate static var rows: Rows { Rows(columns: 10, counting: 0, 3, 4) }

    fileprivate func fill(_ row: inout [UInt32]) {
        row[0] = block.rawValue &+ 1
        row[1] = UInt32(zone)
        row[2] = UInt32(form.rawValue) | (isAvoided ? 8 : 0) | (isBooked ? 16 : 0)
        row[3] = next.rawValue &+ 1
        row[4] = previous.rawValue &+ 1
        row[5] = owner
        row[6] = slot
        row[7] = UInt32(flags.rawValue)
        row[8] = UInt32(type.rawValue)
        row[9] = ownMap
    }

    fileprivate init?(row: [UInt32]) {
        guard let form = Form(rawValue: UInt8(truncatingIfNeeded: row[2] & 7)), row[2] < 32, row[1] < 1 << 16,
            row[7] < 256, let type = MigrateType(rawValue: UInt8(truncatingIfNeeded: row[8])), row[8] < 256
        else { return nil }
        self.init(
            block: BlockID(row[0] &- 1), zone: UInt16(row[1]), form: form, type: type, isAvoided: row[2] & 8 != 0,
            isBooked: row[2] & 16 != 0, flags: PageFlags(rawValue: UInt8(row[7])), owner: row[5], ownMap: row[9],
            slot: row[6], next: Link(rawValue: row[3] &- 1), previous: Link(rawValue: row[4] &- 1))
    }
}
