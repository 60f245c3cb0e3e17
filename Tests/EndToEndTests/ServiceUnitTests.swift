// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport
import Testing

@Suite struct `The service's unit` {
    @Test func `is exposed as little as is promised`() throws {
        try Scratch.with { scratch in
            let unit = projectDirectory.appendingPathComponent("systemd/hotmem@.service").path
            let copy = try scratch.file("hotmem@.service", Host.text(unit))
            // Ten times what it prints: above 2.0 it fails.
            let words = ["systemd-analyze", "security", "--offline=true", "--no-pager", "--threshold=20", copy]
            let ended = try scratch.program(words).run()
            #expect(ended.succeeded && ended.output.contains("Overall exposure level"), "\(ended)")
            // It is this file that is judged.
            let open = try scratch.file("open@.service", "[Service]\nExecStart=/bin/true\n")
            #expect(!(try scratch.program(words.dropLast() + [open]).run().succeeded))
        }
    }
}

@Suite struct `The promises of security` {
    /// The tests that a text names, `FILE: NAME`.
    private func named(in text: String) -> [(file: String, name: String)] {
        // Names may be broken into lines, as all text may.
        let words = text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
        return words.split(separator: "`").compactMap { code in
            guard code.hasPrefix("Tests/"), let colon = code.firstRange(of: ": ") else { return nil }
            return (String(code[..<colon.lowerBound]), String(code[colon.upperBound...]))
        }
    }

    @Test func `each has a test that there is`() throws {
        let text = Host.text(projectDirectory.appendingPathComponent("SECURITY.md").path)
        let promises = try #require(text.components(separatedBy: "## What is promised").last)
            .components(separatedBy: "## What is not promised")[0]
        let bullets = promises.components(separatedBy: "\n- ").dropFirst()
        #expect(bullets.count > 10)
        for bullet in bullets {
            let tests = named(in: bullet.components(separatedBy: "\n###")[0])
            #expect(!tests.isEmpty, "no test of: \(bullet)")
            for test in tests {
                let source = Host.text(projectDirectory.appendingPathComponent(test.file).path)
                let mark = test.file.hasSuffix(".swift") ? "func `\(test.name)`" : "holds '\(test.name)'"
                #expect(source.contains(mark), "\(test.file) has no test `\(test.name)`")
            }
        }
    }
}
