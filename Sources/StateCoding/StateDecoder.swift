// SPDX-License-Identifier: Apache-2.0

/// Reads values from the bytes that ``StateEncoder`` made of them.
///
/// Bytes are no more than what they say they are: damaged ones make an error, whatever they are, and no more memory is taken
/// for reading them than about twenty times as many. What a map has besides the keys that are asked for is passed over.
public struct StateDecoder: Sendable {
    /// Makes a decoder.
    public init() {}

    /// A value.
    ///
    /// - Throws: what is wrong with the bytes, or what the value says of them.
    public func decode<Value: Decodable>(_ type: Value.Type, from bytes: [UInt8]) throws(StateError) -> Value {
        let tape = try Tape(bytes)
        do {
            return try ValueDecoder(tape: tape, index: 0, path: nil).decode(type)
        } catch {
            throw StateError(error)
        }
    }
}
