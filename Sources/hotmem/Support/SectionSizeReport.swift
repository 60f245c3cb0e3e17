// SPDX-License-Identifier: Apache-2.0

import Study
import Picture

/// A study of section sizes: a table for people, and JSON.
struct SectionSizeReport {
    let machine: String
    let study: SectionSizeStudy
    let rows: [SectionSizeRow]

    private static let titles = ["SECTION", "SECTIONS", "ARRAY", "MAP", "HOLES", "REMOVABLE", "MOVED", "TIME"]

    // MARK: For people

    var text: String {
        var (lines, notes): ([[String]], [String]) = ([Self.titles], [])
        for row in rows {
            let cost = row.cost
            var line = [
                ByteText.short(cost.sectionSize), "\(cost.sections)", ByteText.short(cost.arrayBytes),
                ByteText.short(cost.mapBytes), ByteText.short(cost.holeBytes),
            ]
            switch row.removal {
            case .tried(let count):
                line += [
                    count.chance.map { Self.decimal($0 * 100, 1) + "%" } ?? "-",
                    count.meanPagesMoved.map { Self.decimal($0, 0) } ?? "-",
                    time(count.meanPagesMoved).map(Self.seconds) ?? "-",
                ]
            case .notTried(let reason):
                line += ["-", "-", "-"]
                notes.append("\(line[0]): not tried: \(reason).")
            }
            lines.append(line)
        }
        let widths = Self.titles.indices.map { column in lines.map { $0[column].count }.max() ?? 0 }
        let table = lines.map { line in
            zip(line, widths).map { String(repeating: " ", count: $1 - $0.count) + $0 }.joined(separator: "  ") + "\n"
        }
        let parameters = study.parameters
        notes.append(
            "Machine \(machine), \(parameters.loadPercent) % in use, seed \(parameters.seed); "
                + "\(Self.decimal(parameters.microsecondsPerPage, 2)) us a page.")
        if let sample = sample { notes.append(sample) }
        return table.joined() + notes.joined(separator: "\n") + "\n"
    }

    private var sample: String? {
        let sampled = rows.compactMap { row -> String? in
            guard case .tried(let count) = row.removal, count.isSampled else { return nil }
            return "\(count.tried) of \(ByteText.short(row.cost.sectionSize))"
        }
        guard !sampled.isEmpty else { return nil }
        return "Of these not all sections were tried, but evenly spread ones: \(sampled.joined(separator: ", "))."
    }

    /// Microseconds for so many pages.
    private func time(_ pages: Double?) -> Double? { pages.map { $0 * study.parameters.microsecondsPerPage } }

    private static func seconds(_ microseconds: Double) -> String {
        switch microseconds {
        case ..<1000: decimal(microseconds, 0) + "us"
        case ..<1_000_000: decimal(microseconds / 1000, 1) + "ms"
        default: decimal(microseconds / 1_000_000, 2) + "s"
        }
    }

    /// A number with so many decimals, without Foundation.
    private static func decimal(_ number: Double, _ places: Int) -> String {
        var scale = 1.0
        for _ in 0..<places { scale *= 10 }
        let scaled = UInt64((number * scale).rounded())
        guard places > 0 else { return "\(scaled)" }
        let fraction = String(scaled % UInt64(scale))
        return "\(scaled / UInt64(scale))." + String(repeating: "0", count: places - fraction.count) + fraction
    }

    // MARK: For programs

    var json: String {
        let parameters = study.parameters
        let members = [
            "  \"machine\": \(JSONText.text(machine))", "  \"workload_percent\": \(parameters.loadPercent)",
            "  \"steps\": \(parameters.steps)", "  \"seed\": \(parameters.seed)",
            "  \"microseconds_per_page\": \(parameters.microsecondsPerPage)",
            "  \"rows\": [\n" + rows.map { "    {\(object(of: $0))}" }.joined(separator: ",\n") + "\n  ]",
        ]
        return "{\n" + members.joined(separator: ",\n") + "\n}\n"
    }

    private func object(of row: SectionSizeRow) -> String {
        let cost = row.cost
        var members: [(String, String)] = [
            ("section_bytes", "\(cost.sectionSize)"), ("sections", "\(cost.sections)"),
            ("array_entries", "\(cost.entries)"), ("array_bytes", "\(cost.arrayBytes)"),
            ("map_bytes", "\(cost.mapBytes)"), ("hole_bytes", "\(cost.holeBytes)"),
            ("wasted_map_bytes", "\(cost.wastedMapBytes)"),
        ]
        switch row.removal {
        case .tried(let count):
            members += [
                ("tried", "\(count.tried)"), ("sampled", "\(count.isSampled)"), ("removed", "\(count.removed)"),
                ("chance", count.chance.map { "\($0)" } ?? "null"), ("pages_moved", "\(count.pagesMoved)"),
                ("most_pages_moved", "\(count.mostPagesMoved)"),
                ("mean_pages_moved", count.meanPagesMoved.map { "\($0)" } ?? "null"),
                ("mean_microseconds", time(count.meanPagesMoved).map { "\($0)" } ?? "null"),
                ("most_microseconds", time(Double(count.mostPagesMoved)).map { "\($0)" } ?? "null"),
            ]
        case .notTried(let reason): members += [("tried", "0"), ("not_tried", JSONText.text(reason))]
        }
        return members.map { "\(JSONText.text($0.0)): \($0.1)" }.joined(separator: ", ")
    }
}
