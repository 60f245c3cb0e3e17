// SPDX-License-Identifier: Apache-2.0

/// Why a machine file cannot be used: where, what is wrong, and what to do.
public struct MachineFileError: Error, Equatable, CustomStringConvertible {
    /// The file's path, or what else the text was read from ("preset x86_64", "standard input").
    public var file: String
    /// The line, counted from 1, if it is known.
    public var line: Int?
    /// The key it is about, as in `memory[3].last` (counted from 0), if it is about one.
    public var keyPath: String?
    /// What was wrong and what to do.
    public var reason: String

    /// Makes an error from its parts.
    public init(file: String, line: Int? = nil, keyPath: String? = nil, reason: String) {
        (self.file, self.line, self.keyPath, self.reason) = (file, line, keyPath, reason)
    }

    /// `FILE:LINE: KEY: REASON`, without the parts that are not known; always one line.
    public var description: String {
        let place = line.map { "\(file):\($0)" } ?? file
        let subject = keyPath.map { "\($0): " } ?? ""
        return "\(place): \(subject)\(reason)".onOneLine
    }
}

extension String {
    /// The same text with control characters written as escapes.
    var onOneLine: String {
        guard unicodeScalars.contains(where: \.isControl) else { return self }
        var result = String.UnicodeScalarView()
        for scalar in unicodeScalars {
            let text = scalar.isControl ? scalar.escaped(asASCII: true) : String(scalar)
            result.append(contentsOf: text.unicodeScalars)
        }
        return String(result)
    }

    /// The text in quotes, cut short if it is long.
    var quoted: String {
        count > 40 ? "\"\(prefix(40))...\"" : "\"\(self)\""
    }
}

extension Unicode.Scalar {
    /// Whether the scalar would break a line or move a terminal's cursor.
    var isControl: Bool {
        switch properties.generalCategory {
        case .control, .lineSeparator, .paragraphSeparator: true
        default: false
        }
    }
}
