// SPDX-License-Identifier: Apache-2.0

// What values are read through: one kind of container for each form a value can have. The many functions that differ in a type
// only are what the protocols ask for.

/// Reads one value.
struct ValueDecoder: Decoder, SingleValueDecodingContainer {
    let tape: Tape
    let index: Int
    let path: Path?

    var codingPath: [any CodingKey] { path.keys }
    var userInfo: [CodingUserInfoKey: Any] { [:] }

    func container<Key: CodingKey>(keyedBy type: Key.Type) throws -> KeyedDecodingContainer<Key> {
        guard tape.tag(index) == .map else { throw mismatch([String: any Decodable].self) }
        return KeyedDecodingContainer(MapReader(tape: tape, index: index, path: path))
    }

    func unkeyedContainer() throws -> any UnkeyedDecodingContainer {
        guard tape.tag(index) == .list else { throw mismatch([any Decodable].self) }
        return ListReader(tape: tape, index: index, path: path)
    }

    func singleValueContainer() -> any SingleValueDecodingContainer { self }

    func decodeNil() -> Bool { tape.tag(index) == .null }

    func decode<Value: Decodable>(_ type: Value.Type) throws -> Value {
        try plain(type) ?? type.init(from: self)
    }

    /// Values that need no decoder; elements of arrays are met only here.
    private func plain<Value>(_ type: Value.Type) throws -> Value? {
        if type == [UInt8].self, tape.tag(index) == .bytes { return tape.bytes(index) as? Value }
        if type == UInt64.self { return try integer() as UInt64 as? Value }
        if type == Int.self { return try integer() as Int as? Value }
        if type == UInt32.self { return try integer() as UInt32 as? Value }
        if type == UInt16.self { return try integer() as UInt16 as? Value }
        if type == UInt8.self { return try integer() as UInt8 as? Value }
        if type == Bool.self { return try bool() as Bool as? Value }
        if type == String.self { return try string() as String as? Value }
        return nil
    }

    // MARK: Plain values

    private func mismatch(_ type: any Any.Type) -> DecodingError {
        guard !decodeNil() else {
            return .valueNotFound(type, .init(codingPath: codingPath, debugDescription: "null"))
        }
        return .typeMismatch(type, .init(codingPath: codingPath, debugDescription: "another kind of value"))
    }

    func corrupted(_ reason: String) -> DecodingError {
        .dataCorrupted(.init(codingPath: codingPath, debugDescription: reason))
    }

    func bool() throws -> Bool {
        switch tape.tag(index) {
        case .no: false
        case .yes: true
        default: throw mismatch(Bool.self)
        }
    }

    func integer<Number: FixedWidthInteger>() throws -> Number {
        let number: Number?
        switch tape.tag(index) {
        case .number: number = Number(exactly: tape.payload(index))
        case .negative:
            let rest = Int64(exactly: tape.payload(index))
            number = rest.flatMap { Number(exactly: ~$0) }
        default: throw mismatch(Number.self)
        }
        guard let number else { throw corrupted("a number that is no \(Number.self)") }
        return number
    }

    func double() throws -> Double {
        guard tape.tag(index) == .double else { throw mismatch(Double.self) }
        return Double(bitPattern: tape.payload(index))
    }

    func float() throws -> Float { Float(try double()) }

    func string() throws -> String {
        guard tape.tag(index) == .string else { throw mismatch(String.self) }
        guard let string = tape.string(index) else { throw corrupted("not UTF-8") }
        return string
    }

    func decode(_ type: Bool.Type) throws -> Bool { try bool() }
    func decode(_ type: String.Type) throws -> String { try string() }
    func decode(_ type: Double.Type) throws -> Double { try double() }
    func decode(_ type: Float.Type) throws -> Float { try float() }
    func decode(_ type: Int.Type) throws -> Int { try integer() }
    func decode(_ type: Int8.Type) throws -> Int8 { try integer() }
    func decode(_ type: Int16.Type) throws -> Int16 { try integer() }
    func decode(_ type: Int32.Type) throws -> Int32 { try integer() }
    func decode(_ type: Int64.Type) throws -> Int64 { try integer() }
    func decode(_ type: UInt.Type) throws -> UInt { try integer() }
    func decode(_ type: UInt8.Type) throws -> UInt8 { try integer() }
    func decode(_ type: UInt16.Type) throws -> UInt16 { try integer() }
    func decode(_ type: UInt32.Type) throws -> UInt32 { try integer() }
    func decode(_ type: UInt64.Type) throws -> UInt64 { try integer() }
}

