// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials

/// A JSON value; numbers are whole.
public enum JSON: Codable, Equatable, Sendable {
    /// `null`
    case null
    /// `true` and `false`
    case flag(Bool)
    /// A number.
    case number(Int)
    /// A string.
    case text(String)
    /// An array.
    case list([JSON])
    /// An object.
    case object([String: JSON])

    /// Reads a value.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if let text = try? container.decode(String.self) {
            self = .text(text)
        } else if let number = try? container.decode(Int.self) {
            self = .number(number)
        } else if let list = try? container.decode([JSON].self) {
            self = .list(list)
        } else if let flag = try? container.decode(Bool.self) {
            self = .flag(flag)
        } else if container.decodeNil() {
            self = .null
        } else {
            self = .object(try container.decode([String: JSON].self))
        }
    }

    /// Writes a value.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .null: try container.encodeNil()
        case .flag(let flag): try container.encode(flag)
        case .number(let number): try container.encode(number)
        case .text(let text): try container.encode(text)
        case .list(let list): try container.encode(list)
        case .object(let object): try container.encode(object)
        }
    }

    /// Parses one value.
    public init(parsing text: String) throws { self = try JSONDecoder().decode(JSON.self, from: Data(text.utf8)) }

    /// Parses an object; nil if it is none.
    static func members(of text: some StringProtocol) -> [String: JSON]? {
        try? JSONDecoder().decode([String: JSON].self, from: Data(text.utf8))
    }

    /// The members of an object.
    public var members: [String: JSON]? { if case .object(let members) = self { members } else { nil } }
    /// The text.
    public var string: String? { if case .text(let text) = self { text } else { nil } }
    /// The number.
    public var integer: Int? { if case .number(let number) = self { number } else { nil } }
    /// The elements of a list.
    public var elements: [JSON]? { if case .list(let elements) = self { elements } else { nil } }
    /// Whether it is `true`.
    var isTrue: Bool { self == .flag(true) }
}

extension JSON: CustomStringConvertible {
    /// The value on one line of ASCII; members in natural order.
    public var description: String {
        switch self {
        case .null: "null"
        case .flag(let flag): "\(flag)"
        case .number(let number): "\(number)"
        case .text(let text): Self.quoted(text)
        case .list(let list): "[\(list.map(\.description).joined(separator: ","))]"
        case .object(let object): "{\(Self.members(object))}"
        }
    }

    private static func members(_ object: [String: JSON]) -> String {
        object.keys.naturallySorted.map { "\(quoted($0)):\(object[$0] ?? .null)" }.joined(separator: ",")
    }

    /// Text as a JSON string in ASCII.
    public static func quoted(_ text: String) -> String {
        var bytes: [UInt8] = []
        append(text.utf16, to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Adds text as a JSON string in ASCII: UTF-16, or bytes that are characters each.
    static func append(_ units: some Sequence<some FixedWidthInteger & UnsignedInteger>, to bytes: inout [UInt8]) {
        bytes.append(UInt8(ascii: "\""))
        for unit in units {
            switch unit {
            case 0x0a: bytes += [UInt8(ascii: "\\"), UInt8(ascii: "n")]
            case 0x09: bytes += [UInt8(ascii: "\\"), UInt8(ascii: "t")]
            case 0x22, 0x5c: bytes += [UInt8(ascii: "\\"), UInt8(truncatingIfNeeded: unit)]
            case 0x20...0x7e: bytes.append(UInt8(truncatingIfNeeded: unit))
            default:
                let digits = String(unit, radix: 16)
                bytes += ("\\u" + String(repeating: "0", count: 4 - digits.count) + digits).utf8
            }
        }
        bytes.append(UInt8(ascii: "\""))
    }
}
