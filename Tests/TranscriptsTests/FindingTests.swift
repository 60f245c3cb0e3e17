// SPDX-License-Identifier: Apache-2.0

import MachineFile
import MemoryModel
import Testing

@testable import Transcripts

private let header = #"{"scenario":"s","machine":"default","cmdline":"","uevents":"all"}"# + "\n"
private let memory = "/sys/devices/system/memory"

/// What replaying lines on the default machine finds, in words.
private func findings(_ lines: String..., on changed: (inout MachineDescription) -> Void = { _ in }) throws -> [String]
{
    let text = header + lines.map { $0 + "\n" }.joined()
    let transcript = try Transcript(parsing: text, file: "s.jsonl")
    var description = try MachineFile.resolve("default")
    changed(&description)
    var replay = Replay(DirectPlace(Machine(booting: description)), isMounted: false)
    replay.run(transcript)
    return replay.findings.flatMap { finding in
        let words = FindingText(finding, in: transcript)
        return ["\(finding.number): \(words.subject)"] + words.lines
    }
}

@Suite struct `What a replay finds` {
    @Test func `is nothing where all is as it was`() throws {
        #expect(
            try findings(
                #"{"op":"R \#(memory)/block_size_bytes","errno":0,"data":"8000000\n"}"#,
                #"{"op":"R \#(memory)/block_size_bytes","errno":0,"data":"80","more":true}"#,
                #"{"op":"R \#(memory)/block_size_bytes","errno":0,"data":"00\n","from":5}"#,
                #"{"op":"R \#(memory)/probe","errno":13,"at":"open"}"#, #"{"op":"R \#(memory)/probe","errno":13}"#,
                #"{"op":"O \#(memory)/probe","errno":13}"#, #"{"op":"S \#(memory)/memory99","errno":2}"#,
                #"{"op":"D \#(memory)/memory33","errno":0,"names":["state","online"],"more":true}"#.replacing(
                    #"["state","online"]"#, with: #"["online","state"]"#),
                #"{"op":"L /sys/devices/system/node/node0/memory33","errno":0,"data":"../../memory/memory33"}"#,
                #"{"op":"M \#(memory)/memory33/state mode=444","errno":0}"#,
                #"{"op":"N \#(memory)/memory33/state ","errno":13,"at":"open"}"#) == [])
    }

    @Test func `names the file, and the errnos`() throws {
        #expect(
            try findings(
                #"{"op":"W \#(memory)/memory33/state offline","errno":16,"ret":-1}"#,
                #"{"op":"R \#(memory)/probe","errno":0,"data":"x"}"#, #"{"op":"D /sys/nothing","errno":0,"names":[]}"#)
                == [
                    #"1: write "offline\n" to \#(memory)/memory33/state"#, "expected: EBUSY",
                    "got:      8 bytes taken",
                    "+ uevent offline@/devices/system/memory/memory33",
                    "2: read \(memory)/probe", #"expected: the text "x""#, "got:      EACCES, when it is opened",
                    "3: list /sys/nothing", "expected: 0 names", "got:      ENOENT",
                ])
    }

    @Test func `is the lines that differ of a text`() throws {
        #expect(
            try findings(
                #"{"op":"R /sys/devices/system/node/node0/cpulist","errno":0,"data":"0-7\n"}"#,
                #"{"op":"R \#(memory)/memory33/uevent","errno":0,"data":"\u0001x"}"#) == [
                    "1: read /sys/devices/system/node/node0/cpulist", "- 0-7", "+ 0-3",
                    "2: read \(memory)/memory33/uevent", "- \\x01x", "- (no newline at the end)",
                ])
        let expected = (1...50).map { "line \($0)" }
        var got = expected
        got[20] = "other"
        got.insert("new", at: 22)
        #expect(
            LineDifference.between(expected, got) == [
                "  line 19", "  line 20", "- line 21", "+ other", "  line 22", "+ new", "  line 23", "  line 24",
            ])
        let long = LineDifference.between(expected, expected.reversed())
        #expect(long.count == 21 && long.last?.hasPrefix("... and ") == true)
        #expect(LineDifference.between(Array(repeating: "a", count: 9999), ["b"]).count == 21)
    }

    @Test func `says that a write waits, and what it came to`() throws {
        let lines = [
            #"{"op":"W /sys/kernel/debug/hotmem/workload alloc name=db kind=anon pages=9 block=34","errno":0,"ret":41}"#,
            #"{"op":"W /sys/kernel/debug/hotmem/workload pin name=db","errno":0,"ret":12}"#,
            #"{"op":"W \#(memory)/memory34/state offline","waits":1}"#,
            #"{"op":"R \#(memory)/memory34/state","errno":0,"data":"going-offline\n"}"#,
            #"{"op":"R \#(memory)/memory34/online","errno":0,"data":"1\n"}"#, #"{"op":"T 120000"}"#,
            #"{"op":"A 1","errno":16,"ret":-1}"#,
        ]
        let found = try findings(lines[0], lines[1], lines[2], lines[3], lines[4], lines[5], lines[6])
        #expect(
            found == [
                "5: read \(memory)/memory34/online", #"expected: the text "1\n""#, "got:      it waits",
                #"7: the answer to write 1 that waits (write "offline\n" to \#(memory)/memory34/state)"#,
                "expected: EBUSY", "got:      it waits",
            ])
        // On the older kernel it gives up, when the time has passed.
        let old = try findings(lines[0], lines[1], lines[2], lines[5], lines[6]) { $0.abi = .linux3_8 }
        #expect(old == [])
        let signal = try findings(
            lines[0], lines[1], lines[2], #"{"op":"I 1"}"#, #"{"op":"A 1","errno":4,"ret":-1}"#)
        #expect(signal == [])
    }

    @Test func `is a uevent that came, or did not`() throws {
        let online = """
            ["online@/devices/system/memory/memory33","ACTION=online","DEVPATH=/devices/system/memory/memory33","SUBSYSTEM=memory"]
            """
        #expect(
            try findings(
                #"{"op":"W \#(memory)/memory33/state offline","errno":0,"ret":8}"#,
                #"{"op":"U","uevents":[\#(online)]}"#) == [
                    "2: uevents", "- uevent online@/devices/system/memory/memory33",
                    "+ uevent offline@/devices/system/memory/memory33",
                ])
    }

    @Test(arguments: [
        #"{"op":"R /sys/self/self/x","errno":40}"#, #"{"op":"R /../../sys/../proc/nothing","errno":2,"at":"open"}"#,
        #"{"op":"R \#(memory)/block_size_bytes","errno":0,"data":"","from":9223372036854775807}"#,
        #"{"op":"R \#(memory)/block_size_bytes","errno":0,"data":"8000000\n","from":-5}"#,
        #"{"op":"A 9223372036854775807","waits":1,"errno":0}"#, #"{"op":"I 77"}"#, #"{"op":"T 3600000"}"#,
        #"{"op":"W /sys/devices/system/memory ","errno":21,"at":"open"}"#, #"{"op":"L /","errno":22}"#,
        #"{"op":"D \#(memory)/probe","errno":20}"#,
    ])
    func `is no reason to crash, whatever the transcript says`(line: String) throws {
        let text = """
            memory = [{ first = 0, size = "1G" }]
            [[file]]
            path = "/sys/self"
            link = "self"
            """
        let transcript = try Transcript(parsing: header + line + "\n", file: "s.jsonl")
        for machine in [try MachineFile.resolve("default"), try MachineFile.parse(text, name: "m")] {
            var replay = Replay(DirectPlace(Machine(booting: machine)), isMounted: false)
            replay.run(transcript)
            for finding in replay.findings { _ = FindingText(finding, in: transcript).lines }
        }
    }
}
