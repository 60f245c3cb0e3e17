// SPDX-License-Identifier: Apache-2.0

/// JSON as it is written for people and programs, in UTF-8: objects are put together where they are known.
public enum JSONText {
    /// A string, quoted.
    public static func text(_ text: String) -> String {
        var quoted = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": quoted += "\\\""
            case "\\": quoted += "\\\\"
            case "\n": quoted += "\\n"
            case "\t": quoted += "\\t"
            default:
                if scalar.value < 0x20 {
                    let hex = String(scalar.value, radix: 16)
                    quoted += "\\u" + String(repeating: "0", count: 4 - hex.count) + hex
                } else {
                    quoted.unicodeScalars.append(scalar)
                }
            }
        }
        return quoted + "\""
    }

    /// Members of an object, on one line; values are JSON already.
    public static func object(_ members: [(String, String)]) -> String {
        "{" + members.map { "\(text($0.0)): \($0.1)" }.joined(separator: ", ") + "}"
    }

    /// Elements on one line each, indented.
    public static func array(_ elements: [String], indent: String = "  ") -> String {
        guard !elements.isEmpty else { return "[]" }
        return "[\n" + elements.map { "\(indent)  \($0)" }.joined(separator: ",\n") + "\n\(indent)]"
    }
}
