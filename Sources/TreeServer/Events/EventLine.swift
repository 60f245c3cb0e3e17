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
        // Scalars and not characters: a text may begin with one that joins the character before it.
        var rest = Substring(line).unicodeScalars
        func word(to end: Unicode.Scalar) -> String {
            let word = rest.prefix { $0 != end }
            rest = rest[word.endIndex...].dropFirst()
            return String(word)
        }
        let number = UInt64(word(to: " "))
        let seconds = word(to: " ").split(separator: ".").map { UInt64($0) }
        guard let number, seconds.count == 2, let whole = seconds[0], let fraction = seconds[1],
            let kind = Kind(rawValue: word(to: " "))
        else { return nil }
        self.init(number: number, time: whole * 1_000_000 + fraction, kind: kind, values: [])
        while !rest.isEmpty {
            let key = word(to: "=")
            if rest.first == "\"" {
                guard let text = Self.unquoted(&rest) else { return nil }
                values.append((key, .text(text)))
                rest = rest.dropFirst()
            } else {
                let text = word(to: " ")
                values.append((key, Int64(text).map(Value.number) ?? .text(text)))
            }
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
    private static func unquoted(_ scalars: inout Substring.UnicodeScalarView) -> String? {
        var text = String.UnicodeScalarView()
        scalars = scalars.dropFirst()
        while let scalar = scalars.popFirst() {
            switch scalar {
            case "\"": return String(text)
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
