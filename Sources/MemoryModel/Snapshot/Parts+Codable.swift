// SPDX-License-Identifier: Apache-2.0

// Parts of a machine that Swift cannot write by itself.

extension SortedChunks: Codable where Element: Codable {
    /// Reads values, which have to ascend.
    init(from decoder: any Decoder) throws {
        self.init()
        var container = try decoder.unkeyedContainer()
        var last: Element.Key?
        while !container.isAtEnd {
            let element = try container.decode(Element.self)
            try require(last.map { $0 < element.sortKey } ?? true, "values are not in order")
            last = element.sortKey
            insert(element)
        }
    }

    /// Writes values in their order, however they lie.
    func encode(to encoder: any Encoder) throws {
        var container = encoder.unkeyedContainer()
        var index = startIndex
        while index != endIndex {
            try container.encode(self[index])
            index = self.index(after: index)
        }
    }
}

extension Link: Codable {
    init(from decoder: any Decoder) throws {
        self.init(rawValue: try decoder.singleValueContainer().decode(UInt32.self))
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(rawValue)
    }
}

/// The chain without its listeners, which are functions: those of a stock kernel are always there.
extension NotifierChain: Codable {
    private enum CodingKeys: CodingKey {
        case injected
    }

    /// Reads a chain; its listeners are the stock kernel's.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        self.init(injected: try container.decode([MemoryAction: Errno].self, forKey: .injected))
    }

    /// Writes a chain.
    ///
    /// - Throws: where other listeners than a stock kernel's are on it.
    public func encode(to encoder: any Encoder) throws {
        guard listeners.map(\.name) == MemoryListener.stock.map(\.name) else {
            let reason = "listeners that somebody added cannot be written down"
            throw EncodingError.invalidValue(self, .init(codingPath: encoder.codingPath, debugDescription: reason))
        }
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(injected, forKey: .injected)
    }
}

extension MigrationCache: Codable {
    private enum CodingKeys: CodingKey {
        case isUsed, moves, entries
    }

    /// Reads a cache.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        var reader = PackedReader(try container.decode([UInt8].self, forKey: .entries))
        let count = try reader.count()
        var entries: [(place: Int, old: PageFrame, new: PageFrame, number: UInt64)] = []
        for _ in 0..<count {
            let place = try reader.number(below: Self.size)
            let (old, new, number) = (try reader.varint() &- 1, try reader.varint(), try reader.varint())
            entries.append((place, old, new, number))
        }
        try reader.end()
        let isUsed = try container.decode(Bool.self, forKey: .isUsed)
        let moves = try container.decode(UInt64.self, forKey: .moves)
        try require(isUsed || entries.isEmpty, "moves in an empty cache")
        self.init(isUsed: isUsed, moves: moves, entries)
    }

    /// Writes a cache.
    public func encode(to encoder: any Encoder) throws {
        var writer = PackedWriter()
        let entries = state
        writer.varint(entries.count)
        for (place, old, new, number) in entries {
            writer.varint(place)
            // What was forgotten is .max.
            for number in [old &+ 1, new, number] { writer.varint(number) }
        }
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(isUsed, forKey: .isUsed)
        try container.encode(moves, forKey: .moves)
        try container.encode(writer.bytes, forKey: .entries)
    }
}

extension ZonePages: Codable {
    private enum CodingKeys: CodingKey {
        case free, perCPU, used, active, dirty, numa, huge, pinsTaken, pinsGivenBack
        case managed, min, low, high, protection, batch, highPerCPU, perCPUOff
    }

    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        func count(_ key: CodingKeys) throws -> UInt64 { try container.decode(UInt64.self, forKey: key) }
        (free, perCPU, dirty, huge) = (try count(.free), try count(.perCPU), try count(.dirty), try count(.huge))
        used = Self.byNumber(try container.decode([String: UInt64].self, forKey: .used))
        active = Self.byNumber(try container.decode([String: UInt64].self, forKey: .active))
        numa = try container.decode(NUMACounters.self, forKey: .numa)
        pins = (try count(.pinsTaken), try count(.pinsGivenBack))
        (managed, min, low, high) = (try count(.managed), try count(.min), try count(.low), try count(.high))
        protection = try container.decode([UInt64].self, forKey: .protection)
        batch = try container.decode(Int.self, forKey: .batch)
        highPerCPU = try container.decode(Int.self, forKey: .highPerCPU)
        perCPUOff = try container.decode(Int.self, forKey: .perCPUOff)
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(free, forKey: .free)
        try container.encode(perCPU, forKey: .perCPU)
        try container.encode(Self.byName(used), forKey: .used)
        try container.encode(Self.byName(active), forKey: .active)
        try container.encode(dirty, forKey: .dirty)
        try container.encode(numa, forKey: .numa)
        try container.encode(huge, forKey: .huge)
        try container.encode(pins.taken, forKey: .pinsTaken)
        try container.encode(pins.givenBack, forKey: .pinsGivenBack)
        try container.encode(managed, forKey: .managed)
        try container.encode(min, forKey: .min)
        try container.encode(low, forKey: .low)
        try container.encode(high, forKey: .high)
        try container.encode(protection, forKey: .protection)
        try container.encode(batch, forKey: .batch)
        try container.encode(highPerCPU, forKey: .highPerCPU)
        try container.encode(perCPUOff, forKey: .perCPUOff)
    }

    /// Counts by the names of their kinds, so that there may be other kinds one day.
    private static func byName(_ counts: [UInt64]) -> [String: UInt64] {
        var named: [String: UInt64] = [:]
        for kind in PageKind.allCases where counts[kind.number] > 0 { named[kind.rawValue] = counts[kind.number] }
        return named
    }

    private static func byNumber(_ named: [String: UInt64]) -> [UInt64] {
        var counts = [UInt64](repeating: 0, count: PageKind.allCases.count)
        for kind in PageKind.allCases { counts[kind.number] = named[kind.rawValue] ?? 0 }
        return counts
    }
}
