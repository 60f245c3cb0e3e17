// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing
import Transcripts

@testable import oracle

/// What is no transcript is said with file and line.
@Suite struct `A transcript` {
    private static let header = #"{"scenario":"s","machine":"m1","cmdline":"","kernel":"k"}"# + "\n"

    @Test func `is the same when it is written and read again`() throws {
        let text =
            Self.header + #"{"op":"W /sys/a b\u0000\u00e9\\","errno":0,"ret":4}"# + "\n"
            + #"{"op":"H plug d1 134217728 1"}"# + "\n"
            + #"{"op":"U","uevents":[["add@/x","ACTION=add"]]}"# + "\n"
            + #"{"op":"B","blocks":{"2":["online",-19],"10":[]},"zones":{"0/DMA":[1,2,3]},"nodes":{"online":"0"}}"#
            + "\n"
        let transcript = try Transcript(parsing: text, file: "s.jsonl")
        #expect(transcript.text == text)
        #expect(transcript.steps[0].operation == .write(path: "/sys/a", data: "b\0\u{e9}\\", newline: true))
        #expect(transcript.steps.map(\.line) == [2, 3, 4, 5])
    }

    @Test(
        arguments: [
            ("", 1, "empty"),
            (#"{"scenario":"s""#, 1, "cut short"),
            ("nonsense\n", 1, "not a JSON object"),
            (#"{"scenario":"s"}"# + "\n", 1, "machine"),
            (header + #"{"op":"B","blocks":{"#, 2, "cut short"),
            (header + #"{"op":"U","uevents":[]}"# + "\n" + #"{"op":"R /sys/x","err"# + "\n", 3, "not a JSON object"),
            (header + "[1]\n", 2, "not a JSON object"),
            (header + #"{"errno":0}"# + "\n", 2, "op"),
            (header + #"{"op":"R /sys/x"}"# + "\n", 2, "errno"),
            (header + #"{"op":"N /sys/x 1","errno":"EBUSY","ret":-1}"# + "\n", 2, "\"errno\" is a number"),
            (header + #"{"op":"N /sys/x 1","errno":0,"ret":"8"}"# + "\n", 2, "\"ret\" is a number"),
            (header + #"{"op":"Z /sys/x","errno":0}"# + "\n", 2, "no operation"),
            (header + #"{"op":"R sys/x","errno":0}"# + "\n", 2, "absolute"),
            (header + #"{"op":"H plug d1 x 1"}"# + "\n", 2, "plug ID BYTES NODE"),
            (header + #"{"op":"P pin"}"# + "\n", 2, "pin BLOCK"),
            (header + #"{"op":"T x"}"# + "\n", 2, "milliseconds"),
            (header + #"{"op":"N /sys/x \u20ac","errno":0}"# + "\n", 2, "U+00FF"),
        ])
    func `that is none is refused with its line`(text: String, line: Int, reason: String) {
        let error = #expect(throws: TextError.self) { try Transcript(parsing: text, file: "a.jsonl") }
        #expect(error?.file == "a.jsonl" && error?.line == line)
        #expect(error?.reason.contains(reason) == true, "\(error?.reason ?? "")")
        #expect(error?.description.hasPrefix("a.jsonl:\(line): ") == true)
    }

    @Test func `that is not there is refused by name`() {
        let error = #expect(throws: TextError.self) { try Transcript(path: "/nowhere/a.jsonl") }
        #expect(error?.description == "/nowhere/a.jsonl: No such file or directory")
    }

    @Test func `is a list of operations, too, and so is a text`() throws {
        let text = "# a comment\nmachine m6\ncmdline kernelcore=40%\n\nU\nW /sys/a  b \n#another\nH unplug d1\n"
        let list = try OperationList(parsing: text, file: "dir/some.ops")
        #expect(list.name == "some" && list.machine == "m6" && list.commandLine == "kernelcore=40%")
        #expect(
            list.operations == [.uevents, .write(path: "/sys/a", data: " b ", newline: true), .unplug(id: "d1")])
        let error = #expect(throws: TextError.self) {
            try OperationList(parsing: "machine m1\nU\nU 1\n", file: "x.ops")
        }
        #expect(error?.description.hasPrefix("x.ops:3: ") == true)
        #expect(throws: TextError.self) { try OperationList(parsing: "# nothing\n", file: "x.ops") }
    }
}
