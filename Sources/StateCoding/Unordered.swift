// SPDX-License-Identifier: Apache-2.0

/// A collection without an order of its own, which is written in the order of its elements' bytes.
protocol Unordered {
    func encodeInOrder(to encoder: some Encoder) throws
}

/// What an element's bytes are by themselves: the same whatever was written before it.
private func bytes(_ element: some Encodable) throws -> [UInt8] { try StateEncoder().encode(element) }

extension Set: Unordered where Element: Encodable {
    func encodeInOrder(to encoder: some Encoder) throws {
        var container = encoder.unkeyedContainer()
        let elements = try map { (element: $0, bytes: try bytes($0)) }
        for (element, _) in elements.sorted(by: { $0.bytes.lexicographicallyPrecedes($1.bytes) }) {
            try container.encode(element)
        }
    }
}

/// As Swift reads them: those with words for keys as maps, others as lists of keys and values in turn.
extension Dictionary: Unordered where Key: Encodable, Value: Encodable {
    func encodeInOrder(to encoder: some Encoder) throws {
        // An empty one would be a dictionary of any kind.
        if Key.self == String.self, let words = self as? [String: Value] {
            var container = encoder.container(keyedBy: AnyKey.self)
            for (key, value) in words.sorted(by: { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }) {
                try container.encode(value, forKey: AnyKey(stringValue: key))
            }
            return
        }
        // Swift writes these as maps, too.
        if Key.self == Int.self, let numbers = self as? [Int: Value] {
            var container = encoder.container(keyedBy: AnyKey.self)
            for (key, value) in numbers.sorted(by: { $0.key < $1.key }) {
                try container.encode(value, forKey: AnyKey(key))
            }
            return
        }
        var container = encoder.unkeyedContainer()
        let pairs = try map { (pair: $0, bytes: try bytes($0.key)) }
        for (pair, _) in pairs.sorted(by: { $0.bytes.lexicographicallyPrecedes($1.bytes) }) {
            try container.encode(pair.key)
            try container.encode(pair.value)
        }
    }
}
