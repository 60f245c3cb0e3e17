// SPDX-License-Identifier: Apache-2.0

import MemoryModel
import Testing

@testable import SysfsTree

/// What the manual says of the controls is what they do.
@Suite struct `The reference of the controls` {
    private let browser = Browser()

    /// Why a line is refused; nil if it is not.
    private func reason(_ control: Control, _ line: String) -> String? {
        do throws(Refusal) {
            try browser.write("sys/kernel/debug/hotmem/" + control.name, line)
            return nil
        } catch { return error.reason }
    }

    /// Whether a text is one sentence, or a few.
    private func isSaid(_ text: String) -> Bool { text.count > 8 && text.hasSuffix(".") && !text.contains("\n") }

    @Test func `every file of the directory is described`() {
        #expect(Tree.table(.hotmem).rows.map(\.name) == Control.all.map(\.name))
        for control in Control.all { #expect(isSaid(control.summary) && isSaid(control.shows), "\(control.name)") }
    }

    @Test func `every verb and every key is described`() {
        for control in Control.all {
            for verb in control.verbs {
                #expect(isSaid(verb.summary), "\(control.name): \(verb.name)")
                for key in verb.keys { #expect(isSaid(key.summary), "\(control.name): \(verb.name) \(key.name)=") }
                #expect(Set(verb.keys.map(\.name)).count == verb.keys.count, "\(verb.name) has a key twice")
            }
        }
    }

    @Test func `a control takes the verbs and keys of the reference`() {
        for control in Control.all where !control.verbs.isEmpty {
            let verbs = control.verbs.map(\.name).sorted().joined(separator: ", ")
            #expect(reason(control, "frobnicate") == "unknown verb frobnicate: this control takes \(verbs)")
            for verb in control.verbs where verb.takesText {
                #expect(reason(control, verb.name) == "\(verb.name) takes a text")
                #expect(reason(control, "\(verb.name) x=1") == nil)
            }
            for verb in control.verbs where !verb.takesText {
                let keys = verb.keys.map { $0.name + "=" }.joined(separator: " ")
                #expect(reason(control, "\(verb.name) x=1") == "x=1: \(verb.name) takes \(keys), each once")
            }
        }
    }

    @Test func `a required key is one without which a line is refused`() {
        for control in Control.all {
            for verb in control.verbs {
                let words = verb.keys.filter(\.isRequired).map { ($0.name, "\($0.name)=\($0.values.first ?? "1")") }
                for left in words {
                    let line = ([verb.name] + words.filter { $0.0 != left.0 }.map(\.1)).joined(separator: " ")
                    #expect(reason(control, line) == "\(verb.name) needs \(left.0)=", "\(control.name): \(line)")
                }
                let line = ([verb.name] + words.map(\.1)).joined(separator: " ")
                #expect(reason(control, line)?.contains(" needs ") != true || verb.name == "set", "\(line)")
            }
        }
    }
}
