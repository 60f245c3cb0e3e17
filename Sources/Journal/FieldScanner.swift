// SPDX-License-Identifier: Apache-2.0

/// The values of a record, by key.
struct Fields {
    fileprivate enum Value {
        case number(UInt64)
        case text([UInt8])
    }
    fileprivate var values: [String: Value] = [:]

    func number(_ key: String) throws(RecordLine.Problem) -> UInt64 {
        guard let number = try optionalNumber(key) else { throw RecordLine.Problem(reason: "\(key)= is missing") }
        return number
    }

    func optionalNumber(_ key: String) throws(RecordLine.Problem) -> UInt64? {
        guard let value = values[key] else { return nil }
        guard case .number(let number) = value else { throw RecordLine.Problem(reason: "\(key)= is not a number") }
        return number
    }

    /// The number of a user or group, permissions, or a port.
    func optionalID(_ key: String) throws(RecordLine.Problem) -> UInt32? {
        guard let number = try optionalNumber(key) else { return nil }
        guard let id = UInt32(exactly: number) else { throw RecordLine.Problem(reason: "\(key)= is too large") }
        return id
    }

    func text(_ key: String) throws(RecordLine.Problem) -> String {
        guard let text = String(validating: try raw(key), as: UTF8.self) else {
            throw RecordLine.Problem(reason: "\(key)= is not UTF-8")
        }
        return text
    }

    func bytes(_ key: String) throws(RecordLine.Problem) -> [UInt8] {
        guard let bytes = Base64.bytes(try raw(key)) else { throw RecordLine.Problem(reason: "\(key)= is not base64") }
        return bytes
    }

    private func raw(_ key: String) throws(RecordLine.Problem) -> [UInt8] {
        guard case .text(let text)? = values[key] else { throw RecordLine.Problem(reason: "\(key)= is missing") }
        return text
    }
}

/// Takes a record's line apart.
struct FieldScanner {
    private var rest: ArraySlice<UInt8>

    init(_ line: ArraySlice<UInt8>) { rest = line }

    /// The next word, up to a blank or the end.
    mutating func word() throws(RecordLine.Problem) -> String {
        let word = rest.prefix { $0 != UInt8(ascii: " ") }
        rest = rest.dropFirst(word.count + 1)
        guard !word.isEmpty, let text = String(validating: word, as: UTF8.self) else {
            throw RecordLine.Problem(reason: "it ends too early")
        }
        return text
    }

    /// The next word as a number.
    mutating func number() throws(RecordLine.Problem) -> UInt64 {
        guard let number = UInt64(try word()) else { throw RecordLine.Problem(reason: "a number is none") }
        return number
    }

    /// All that is left, as `key=value`.
    mutating func fields() throws(RecordLine.Problem) -> Fields {
        var fields = Fields()
        while !rest.isEmpty {
            let key = String(decoding: rest.prefix { $0 != UInt8(ascii: "=") }, as: UTF8.self)
            rest = rest.dropFirst(key.utf8.count)
            guard rest.popFirst() != nil, fields.values[key] == nil else {
                throw RecordLine.Problem(reason: "a key has no value, or stands twice")
            }
            fields.values[key] = rest.first == UInt8(ascii: "\"") ? .text(try quoted()) : .number(try plain())
        }
        return fields
    }

    private mutating func plain() throws(RecordLine.Problem) -> UInt64 { try number() }

    private mutating func quoted() throws(RecordLine.Problem) -> [UInt8] {
        rest = rest.dropFirst()
        var text: [UInt8] = []
        while let byte = rest.popFirst() {
            switch byte {
            case UInt8(ascii: "\""):
                guard rest.isEmpty || rest.popFirst() == UInt8(ascii: " ") else {
                    throw RecordLine.Problem(reason: "something follows a quote")
                }
                return text
            case UInt8(ascii: "\\"): text.append(try escaped())
            default: text.append(byte)
            }
        }
        throw RecordLine.Problem(reason: "a quote is open at its end")
    }

    private mutating func escaped() throws(RecordLine.Problem) -> UInt8 {
        switch rest.popFirst() {
        case UInt8(ascii: "n"): return UInt8(ascii: "\n")
        case UInt8(ascii: "x"):
            let digits = rest.prefix(2)
            rest = rest.dropFirst(2)
            if let byte = UInt8(String(decoding: digits, as: UTF8.self), radix: 16) { return byte }
        case let byte?: return byte
        case nil: break
        }
        throw RecordLine.Problem(reason: "an escape is cut short")
    }
}
