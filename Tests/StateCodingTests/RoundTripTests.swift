// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import StateCoding

/// A value through bytes and back.
func throughBytes<Value: Codable>(_ value: Value) throws -> Value {
    try StateDecoder().decode(Value.self, from: try StateEncoder().encode(value))
}

@Suite struct `Coded values` {
    private struct Numbers: Codable, Equatable {
        var bool = true
        var int = Int.min
        var int8 = Int8.min
        var int16: Int16 = -300
        var int32 = Int32.max
        var int64 = Int64.max
        var uint = UInt.max
        var uint8: UInt8 = 128
        var uint16 = UInt16.max
        var uint32: UInt32 = 127
        var uint64 = UInt64.max
        var double = -0.0
        var float: Float = 1.1
        var text = "zwölf \u{0} \u{1F600}"
        var nothing: Int?
        var something: Int? = 0
        var bytes: [UInt8] = [0, 255]
        var empty: [UInt8] = []
    }

    private indirect enum Shape: Codable, Hashable {
        case point
        case circle(radius: Int, String)
        case group([Shape])
        case maybe(Int?)
    }

    private final class Base: Codable {
        var name = "base"
    }

    @Test func `come back as they were`() throws {
        #expect(try throughBytes(Numbers()) == Numbers())
        #expect(try throughBytes(42) == 42)
        #expect(try throughBytes("") == "")
        #expect(try throughBytes([Int?.none, 1, nil]) == [nil, 1, nil])
        #expect(try throughBytes([[]] as [[Int]]) == [[]])
        #expect(try throughBytes(1...3) == 1...3)
        #expect(try throughBytes(Base()).name == "base")
        let shapes: [Shape] = [.point, .circle(radius: -1, "x"), .group([.point, .group([])]), .maybe(nil), .maybe(5)]
        #expect(try throughBytes(shapes) == shapes)
        #expect(try throughBytes(Double.nan).isNaN)
    }

    @Test(arguments: [
        0, 1, 127, 128, 255, 16383, 16384, -1, -127, -128, -129, Int64.max, Int64.min, Int64.min + 1,
    ])
    func `are any number`(number: Int64) throws { #expect(try throughBytes(number) == number) }

    @Test func `are sets and dictionaries, in an order of their own`() throws {
        let words = Dictionary(uniqueKeysWithValues: (0..<50).map { ("w\($0)", $0) })
        let shapes = Dictionary(uniqueKeysWithValues: (0..<50).map { (Shape.circle(radius: $0, ""), $0) })
        let numbers = Dictionary(uniqueKeysWithValues: (0..<50).map { (-$0, "\($0)") })
        #expect(try throughBytes(words) == words)
        #expect(try throughBytes(shapes) == shapes)
        #expect(try throughBytes(numbers) == numbers)
        #expect(try throughBytes(Set(shapes.keys)) == Set(shapes.keys))
        #expect(try throughBytes([:] as [Shape: Int]) == [:] && throughBytes([:] as [Int: Int]) == [:])
        // A set that grew otherwise lies otherwise.
        var other = Set<Shape>(minimumCapacity: 4096)
        for shape in shapes.keys.reversed() { other.insert(shape) }
        #expect(try StateEncoder().encode(other) == StateEncoder().encode(Set(shapes.keys)))
        var otherWords = [String: Int](minimumCapacity: 4096)
        for (word, number) in words.reversed() { otherWords[word] = number }
        #expect(try StateEncoder().encode(otherWords) == StateEncoder().encode(words))
    }

    /// Writes to containers that it was given, in turn.
    private struct Interleaved: Codable, Equatable {
        enum Keys: CodingKey { case list, map, last, own }
        var numbers = [1, 2]

        init() {}
        init(from decoder: any Decoder) throws {
            let container = try decoder.container(keyedBy: Keys.self)
            var list = try container.nestedUnkeyedContainer(forKey: .list)
            let map = try container.nestedContainer(keyedBy: Keys.self, forKey: .map)
            numbers = [try list.decode(Int.self), try map.decode(Int.self, forKey: .last)]
            #expect(list.isAtEnd == false && list.count == 2)
            #expect(try list.decodeNil())
            #expect(try container.decode(String.self, forKey: .last) == "end")
            #expect(try String(from: container.superDecoder(forKey: .own)) == "own")
        }
        func encode(to encoder: any Encoder) throws {
            var container = encoder.container(keyedBy: Keys.self)
            var list = container.nestedUnkeyedContainer(forKey: .list)
            var map = container.nestedContainer(keyedBy: Keys.self, forKey: .map)
            try container.encode("end", forKey: .last)
            try map.encode(numbers[1], forKey: .last)
            try list.encode(numbers[0])
            try "own".encode(to: container.superEncoder(forKey: .own))
            try list.encodeNil()
        }
    }

    @Test func `may be written in any order`() throws { #expect(try throughBytes(Interleaved()) == Interleaved()) }

    @Test func `have each name once, and numbers in few bytes`() throws {
        let many = Array(repeating: Numbers(), count: 100)
        let text = String(decoding: try StateEncoder().encode(many), as: UTF8.self)
        #expect(text.split(separator: "something").count == 2)
        #expect(try StateEncoder().encode(Array(repeating: 100, count: 1000)).count < 1010)
    }
}

@Suite struct `Coded values of other versions` {
    private struct Old: Codable {
        var kept = 1
        var dropped = [["x": 1.5]]
        var last = "end"
    }

    private struct New: Codable, Equatable {
        var last: String
        var kept: Int
        var added: Int?
        var defaulted: Int

        enum CodingKeys: CodingKey { case last, kept, added, defaulted }

        init(from decoder: any Decoder) throws {
            let container = try decoder.container(keyedBy: CodingKeys.self)
            last = try container.decode(String.self, forKey: .last)
            kept = try container.decode(Int.self, forKey: .kept)
            added = try container.decodeIfPresent(Int.self, forKey: .added)
            defaulted = try container.decodeIfPresent(Int.self, forKey: .defaulted) ?? 7
            #expect(container.allKeys.count == 2)
        }
    }

    @Test func `are read without what is not known any more, and with defaults for what was not`() throws {
        let new = try StateDecoder().decode(New.self, from: StateEncoder().encode(Old()))
        #expect(new.last == "end" && new.kept == 1 && new.added == nil && new.defaulted == 7)
    }

    private struct Longer: Codable { var missing: Int }

    @Test func `say where what is missing should be`() throws {
        let bytes = try StateEncoder().encode(["a": [Old()]])
        let error = #expect(throws: StateError.self) {
            try StateDecoder().decode([String: [Longer]].self, from: bytes)
        }
        #expect(error?.description == "a.0: there is no missing")
        let other = #expect(throws: StateError.self) { try StateDecoder().decode([String: Int].self, from: bytes) }
        #expect(other?.description == "a: not a Int")
    }
}
