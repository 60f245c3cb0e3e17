// SPDX-License-Identifier: Apache-2.0

extension EventRecord {
    /// The record as a line of `events`: `NUMBER SECONDS.MICROSECONDS KIND KEY=VALUE ...`, without its newline.
    ///
    /// A value stands in double quotes where it is text that could be taken for something else; within them `\"`,
    /// `\\`, `\n` and `\xNN` stand for what they do in C.
    public var line: String {
        let fraction = String(time % 1_000_000)
        let zeros = String(repeating: "0", count: 6 - fraction.count)
        let words = ["\(number)", "\(time / 1_000_000).\(zeros)\(fraction)", kind.rawValue]
        return (words + values.map { "\($0.key)=\(Self.written($0.value))" }).joined(separator: " ")
    }

    /// Reads a line; nil for one that is none of ours.
    public init?(line: some StringProtocol) {
        var rest = Substring(line)
        func word() -> Substring {
            let word = rest.prefix { $0 != " " }
            rest = rest.dropFirst(word.count + 1)
            return word
        }
        let number = UInt64(word())
        let seconds = word().split(separator: ".").map { UInt64($0) }
        guard let number, seconds.count == 2, let whole = seconds[0], let fraction = seconds[1],
            let kind = Kind(rawValue: String(word()))
        else { return nil }
        self.init(number: number, time: whole * 1_000_000 + fraction, kind: kind, values: [])
        while !rest.isEmpty {
            let key = rest.prefix { $0 != "=" }
            rest = rest.dropFirst(key.count + 1)
            let isQuoted = rest.first == "\""
            let text = isQuoted ? Self.unquoted(&rest) : String(word())
            guard let text else { return nil }
            if isQuoted, rest.first == " " { rest = rest.dropFirst() }
            let asNumber = isQuoted ? nil : Int64(text)
            values.append((String(key), asNumber.map(Value.number) ?? .text(text)))
        }
    }

    private static func written(_ value: Value) -> String {
        guard case .text(let text) = value else { return value.description }
        let isPlain =
            !text.isEmpty && Int64(text) == nil && text.unicodeScalars.allSatisfy { $0 > " " && $0 != "\"" }
            && !text.contains("\\") && !text.contains("\u{7f}")
        return isPlain ? text : quoted(text)
    }

    private static func quoted(_ text: String) -> String {
        var quoted = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"", "\\": quoted += "\\\(scalar)"
            case "\n": quoted += "\\n"
            case _ where scalar.value < 0x20 || scalar.value == 0x7f:
                let digits = String(scalar.value, radix: 16)
                quoted += "\\x" + (digits.count < 2 ? "0" : "") + digits
            default: quoted.unicodeScalars.append(scalar)
            }
        }
        return quoted + "\""
    }

    /// Takes a quoted text from the front; nil where its end is missing.
    private static func unquoted(_ rest: inout Substring) -> String? {
        var text = String.UnicodeScalarView()
        var scalars = rest.unicodeScalars.dropFirst()
        while let scalar = scalars.popFirst() {
            switch scalar {
            case "\"":
                rest = Substring(scalars)
                return String(text)
            case "\\":
                switch scalars.popFirst() {
                case "n": text.append("\n")
                case "x":
                    guard let code = UInt8(String(scalars.prefix(2)), radix: 16) else { return nil }
                    scalars = scalars.dropFirst(2)
                    text.append(Unicode.Scalar(code))
                case let escaped?: text.append(escaped)
                case nil: return nil
                }
            default: text.append(scalar)
            }
        }
        return nil
    }
}