/// Reads a map.
struct MapReader<Key: CodingKey>: KeyedDecodingContainerProtocol {
    private let tape: Tape
    private let path: Path?
    private let cursor: Cursor

    /// Where the pairs are, and the next to look at: keys are mostly asked for in the order they were written in.
    private final class Cursor {
        let first: Int
        let end: Int
        var next: Int

        init(_ first: Int, _ end: Int) { (self.first, self.end, next) = (first, end, first) }
    }

    init(tape: Tape, index: Int, path: Path?) {
        (self.tape, self.path) = (tape, path)
        cursor = Cursor(index + 1, tape.end(index))
    }

    var codingPath: [any CodingKey] { path.keys }

    var allKeys: [Key] {
        var keys: [Key] = []
        var index = cursor.first
        while index < cursor.end {
            // A key that this version does not know is passed over.
            if let key = Key(stringValue: tape.name(index)) { keys.append(key) }
            index = tape.end(index)
        }
        return keys
    }

    private func find(_ key: some CodingKey) -> Int? {
        let name = key.stringValue
        var index = cursor.next
        while index < cursor.end {
            if tape.name(index) == name {
                cursor.next = tape.end(index)
                return index
            }
            index = tape.end(index)
        }
        index = cursor.first
        while index < cursor.next {
            if tape.name(index) == name {
                cursor.next = tape.end(index)
                return index
            }
            index = tape.end(index)
        }
        return nil
    }

    private func value(_ key: some CodingKey) throws -> ValueDecoder {
        guard let index = find(key) else {
            throw DecodingError.keyNotFound(key, .init(codingPath: codingPath, debugDescription: "no such key"))
        }
        return ValueDecoder(tape: tape, index: index, path: Path(path, key))
    }

    func contains(_ key: Key) -> Bool { find(key) != nil }
    func decodeNil(forKey key: Key) throws -> Bool { try value(key).decodeNil() }

    func decode<Value: Decodable>(_ type: Value.Type, forKey key: Key) throws -> Value {
        try value(key).decode(type)
    }

    func nestedContainer<Inner: CodingKey>(
        keyedBy type: Inner.Type, forKey key: Key
    ) throws -> KeyedDecodingContainer<Inner> {
        try value(key).container(keyedBy: type)
    }

    func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer {
        try value(key).unkeyedContainer()
    }

    func superDecoder() throws -> any Decoder { try value(AnyKey.above) }
    func superDecoder(forKey key: Key) throws -> any Decoder { try value(key) }

    func decode(_ type: Bool.Type, forKey key: Key) throws -> Bool { try value(key).bool() }
    func decode(_ type: String.Type, forKey key: Key) throws -> String { try value(key).string() }
    func decode(_ type: Double.Type, forKey key: Key) throws -> Double { try value(key).double() }
    func decode(_ type: Float.Type, forKey key: Key) throws -> Float { try value(key).float() }
    func decode(_ type: Int.Type, forKey key: Key) throws -> Int { try value(key).integer() }
    func decode(_ type: Int8.Type, forKey key: Key) throws -> Int8 { try value(key).integer() }
    func decode(_ type: Int16.Type, forKey key: Key) throws -> Int16 { try value(key).integer() }
    func decode(_ type: Int32.Type, forKey key: Key) throws -> Int32 { try value(key).integer() }
    func decode(_ type: Int64.Type, forKey key: Key) throws -> Int64 { try value(key).integer() }
    func decode(_ type: UInt.Type, forKey key: Key) throws -> UInt { try value(key).integer() }
    func decode(_ type: UInt8.Type, forKey key: Key) throws -> UInt8 { try value(key).integer() }
    func decode(_ type: UInt16.Type, forKey key: Key) throws -> UInt16 { try value(key).integer() }
    func decode(_ type: UInt32.Type, forKey key: Key) throws -> UInt32 { try value(key).integer() }
    func decode(_ type: UInt64.Type, forKey key: Key) throws -> UInt64 { try value(key).integer() }
}

