// SPDX-License-Identifier: Apache-2.0
// swift-format-ignore-file: NeverForceUnwrap

import MemoryModel
import Testing

@testable import SysfsTree

@Suite struct `Questions to a machine` {
    private static let controls = "/sys/kernel/debug/hotmem/"
    private let browser = Browser()

    @Test(arguments: [
        ("explain", "block block=1"), ("explain", "pages block=1"), ("explain", "node node=0"),
        ("explain", "zone node=0 zone=DMA32"), ("plan", "remove-node node=0"),
    ])
    func `are no inputs, and are answered where nothing can be recorded`(control: String, line: String) throws {
        browser.session.record = { (_) throws(Refusal) in throw Refusal(.noRoom, "full") }
        var outcomes: [Outcome] = []
        browser.session.onOutcome = { outcomes.append($1) }
        _ = try browser.write(Self.controls + control, line + "\n")
        let subject = line.split(separator: " ").last!
        #expect(try browser.text(Self.controls + control).split(separator: "\n").first!.contains(subject))
        #expect(outcomes.allSatisfy { $0.changes.isEmpty && $0.finished.isEmpty })
    }

    @Test(arguments: [("explain", "block block=999"), ("explain", "nonsense"), ("plan", "remove-node node=77")])
    func `that have no answer are refused, and recorded as any refused write`(control: String, line: String) throws {
        var inputs: [Input] = []
        browser.session.record = { inputs.append($0) }
        #expect(throws: Refusal.self) { _ = try browser.write(Self.controls + control, line + "\n") }
        #expect(inputs == [.write(file: Self.controls + control, text: line + "\n")])
    }
}
