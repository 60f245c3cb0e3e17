// SPDX-License-Identifier: Apache-2.0

import Picture

/// The control file `faults` as `hotmem fault list` prints it.
enum FaultReport {
    /// The words of a line: `set key=value ...`.
    private static func words(_ line: Substring) -> [(key: String, value: String)] {
        line.split(separator: " ").dropFirst().compactMap { word in
            let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            return parts.count == 2 ? (parts[0], parts[1]) : nil
        }
    }

    /// What they are cleared by.
    static func names(_ text: String) -> Set<String> {
        Set(text.split(separator: "\n").compactMap { words($0).first { $0.key == "name" }?.value })
    }

    /// A line for each: name, kind and counts in columns, then the rest.
    static func table(_ text: String) -> String {
        let columns = ["name", "kind", "asked", "hits"]
        let rows = text.split(separator: "\n").map { line in
            let words = words(line)
            return columns.map { column in words.first { $0.key == column }?.value ?? "" }
                + [words.filter { !columns.contains($0.key) }.map { "\($0.key)=\($0.value)" }.joined(separator: " ")]
        }
        guard !rows.isEmpty else { return "" }
        let all = [columns.map { $0.uppercased() } + ["SETTINGS"]] + rows
        let widths = columns.indices.map { column in all.map { $0[column].unicodeScalars.count }.max() ?? 0 }
        return all.map { row in
            let cells = columns.indices.map { column in
                let fill = String(repeating: " ", count: widths[column] - row[column].unicodeScalars.count)
                return column < 2 ? row[column] + fill : fill + row[column]
            }
            return (cells + [row[columns.count]]).joined(separator: "  ") + "\n"
        }.joined()
    }

    /// An array of objects, a line each.
    static func json(_ text: String) -> String {
        let numbers: Set = ["next", "every", "seed", "uevents", "node", "asked", "hits"]
        let objects = text.split(separator: "\n").map { line in
            let members = words(line).map { key, value in
                "\(JSONText.text(key)): \(numbers.contains(key) && UInt64(value) != nil ? value : JSONText.text(value))"
            }
            return "{" + members.joined(separator: ", ") + "}"
        }
        return "[" + objects.joined(separator: ",\n ") + "]\n"
    }
}
