// SPDX-License-Identifier: Apache-2.0

/// Finds what a misspelt name was meant to be.
enum NearestName {
    /// The candidate at most two edits (one, for short names) from `name`, or nil.
    static func of(_ name: String, in candidates: [String]) -> String? {
        let name = Array(name.lowercased().utf8.map { $0 == UInt8(ascii: "-") ? UInt8(ascii: "_") : $0 })
        guard name.count <= 32 else { return nil }
        var best: (edits: Int, candidate: String)?
        for candidate in candidates {
            let letters = Array(candidate.utf8.map { $0 == UInt8(ascii: "-") ? UInt8(ascii: "_") : $0 })
            let edits = distance(name, letters)
            guard edits <= (letters.count > 3 ? 2 : 1), edits < best?.edits ?? .max else { continue }
            best = (edits, candidate)
        }
        return best?.candidate
    }

    /// Insertions, deletions, substitutions and swaps of neighbours that make one of the other.
    private static func distance(_ a: [UInt8], _ b: [UInt8]) -> Int {
        var beforeLast: [Int] = []
        var last = Array(0...b.count)
        for i in a.indices {
            var row = [i + 1]
            for j in b.indices {
                var edits = min(last[j + 1] + 1, row[j] + 1, last[j] + (a[i] == b[j] ? 0 : 1))
                if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] {
                    edits = min(edits, beforeLast[j - 1] + 1)
                }
                row.append(edits)
            }
            (beforeLast, last) = (last, row)
        }
        return last[b.count]
    }
}