/// Reads a list.
struct ListReader: UnkeyedDecodingContainer {
    private let tape: Tape
    private let path: Path?
    private let end: Int
    private var index: Int
    private let number: Int
    private(set) var currentIndex = 0

    init(tape: Tape, index: Int, path: Path?) {
        (self.tape, self.path, self.index) = (tape, path, index + 1)
        end = tape.end(index)
        number = Int(tape.payload(index))
    }

    var codingPath: [any CodingKey] { path.keys }
    var count: Int? { number }
    var isAtEnd: Bool { index >= end }

    private func next(_ type: any Any.Type) throws -> ValueDecoder {
        guard !isAtEnd else {
            throw DecodingError.valueNotFound(type, .init(codingPath: codingPath, debugDescription: "the list ended"))
        }
        return ValueDecoder(tape: tape, index: index, path: Path(path, AnyKey(currentIndex)))
    }

    private mutating func advance() {
        index = tape.end(index)
        currentIndex += 1
    }

    mutating func decodeNil() throws -> Bool {
        guard try next(Any.self).decodeNil() else { return false }
        advance()
        return true
    }

    mutating func decode<Value: Decodable>(_ type: Value.Type) throws -> Value {
        let value = try next(type).decode(type)
        advance()
        return value
    }

    mutating func nestedContainer<Inner: CodingKey>(keyedBy type: Inner.Type) throws -> KeyedDecodingContainer<Inner> {
        let container = try next(type).container(keyedBy: type)
        advance()
        return container
    }

    mutating func nestedUnkeyedContainer() throws -> any UnkeyedDecodingContainer {
        let container = try next([any Decodable].self).unkeyedContainer()
        advance()
        return container
    }

    mutating func superDecoder() throws -> any Decoder {
        let decoder = try next((any Decoder).self)
        advance()
        return decoder
    }

    mutating func decode(_ type: Bool.Type) throws -> Bool {
        let value: Bool = try next(type).bool()
        advance()
        return value
    }
    mutating func decode(_ type: String.Type) throws -> String {
        let value: String = try next(type).string()
        advance()
        return value
    }
    mutating func decode(_ type: Double.Type) throws -> Double {
        let value: Double = try next(type).double()
        advance()
        return value
    }
    mutating func decode(_ type: Float.Type) throws -> Float {
        let value: Float = try next(type).float()
        advance()
        return value
    }
    mutating func decode(_ type: Int.Type) throws -> Int {
        let value: Int = try next(type).integer()
        advance()
        return value
    }
    mutating func decode(_ type: Int8.Type) throws -> Int8 {
        let value: Int8 = try next(type).integer()
        advance()
        return value
    }
    mutating func decode(_ type: Int16.Type) throws -> Int16 {
        let value: Int16 = try next(type).integer()
        advance()
        return value
    }
    mutating func decode(_ type: Int32.Type) throws -> Int32 {
        let value: Int32 = try next(type).integer()
        advance()
        return value
    }
    mutating func decode(_ type: Int64.Type) throws -> Int64 {
        let value: Int64 = try next(type).integer()
        advance()
        return value
    }
    mutating func decode(_ type: UInt.Type) throws -> UInt {
        let value: UInt = try next(type).integer()
        advance()
        return value
    }
    mutating func decode(_ type: UInt8.Type) throws -> UInt8 {
        let value: UInt8 = try next(type).integer()
        advance()
        return value
    }
    mutating func decode(_ type: UInt16.Type) throws -> UInt16 {
        let value: UInt16 = try next(type).integer()
        advance()
        return value
    }
    mutating func decode(_ type: UInt32.Type) throws -> UInt32 {
        let value: UInt32 = try next(type).integer()
        advance()
        return value
    }
    mutating func decode(_ type: UInt64.Type) throws -> UInt64 {
        let value: UInt64 = try next(type).integer()
        advance()
        return value
    }
}
