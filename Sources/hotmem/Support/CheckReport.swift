// SPDX-License-Identifier: Apache-2.0

import Transcripts

/// What `hotmem check` says of transcripts, in each of its forms.
enum CheckReport {
    /// How many findings of a transcript are told, unless all are wanted.
    static let usual = 5

    /// For people: the findings, and a line that sums up.
    static func text(_ check: TranscriptCheck, most: Int) -> String {
        switch check.result {
        case .unusable: ""
        case .done(let operations, let findings):
            lines(check, most: most).map { $0 + "\n" }.joined()
                + "\(check.file): \(operations) operations, "
                + (findings.isEmpty ? "as recorded\n" : "\(findings.count) answered differently\n")
        }
    }

    /// The findings: file and line, what was done, and how the answers differ.
    private static func lines(_ check: TranscriptCheck, most: Int) -> [String] {
        guard case .done(_, let findings) = check.result else { return [] }
        var lines = findings.prefix(most).flatMap { finding in
            ["\(check.file):\(finding.line): operation \(finding.number): \(finding.subject)"]
                + finding.lines.map { "  " + $0 }
        }
        if findings.count > most {
            lines.append("(\(findings.count - most) more, which may follow from these; --keep-going shows all)")
        }
        return lines
    }

    // MARK: JSON

    /// For programs: one object a transcript.
    static func json(_ check: TranscriptCheck) -> String {
        let head = "{\"file\": \(JSON.text(check.file)), \"milliseconds\": \(check.milliseconds), "
        switch check.result {
        case .unusable(let reason): return head + "\"result\": \"unusable\", \"reason\": \(JSON.text(reason))}\n"
        case .done(let operations, let findings):
            let list = findings.map(json).joined(separator: ",\n  ")
            return head
                + "\"result\": \"\(findings.isEmpty ? "passed" : "failed")\", \"operations\": \(operations), "
                + "\"differences\": [\(list)]}\n"
        }
    }

    private static func json(_ finding: TranscriptCheck.Finding) -> String {
        let parts = finding.differences.map { difference in
            "{\"part\": \(JSON.text(difference.part)), \"expected\": \(difference.kernel?.description ?? "null"), "
                + "\"got\": \(difference.here?.description ?? "null")}"
        }
        return "{\"operation\": \(finding.number), \"line\": \(finding.line), \"op\": \(JSON.text(finding.operation)), "
            + "\"what\": \(JSON.text(finding.subject)), \"parts\": [\(parts.joined(separator: ", "))]}"
    }

    // MARK: TAP

    /// The Test Anything Protocol, version 14: a test point a transcript, what is wrong as YAML behind it.
    static func tap(_ checks: [TranscriptCheck], most: Int) -> String {
        var text = "TAP version 14\n1..\(checks.count)\n"
        for (index, check) in checks.enumerated() {
            let name = check.file.unicodeScalars.reduce(into: "") { name, scalar in
                // Both would begin something else.
                if scalar == "#" || scalar == "\\" { name += "\\" }
                name += scalar.value < 0x20 ? "?" : String(scalar)
            }
            text += "\(check.passed ? "ok" : "not ok") \(index + 1) - \(name)\n"
            guard !check.passed else { continue }
            text += "  ---\n  message: \(JSON.text(message(check)))\n"
            text += "  severity: \(check.isUnusable ? "error" : "fail")\n"
            let lines = lines(check, most: most)
            if !lines.isEmpty { text += "  data: |2\n" + lines.map { "    \($0)\n" }.joined() }
            text += "  ...\n"
        }
        return text
    }

    private static func message(_ check: TranscriptCheck) -> String {
        switch check.result {
        case .unusable(let reason): reason
        case .done(let operations, let findings):
            "\(findings.count) of \(operations) operations answered differently"
        }
    }

    // MARK: JUnit

    /// XML as JUnit's runners write it and continuous integration reads it: a test case a transcript.
    static func junit(_ checks: [TranscriptCheck], most: Int) -> String {
        let errors = checks.filter(\.isUnusable).count
        let failures = checks.filter { !$0.passed }.count - errors
        let time = seconds(checks.map(\.milliseconds).reduce(0, +))
        let totals = "tests=\"\(checks.count)\" failures=\"\(failures)\" errors=\"\(errors)\" time=\"\(time)\""
        var text = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites \(totals)>\n"
        text += "  <testsuite name=\"hotmem check\" \(totals) skipped=\"0\">\n"
        for check in checks {
            text += "    <testcase classname=\"hotmem.check\" name=\(attribute(check.file)) "
            text += "time=\"\(seconds(check.milliseconds))\""
            if check.passed {
                text += "/>\n"
            } else {
                let kind = check.isUnusable ? "error" : "failure"
                text += ">\n      <\(kind) message=\(attribute(message(check)))>"
                text += lines(check, most: most).map(escaped).joined(separator: "\n")
                text += "</\(kind)>\n    </testcase>\n"
            }
        }
        return text + "  </testsuite>\n</testsuites>\n"
    }

    private static func seconds(_ milliseconds: Int) -> String {
        let rest = String(milliseconds % 1000)
        return "\(milliseconds / 1000)." + String(repeating: "0", count: 3 - rest.count) + rest
    }

    private static func attribute(_ text: String) -> String { "\"\(escaped(text))\"" }

    /// Text as XML 1.0 has it, where most control characters are nothing at all.
    private static func escaped(_ text: String) -> String {
        text.unicodeScalars.reduce(into: "") { result, scalar in
            switch scalar {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "\"": result += "&quot;"
            case "\n", "\t": result += scalar == "\n" ? "&#10;" : "&#9;"
            case _ where scalar.value < 0x20 || scalar.value & 0xfffe == 0xfffe: result += "\u{fffd}"
            default: result.unicodeScalars.append(scalar)
            }
        }
    }
}
