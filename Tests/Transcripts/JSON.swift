// SPDX-License-Identifier: Apache-2.0

import Foundation

/// A JSON value; numbers are whole.
package enum JSON: Codable, Equatable, Sendable {
    case null
    case flag(Bool)
    case number(Int)
    case text(String)
    case list([JSON])
    case object([String: JSON])

    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if let text = try? container.decode(String.self) {
            self = .text(text)
        } else if let list = try? container.decode([JSON].self) {
            self = .list(list)
        } else if let number = try? container.decode(Int.self) {
            self = .number(number)
        } else if let flag = try? container.decode(Bool.self) {
            self = .flag(flag)
        } else if container.decodeNil() {
            self = .null
        } else {
            self = .object(try container.decode([String: JSON].self))
        }
    }

    package func encode(to encoder: any Encoder) throws {
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
    package init(parsing text: String) throws { self = try JSONDecoder().decode(JSON.self, from: Data(text.utf8)) }

    /// The members of an object.
    package var members: [String: JSON]? { if case .object(let members) = self { members } else { nil } }
    /// The text.
    package var string: String? { if case .text(let text) = self { text } else { nil } }
    /// The number.
    package var integer: Int? { if case .number(let number) = self { number } else { nil } }
    /// The elements of a list.
    package var elements: [JSON]? { if case .list(let elements) = self { elements } else { nil } }
}

extension JSON: CustomStringConvertible {
    /// The value on one line of ASCII; members in natural order.
    package var description: String {
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
    package static func quoted(_ text: String) -> String {
        var result = "\""
        for unit in text.utf16 {
            switch unit {
            case 0x0a: result += "\\n"
            case 0x09: result += "\\t"
            case 0x22: result += "\\\""
            case 0x5c: result += "\\\\"
            case 0x20...0x7e: result.unicodeScalars.append(Unicode.Scalar(UInt8(unit)))
            default:
                let digits = String(unit, radix: 16)
                result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            }
        }
        return result + "\""
    }
}

extension Sequence where Element == String {
    /// Sorted with numbers counted as numbers: memory2 before memory10.
    package var naturallySorted: [String] { sorted { $0.compare($1, options: [.numeric]) == .orderedAscending } }
}
