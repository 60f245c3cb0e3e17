// SPDX-License-Identifier: Apache-2.0

/// A path, or the paths of many objects that differ in one number: `/sys/devices/system/memory/memory{0-6,8}/state`
/// stands for those of eight blocks, `.../memory*/state` for those of all, also of blocks that come later.
///
/// A backslash before `{`, `*` or itself takes their meaning away.
public struct PathPattern: Hashable, Sendable, CustomStringConvertible {
    /// A name on the way.
    public enum Component: Hashable, Sendable, Codable {
        /// This name.
        case name(String)
        /// Names made of a word and one of these numbers, ascending ranges; nil for any number.
        case numbered(String, [ClosedRange<UInt32>]?)
    }

    /// The names from the root on, at most one of them numbered.
    public let components: [Component]

    /// The path of one file.
    public init(path: String) { components = path.pathNames.map { .name($0) } }

    /// Makes a pattern from its parts.
    ///
    /// - Precondition: at most one component is numbered.
    public init(_ components: [Component]) {
        precondition(components.count(where: \.isNumbered) <= 1, "only one number can differ")
        self.components = components
    }

    /// Reads a pattern; nil for what is none: a path that does not begin with a slash or leads up, a list that is not
    /// ascending, two numbered names.
    public init?(_ text: String) {
        guard text.utf8.first == UInt8(ascii: "/") else { return nil }
        var components: [Component] = []
        for name in text.pathNames {
            guard let component = Component(name) else { return nil }
            components.append(component)
        }
        guard !components.isEmpty, components.count(where: \.isNumbered) <= 1 else { return nil }
        self.components = components
    }

    /// The pattern as it is written.
    public var description: String { components.map { "/" + $0.description }.joined() }

    /// The path of the object with a number.
    public func path(number: UInt32) -> [String] {
        components.map {
            switch $0 {
            case .name(let name): name
            case .numbered(let word, _): word + String(number)
            }
        }
    }
}

extension PathPattern: Codable {
    /// Reads its components.
    ///
    /// - Throws: where several are numbered.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let components = try container.decode([Component].self)
        guard components.count(where: \.isNumbered) <= 1 else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "only one number can differ")
        }
        self.init(components)
    }

    /// Writes its components.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(components)
    }
}

extension PathPattern.Component: CustomStringConvertible {
    /// Whether it stands for several names.
    public var isNumbered: Bool { if case .numbered = self { true } else { false } }

    fileprivate init?(_ text: String) {
        // Scalars and not characters: one that joins those beside it is none of the signs.
        var (name, rest) = (String.UnicodeScalarView(), Substring(text).unicodeScalars)
        while let character = rest.popFirst() {
            switch character {
            case "\\":
                guard let next = rest.popFirst() else { return nil }
                name.append(next)
            case "*":
                guard rest.isEmpty, !name.isEmpty else { return nil }
                self = .numbered(String(name), nil)
                return
            case "{":
                guard rest.popLast() == "}", !name.isEmpty, let ranges = Self.ranges(Substring(rest)) else {
                    return nil
                }
                self = .numbered(String(name), ranges)
                return
            default: name.append(character)
            }
        }
        let whole = String(name)
        guard whole != ".", whole != "..", !name.isEmpty else { return nil }
        self = .name(whole)
    }

    private static func ranges(_ list: Substring) -> [ClosedRange<UInt32>]? {
        var ranges: [ClosedRange<UInt32>] = []
        for item in list.split(separator: ",", omittingEmptySubsequences: false) {
            let ends = item.split(separator: "-", omittingEmptySubsequences: false).map { UInt32($0) }
            guard ends.count <= 2, let first = ends[0], let last = ends[ends.count - 1], first <= last,
                ranges.last.map({ $0.upperBound < first }) ?? true
            else { return nil }
            ranges.append(first...last)
        }
        return ranges
    }

    /// The name as it is written.
    public var description: String {
        switch self {
        case .name(let name): Self.escaped(name)
        case .numbered(let word, nil): Self.escaped(word) + "*"
        case .numbered(let word, .some(let ranges)):
            Self.escaped(word) + "{"
                + ranges.map { $0.count == 1 ? "\($0.lowerBound)" : "\($0.lowerBound)-\($0.upperBound)" }
                .joined(separator: ",") + "}"
        }
    }

    private static func escaped(_ name: String) -> String {
        var escaped = String.UnicodeScalarView()
        for scalar in name.unicodeScalars {
            if "\\{*".unicodeScalars.contains(scalar) { escaped.append("\\") }
            escaped.append(scalar)
        }
        return String(escaped)
    }

    /// The number that a name has, 0 where this is no numbered name; nil for a name that it does not stand for.
    public func number(in name: String) -> UInt32? {
        switch self {
        case .name(let own): return own == name ? 0 : nil
        case .numbered(let word, let ranges):
            guard name.hasPrefix(word) else { return nil }
            let digits = name.utf8.dropFirst(word.utf8.count)
            guard let number = UInt32(String(digits) ?? ""), String(number).utf8.elementsEqual(digits) else {
                return nil
            }
            guard let ranges else { return number }
            var (low, high) = (0, ranges.count)
            while low < high {
                let middle = (low + high) / 2
                if ranges[middle].upperBound < number { low = middle + 1 } else { high = middle }
            }
            return low < ranges.count && ranges[low].contains(number) ? number : nil
        }
    }
}

extension String {
    /// The names of a path. They are cut by bytes, as the kernel cuts them: a slash may be part of a character.
    public var pathNames: [String] {
        utf8.split(separator: UInt8(ascii: "/")).map { String(decoding: $0, as: UTF8.self) }
    }
}
