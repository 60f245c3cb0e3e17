// SPDX-License-Identifier: Apache-2.0

// What values are written through: one kind of container for each form a value can have. The many functions that differ in a
// type only are what the protocols ask for.

/// Writes a map.
struct MapWriter<Key: CodingKey>: KeyedEncodingContainerProtocol {
    let body: Body
    let writing: Writing
    let path: Path?

    var codingPath: [any CodingKey] { path.keys }
    private func begin(_ key: some CodingKey) { body.key(writing.number(of: key.stringValue)) }

    func encodeNil(forKey key: Key) {
        begin(key)
        body.appendNull()
    }

    func encode<Value: Encodable>(_ value: Value, forKey key: Key) throws {
        begin(key)
        try body.append(value, writing, Path(path, key))
    }

    func nestedContainer<Inner: CodingKey>(
        keyedBy type: Inner.Type, forKey key: Key
    ) -> KeyedEncodingContainer<Inner> {
        begin(key)
        return ValueEncoder(body.nested(), writing, Path(path, key)).container(keyedBy: type)
    }

    func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedEncodingContainer {
        begin(key)
        return ValueEncoder(body.nested(), writing, Path(path, key)).unkeyedContainer()
    }

    func superEncoder() -> any Encoder { inner(AnyKey.above) }
    func superEncoder(forKey key: Key) -> any Encoder { inner(key) }

    private func inner(_ key: some CodingKey) -> ValueEncoder {
        begin(key)
        return ValueEncoder(body.nested(), writing, Path(path, key))
    }

    func encode(_ value: Bool, forKey key: Key) {
        begin(key)
        body.append(value)
    }
    func encode(_ value: String, forKey key: Key) {
        begin(key)
        body.append(value)
    }
    func encode(_ value: Double, forKey key: Key) {
        begin(key)
        body.append(value)
    }
    func encode(_ value: Float, forKey key: Key) {
        begin(key)
        body.append(Double(value))
    }
    func encode(_ value: Int, forKey key: Key) {
        begin(key)
        body.append(value)
    }
    func encode(_ value: Int8, forKey key: Key) {
        begin(key)
        body.append(value)
    }
    func encode(_ value: Int16, forKey key: Key) {
        begin(key)
        body.append(value)
    }
    func encode(_ value: Int32, forKey key: Key) {
        begin(key)
        body.append(value)
    }
    func encode(_ value: Int64, forKey key: Key) {
        begin(key)
        body.append(value)
    }
    func encode(_ value: UInt, forKey key: Key) {
        begin(key)
        body.append(value)
    }
    func encode(_ value: UInt8, forKey key: Key) {
        begin(key)
        body.append(value)
    }
    func encode(_ value: UInt16, forKey key: Key) {
        begin(key)
        body.append(value)
    }
    func encode(_ value: UInt32, forKey key: Key) {
        begin(key)
        body.append(value)
    }
    func encode(_ value: UInt64, forKey key: Key) {
        begin(key)
        body.append(value)
    }
}

/// Writes a list.
struct ListWriter: UnkeyedEncodingContainer {
    let body: Body
    let writing: Writing
    let path: Path?

    var codingPath: [any CodingKey] { path.keys }
    var count: Int { body.count }

    private func inner() -> ValueEncoder {
        defer { body.item() }
        return ValueEncoder(body.nested(), writing, Path(path, AnyKey(count)))
    }

    func encodeNil() {
        body.item()
        body.appendNull()
    }

    func encode<Value: Encodable>(_ value: Value) throws {
        body.item()
        try body.append(value, writing, Path(path, AnyKey(count - 1)))
    }

    func nestedContainer<Inner: CodingKey>(keyedBy type: Inner.Type) -> KeyedEncodingContainer<Inner> {
        inner().container(keyedBy: type)
    }

    func nestedUnkeyedContainer() -> any UnkeyedEncodingContainer { inner().unkeyedContainer() }
    func superEncoder() -> any Encoder { inner() }

    func encode(_ value: Bool) {
        body.item()
        body.append(value)
    }
    func encode(_ value: String) {
        body.item()
        body.append(value)
    }
    func encode(_ value: Double) {
        body.item()
        body.append(value)
    }
    func encode(_ value: Float) {
        body.item()
        body.append(Double(value))
    }
    func encode(_ value: Int) {
        body.item()
        body.append(value)
    }
    func encode(_ value: Int8) {
        body.item()
        body.append(value)
    }
    func encode(_ value: Int16) {
        body.item()
        body.append(value)
    }
    func encode(_ value: Int32) {
        body.item()
        body.append(value)
    }
    func encode(_ value: Int64) {
        body.item()
        body.append(value)
    }
    func encode(_ value: UInt) {
        body.item()
        body.append(value)
    }
    func encode(_ value: UInt8) {
        body.item()
        body.append(value)
    }
    func encode(_ value: UInt16) {
        body.item()
        body.append(value)
    }
    func encode(_ value: UInt32) {
        body.item()
        body.append(value)
    }
    func encode(_ value: UInt64) {
        body.item()
        body.append(value)
    }
}

/// Writes one thing.
struct SingleWriter: SingleValueEncodingContainer {
    let body: Body
    let writing: Writing
    let path: Path?

    var codingPath: [any CodingKey] { path.keys }

    func encodeNil() { body.appendNull() }
    func encode<Value: Encodable>(_ value: Value) throws { try body.append(value, writing, path) }
    func encode(_ value: Bool) { body.append(value) }
    func encode(_ value: String) { body.append(value) }
    func encode(_ value: Double) { body.append(value) }
    func encode(_ value: Float) { body.append(Double(value)) }
    func encode(_ value: Int) { body.append(value) }
    func encode(_ value: Int8) { body.append(value) }
    func encode(_ value: Int16) { body.append(value) }
    func encode(_ value: Int32) { body.append(value) }
    func encode(_ value: Int64) { body.append(value) }
    func encode(_ value: UInt) { body.append(value) }
    func encode(_ value: UInt8) { body.append(value) }
    func encode(_ value: UInt16) { body.append(value) }
    func encode(_ value: UInt32) { body.append(value) }
    func encode(_ value: UInt64) { body.append(value) }
}
