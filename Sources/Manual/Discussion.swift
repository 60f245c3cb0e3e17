// SPDX-License-Identifier: Apache-2.0

/// A command's discussion, taken apart: paragraphs, lines that stay as they are, and sections.
struct Discussion {
    enum Part {
        case paragraph(String)
        case verbatim([String])
    }

    /// What stands before the first title.
    private(set) var description: [Part] = []
    /// Titles, as in `EXAMPLES:` on a line of its own, and what is below them.
    private(set) var sections: [(title: String, parts: [Part])] = []

    init(_ text: String) {
        var block: [String] = []
        for line in text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init) + [""] {
            if Self.isTitle(line) {
                end(&block)
                sections.append((line == "EXAMPLE:" ? "EXAMPLES" : String(line.dropLast()), []))
            } else if line.isEmpty || block.first.map({ $0.hasPrefix(" ") != line.hasPrefix(" ") }) ?? false {
                end(&block)
                if !line.isEmpty { block.append(line) }
            } else {
                block.append(line)
            }
        }
    }

    private static func isTitle(_ line: String) -> Bool {
        line.hasSuffix(":") && line.dropLast().allSatisfy { $0.isUppercase || $0 == " " } && line.first != " "
    }

    private mutating func end(_ block: inout [String]) {
        defer { block = [] }
        guard let first = block.first else { return }
        let indent = block.map { $0.prefix { $0 == " " }.count }.min() ?? 0
        let part: Part =
            first.hasPrefix(" ")
            ? .verbatim(block.map { String($0.dropFirst(indent)) }) : .paragraph(block.joined(separator: " "))
        if sections.isEmpty { description.append(part) } else { sections[sections.count - 1].parts.append(part) }
    }
}

extension Roff {
    mutating func parts(_ parts: [Discussion.Part]) {
        for part in parts {
            switch part {
            case .paragraph(let text): paragraph(text)
            case .verbatim(let lines): verbatim(lines)
            }
        }
    }
}
