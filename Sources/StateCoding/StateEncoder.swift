// SPDX-License-Identifier: Apache-2.0

/// Writes values as bytes that say what they are, to be read by ``StateDecoder``: of this version, or of a later one that
/// knows more.
///
/// The same value always makes the same bytes: sets and dictionaries are put in order. `[UInt8]` is written as it is; that is
/// how large values go that have a form of their own.
public struct StateEncoder: Sendable {
    /// Makes an encoder.
    public init() {}

    /// A value's bytes.
    ///
    /// - Throws: what the value itself throws.
    public func encode(_ value: some Encodable) throws(StateError) -> [UInt8] {
        do {
            let writing = Writing()
            let body = Body()
            body.beginSingle()
            try body.append(value, writing, nil)
            let bytes = body.closed()
            var whole: [UInt8] = [Format.version]
            whole.append(varint: UInt64(writing.names.count))
            for name in writing.names { whole.append(text: name) }
            return whole + bytes
        } catch {
            throw StateError(error)
        }
    }
}

/// What is common to all of a value's parts while it is written.
final class Writing {
    private(set) var names: [String] = []
    private var numbers: [String: Int] = [:]
    /// Whether types are such as have no order of their own.
    private var unordered: [ObjectIdentifier: Bool] = [:]

    func number(of name: String) -> Int {
        if let number = numbers[name] { return number }
        numbers[name] = names.count
        names.append(name)
        return names.count - 1
    }

    /// The value, if it is a set or a dictionary.
    func unordered<Value: Encodable>(_ value: Value) -> (any Unordered)? {
        let type = ObjectIdentifier(Value.self)
        if let isUnordered = unordered[type] { return isUnordered ? value as? any Unordered : nil }
        let found = value as? any Unordered
        unordered[type] = found != nil
        return found
    }
}

/// A value that is being written: one thing, a list or a map.
///
/// Containers in it that somebody may still write to are bodies of their own, and are put in their places at the end.
final class Body {
    private enum Form { case open, single, list, map }
    private var form = Form.open
    private var bytes: [UInt8] = []
    private(set) var count = 0
    private var inner: [(place: Int, body: Body)] = []

    /// The bytes with all containers in their places.
    func closed() -> [UInt8] {
        var whole: [UInt8] = []
        switch form {
        case .single:
            // It was to be one thing, and was nothing.
            if bytes.isEmpty, inner.isEmpty { whole.append(.null) }
        case .list: whole.append(.list)
        // What writes nothing has no properties.
        case .map, .open: whole.append(.map)
        }
        if form != .single { whole.append(varint: UInt64(count)) }
        var place = 0
        for (next, body) in inner {
            whole += bytes[place..<next]
            whole += body.closed()
            place = next
        }
        // Most have nothing in them that is not written yet.
        if place == 0 { whole += bytes } else { whole += bytes[place...] }
        return whole
    }

    func beginList() { begin(.list) }
    func beginMap() { begin(.map) }
    func beginSingle() { begin(.single) }

    private func begin(_ form: Form) {
        precondition(self.form == .open || self.form == form, "a value cannot be a \(self.form) and a \(form)")
        self.form = form
    }

    /// Begins a pair of a map.
    func key(_ number: Int) {
        count += 1
        bytes.append(varint: UInt64(number))
    }

    /// Begins an item of a list.
    func item() { count += 1 }

    /// A container whose place is here.
    func nested() -> Body {
        let body = Body()
        inner.append((bytes.count, body))
        return body
    }

    // MARK: Values

    func appendNull() { bytes.append(.null) }
    func append(_ value: Bool) { bytes.append(value ? .yes : .no) }
    func append(_ value: some FixedWidthInteger & UnsignedInteger) { bytes.append(number: UInt64(value)) }
    func append(_ value: some FixedWidthInteger & SignedInteger) { bytes.append(integer: Int64(value)) }
    func append(_ value: String) { bytes.append(string: value) }
    func append(_ value: Double) {
        bytes.append(.double)
        withUnsafeBytes(of: value.bitPattern.littleEndian) { bytes.append(contentsOf: $0) }
    }

    /// Any value, at once.
    func append<Value: Encodable>(_ value: Value, _ writing: Writing, _ path: @autoclosure () -> Path?) throws {
        if appendPlain(value) { return }
        let encoder = ValueEncoder(writing, path())
        if let unordered = writing.unordered(value) {
            try unordered.encodeInOrder(to: encoder)
        } else {
            try value.encode(to: encoder)
        }
        bytes += encoder.body.closed()
    }

    /// Values that need no encoder; elements of arrays are met only here.
    private func appendPlain<Value>(_ value: Value) -> Bool {
        if Value.self == [UInt8].self, let value = value as? [UInt8] {
            bytes.append(.bytes)
            bytes.append(varint: UInt64(value.count))
            bytes += value
        } else if Value.self == UInt64.self, let value = value as? UInt64 {
            append(value)
        } else if Value.self == Int.self, let value = value as? Int {
            append(value)
        } else if Value.self == UInt32.self, let value = value as? UInt32 {
            append(value)
        } else if Value.self == UInt16.self, let value = value as? UInt16 {
            append(value)
        } else if Value.self == UInt8.self, let value = value as? UInt8 {
            append(value)
        } else if Value.self == Bool.self, let value = value as? Bool {
            append(value)
        } else if Value.self == String.self, let value = value as? String {
            append(value)
        } else {
            return false
        }
        return true
    }
}

/// Hands out containers for one value.
struct ValueEncoder: Encoder {
    let body: Body
    private let writing: Writing
    private let path: Path?

    init(_ writing: Writing, _ path: Path?) { self.init(Body(), writing, path) }

    /// For a container that was handed out.
    init(_ body: Body, _ writing: Writing, _ path: Path?) {
        (self.body, self.writing, self.path) = (body, writing, path)
    }

    var codingPath: [any CodingKey] { path.keys }
    var userInfo: [CodingUserInfoKey: Any] { [:] }

    func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
        body.beginMap()
        return KeyedEncodingContainer(MapWriter(body: body, writing: writing, path: path))
    }

    func unkeyedContainer() -> any UnkeyedEncodingContainer {
        body.beginList()
        return ListWriter(body: body, writing: writing, path: path)
    }

    func singleValueContainer() -> any SingleValueEncodingContainer {
        body.beginSingle()
        return SingleWriter(body: body, writing: writing, path: path)
    }
}
