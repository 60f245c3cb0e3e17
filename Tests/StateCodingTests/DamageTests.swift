// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import StateCoding

@Suite struct `Damaged bytes` {
    private enum Kind: Codable, Equatable, Sendable {
        case plain
        case deep([Node], Set<Int>)
    }

    private struct Node: Codable, Equatable, Sendable {
        var name: String
        var number: Int64
        var parts: [Node]
        var bytes: [UInt8]
        var kind: Kind?
        var words: [String: Double]
    }

    private static let node = Node(
        name: "root", number: -5,
        parts: [
            Node(
                name: "ä", number: 1 << 40, parts: [], bytes: Array(0..<200), kind: .plain, words: ["a": 1, "b": .pi]),
            Node(name: "", number: 0, parts: [], bytes: [], kind: .deep([], [1, 2, 3]), words: [:]),
        ], bytes: [1], kind: nil, words: ["x": 0])

    private func read(_ bytes: [UInt8]) -> Node? { try? StateDecoder().decode(Node.self, from: bytes) }

    @Test func `that were cut short are refused`() throws {
        let bytes = try StateEncoder().encode(Self.node)
        #expect(read(bytes) == Self.node)
        for count in bytes.indices { #expect(read(Array(bytes[..<count])) == nil, "\(count) bytes") }
        #expect(read(bytes + [0]) == nil)
    }

    @Test(arguments: 0..<8 as Range<UInt64>)
    func `make an error or another value`(seed: UInt64) throws {
        let bytes = try StateEncoder().encode(Self.node)
        var random = Numbers(state: seed &* 0x9e37_79b9_7f4a_7c15 | 1)
        var refused = 0
        for _ in 0..<5000 {
            var damaged = bytes
            for _ in 0...Int.random(in: 0..<4, using: &random) {
                let place = Int.random(in: damaged.indices, using: &random)
                switch Int.random(in: 0..<4, using: &random) {
                case 0: damaged[place] = UInt8.random(in: 0...255, using: &random)
                case 1: damaged.remove(at: place)
                case 2: damaged.insert(UInt8.random(in: 0...255, using: &random), at: place)
                default: damaged[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
                }
            }
            if read(damaged) == nil { refused += 1 }
        }
        // Most of it is not in texts or numbers that may be any.
        #expect(refused > 1000)
    }

    @Test(arguments: 0..<4 as Range<UInt64>)
    func `may be anything at all`(seed: UInt64) {
        var random = Numbers(state: seed &* 0x9e37_79b9_7f4a_7c15 | 1)
        for _ in 0..<5000 {
            let count = Int.random(in: 0..<64, using: &random)
            let bytes = (0..<count).map { _ in UInt8.random(in: 0...255, using: &random) }
            _ = read([Format.version, 0] + bytes)
        }
    }

    private func reason(_ bytes: [UInt8]) -> String? {
        do throws(StateError) { _ = try StateDecoder().decode([[Int]].self, from: bytes) } catch {
            return error.description
        }
        return nil
    }

    @Test func `say what is wrong`() {
        let (list, map) = (Format.Tag.list.rawValue, Format.Tag.map.rawValue)
        #expect(reason([]) == "nothing is there")
        #expect(reason([9]) == "form 9, not 1")
        #expect(reason([1, 0]) == "cut short")
        #expect(reason([1, 0, 77]) == "unknown tag 77")
        #expect(reason([1, 0, map, 1, 5, 0]) == "name 5 of 0")
        #expect(reason([1, 1, 1, 0xff, 0]) == "a name that is not UTF-8")
        #expect(reason([1, 0, list, 1, Format.Tag.string.rawValue, 0]) == "0: not a Array<Decodable>")
        let huge: [UInt8] = Array(repeating: 0xff, count: 9) + [1]
        #expect(reason([1, 0, list] + huge) == "\(UInt64.max) values, but 0 bytes")
        #expect(
            reason([1, 0, Format.Tag.number.rawValue] + Array(repeating: 0xff, count: 10))
                == "a number of more than 64 bits")
    }

    @Test func `that lie in each other without end are refused`() {
        let deep =
            [Format.version, 0] + Array(repeating: [Format.Tag.list.rawValue, 1] as [UInt8], count: 1 << 20).joined()
        #expect(reason(deep + [0]) == "more than 128 lists in each other")
    }
}

/// Numbers that are the same for a seed (xorshift).
private struct Numbers: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
        return state
    }
}
