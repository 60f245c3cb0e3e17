// SPDX-License-Identifier: Apache-2.0

/// The values that bytes hold, one after the other, each followed by what is in it. They were looked through from end to end,
/// so that whoever reads a value finds it whole.
///
/// An entry has 16 bytes, and a value at least one: that is all that is allocated.
final class Tape {
    private struct Entry {
        /// A number's value, or what a negative one's is the complement of; a double's bits; where a text or bytes begin, and
        /// in the upper half how many they are; how many values a list or map has.
        var payload: UInt64
        /// The entry that follows what is in this one.
        var end: UInt32
        /// In a map, its key's number in 24 bits; its tag in the others.
        var nameAndTag: UInt32
    }
    private let source: [UInt8]
    private var names: [String] = []
    private var entries: ContiguousArray<Entry> = []

    func tag(_ index: Int) -> Format.Tag {
        Format.Tag(rawValue: UInt8(truncatingIfNeeded: entries[index].nameAndTag)) ?? .null
    }
    func payload(_ index: Int) -> UInt64 { entries[index].payload }
    /// The entry after a value's last.
    func end(_ index: Int) -> Int { Int(entries[index].end) }
    /// The key of a value in a map.
    func name(_ index: Int) -> String { names[Int(entries[index].nameAndTag >> 8)] }

    private func text(_ index: Int) -> ArraySlice<UInt8> {
        let payload = entries[index].payload
        let first = Int(payload & 0xffff_ffff)
        return source[first..<first + Int(payload >> 32)]
    }

    func bytes(_ index: Int) -> [UInt8] { Array(text(index)) }
    func string(_ index: Int) -> String? { String(validating: text(index), as: UTF8.self) }

    /// - Throws: for what is not, from its first byte to its last, a value with its names.
    init(_ source: [UInt8]) throws(StateError) {
        self.source = source
        guard source.count <= Format.mostBytes else { throw StateError("more than \(Format.mostBytes) bytes") }
        guard let version = source.first else { throw StateError("nothing is there") }
        guard version == Format.version else { throw StateError("form \(version), not \(Format.version)") }
        var reader = Reader(source)
        let count = try reader.count(ofAtLeast: 1)
        guard count <= Format.mostNames else { throw StateError("too many names") }
        for _ in 0..<count {
            let place = try reader.text()
            guard let name = String(validating: source[place], as: UTF8.self) else {
                throw StateError("a name that is not UTF-8")
            }
            names.append(name)
        }
        try read(&reader, name: 0, depth: 0)
        guard reader.left == 0 else { throw StateError("\(reader.left) bytes after the end") }
    }

    private func read(_ reader: inout Reader, name: UInt32, depth: Int) throws(StateError) {
        let first = try reader.byte()
        if first >= Format.small { return add(.number, UInt64(first & ~Format.small), name) }
        guard let tag = Format.Tag(rawValue: first) else { throw StateError("unknown tag \(first)") }
        switch tag {
        case .null, .no, .yes: add(tag, 0, name)
        case .number, .negative: add(tag, try reader.varint(), name)
        case .double: add(tag, try reader.double(), name)
        case .string, .bytes:
            let place = try reader.text()
            add(tag, UInt64(place.lowerBound) | UInt64(place.count) << 32, name)
        case .list, .map:
            guard depth < Format.deepest else { throw StateError("more than \(Format.deepest) lists in each other") }
            let count = try reader.count(ofAtLeast: tag == .map ? 2 : 1)
            let index = entries.count
            add(tag, UInt64(count), name)
            for _ in 0..<count {
                var key: UInt32 = 0
                if tag == .map {
                    let number = try reader.varint()
                    guard number < UInt64(names.count) else { throw StateError("name \(number) of \(names.count)") }
                    key = UInt32(number)
                }
                try read(&reader, name: key, depth: depth + 1)
            }
            entries[index].end = UInt32(entries.count)
        }
    }

    private func add(_ tag: Format.Tag, _ payload: UInt64, _ name: UInt32) {
        entries.append(
            Entry(payload: payload, end: UInt32(entries.count + 1), nameAndTag: name << 8 | UInt32(tag.rawValue)))
    }
}

/// Takes bytes off the front.
private struct Reader {
    private let source: [UInt8]
    // After the version.
    private var place = 1

    init(_ source: [UInt8]) { self.source = source }

    var left: Int { source.count - place }

    mutating func byte() throws(StateError) -> UInt8 {
        guard place < source.count else { throw StateError("cut short") }
        defer { place += 1 }
        return source[place]
    }

    mutating func varint() throws(StateError) -> UInt64 {
        var (value, shift) = (0 as UInt64, 0 as UInt64)
        while true {
            let byte = try byte()
            let part = UInt64(byte & 0x7f)
            guard shift < 63 || part <= 1 else { throw StateError("a number of more than 64 bits") }
            value |= part << shift
            guard byte & 0x80 != 0 else { return value }
            shift += 7
            guard shift < 64 else { throw StateError("a number of more than 64 bits") }
        }
    }

    /// How many there are of something that takes so many bytes, or more.
    mutating func count(ofAtLeast size: Int) throws(StateError) -> Int {
        let count = try varint()
        guard count <= UInt64(left / size) else { throw StateError("\(count) values, but \(left) bytes") }
        return Int(count)
    }

    /// Where a text or bytes are, after their length.
    mutating func text() throws(StateError) -> Range<Int> {
        let count = try count(ofAtLeast: 1)
        defer { place += count }
        return place..<place + count
    }

    mutating func double() throws(StateError) -> UInt64 {
        guard left >= 8 else { throw StateError("cut short") }
        defer { place += 8 }
        return (0..<8).reduce(0) { $0 | UInt64(source[place + $1]) << (8 * UInt64($1)) }
    }
}
