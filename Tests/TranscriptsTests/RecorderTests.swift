// SPDX-License-Identifier: Apache-2.0

import MemoryModel
import Testing

@testable import Transcripts

/// What a recorder that has begun writes, line by line, header left out.
private func recorded(_ body: (TranscriptRecorder) -> Void) throws -> [String] {
    var bytes: [UInt8] = []
    let header = Transcript(
        name: "s", machine: "default", commandLine: "quiet", kernel: "k", machineFile: "a\n\"b\" \u{e9}\u{20ac}",
        hasAllUevents: true, hasEnd: true, steps: [])
    let recorder = TranscriptRecorder(header: header.header) { bytes += $0 }
    recorder.begin()
    body(recorder)
    recorder.end()
    let text = String(decoding: bytes, as: UTF8.self)
    let transcript = try Transcript(parsing: text, file: "s.jsonl")
    #expect(transcript.text == text, "it reads what it writes")
    #expect(transcript.machineFile == header.machineFile && transcript.hasAllUevents)
    #expect(transcript.commandLine == "quiet")
    let lines = text.split(separator: "\n")
    #expect(lines.last == #"{"end":true}"#)
    return lines.dropFirst().dropLast().map(String.init)
}

@Suite struct `A recorder` {
    @Test func `puts reads of one open file together, where the first one was`() throws {
        let lines = try recorded { recorder in
            recorder.read(1, "/a", at: 0, "one\n".utf8, isPart: true)
            recorder.willWrite()
            recorder.wrote("/b", Array("x\n".utf8), .taken(2))
            recorder.read(1, "/a", at: 4, "two\n".utf8, isPart: false)
            recorder.read(1, "/a", at: 8, [], isPart: false)
        }
        #expect(
            lines == [
                #"{"op":"R /a","errno":0,"data":"one\ntwo\n"}"#, #"{"op":"W /b x","errno":0,"ret":2}"#,
            ])
    }

    @Test func `does not wait for ever for who has read half of something`() throws {
        let lines = try recorded { recorder in
            recorder.read(1, "/a", at: 0, "one".utf8, isPart: true)
            for _ in 0..<10_000 { recorder.nothing(at: "/b", .noEntry) }
            recorder.read(1, "/a", at: 3, "two".utf8, isPart: false)
        }
        #expect(lines.count == 10_002)
        #expect(lines.first == #"{"op":"R /a","errno":0,"data":"one","more":true}"#)
        #expect(lines.last == #"{"op":"R /a","errno":0,"data":"two","from":3}"#)
    }

    @Test func `tells of a directory what follows after it has ceased to wait for the rest`() throws {
        let lines = try recorded { recorder in
            recorder.listed(1, "/d", ["a"], isFirst: true, isEnd: false)
            for _ in 0..<10_000 { recorder.nothing(at: "/b", .noEntry) }
            recorder.listed(1, "/d", ["b"], isFirst: false, isEnd: false)
            recorder.listed(1, "/d", ["c"], isFirst: false, isEnd: false)
            recorder.listed(1, "/d", [], isFirst: false, isEnd: true)
            recorder.listed(2, "/empty", ["."], isFirst: true, isEnd: false)
            recorder.listed(2, "/empty", [], isFirst: false, isEnd: true)
        }
        #expect(lines.first == #"{"op":"D /d","errno":0,"names":["a"],"more":true}"#)
        #expect(
            lines.suffix(2) == [
                #"{"op":"D /d","errno":0,"names":["b","c"],"more":true}"#,
                #"{"op":"D /empty","errno":0,"names":[]}"#,
            ])
    }

    @Test func `is read with the line ends of another system, too`() throws {
        var bytes: [UInt8] = []
        let header = Transcript(
            name: "s", machine: "default", commandLine: "", kernel: "k", hasAllUevents: true, hasEnd: true, steps: [])
        let recorder = TranscriptRecorder(header: header.header) { bytes += $0 }
        recorder.begin()
        recorder.nothing(at: "/b", .noEntry)
        recorder.end()
        let text = String(decoding: bytes, as: UTF8.self).replacing("\n", with: "\r\n")
        #expect(try Transcript(parsing: text, file: "s.jsonl").steps.count == 1)
    }

    @Test func `says what was read in part, and from where`() throws {
        let lines = try recorded { recorder in
            recorder.read(1, "/a", at: 0, "one".utf8, isPart: true)
            recorder.close(1)
            recorder.read(2, "/a", at: 0, "o".utf8, isPart: true)
            recorder.read(2, "/a", at: 2, "e".utf8, isPart: true)
            recorder.read(3, "/e", at: 0, [], isPart: false)
            recorder.listed(1, "/d", [".", "..", "m10", "m2"], isFirst: true, isEnd: false)
            recorder.closeDirectory(1)
            recorder.listed(2, "/d", ["m2"], isFirst: true, isEnd: false)
            recorder.listed(2, "/d", [], isFirst: false, isEnd: true)
        }
        #expect(
            lines == [
                #"{"op":"R /a","errno":0,"data":"one","more":true}"#,
                #"{"op":"R /a","errno":0,"data":"o","more":true}"#,
                #"{"op":"R /a","errno":0,"data":"e","from":2,"more":true}"#, #"{"op":"R /e","errno":0,"data":""}"#,
                #"{"op":"D /d","errno":0,"names":["m2","m10"],"more":true}"#,
                #"{"op":"D /d","errno":0,"names":["m2"]}"#,
            ])
    }

    @Test func `does not take what was listed before and after a change for one listing`() throws {
        let lines = try recorded { recorder in
            recorder.listed(1, "/d", [".", "..", "a"], isFirst: true, isEnd: false)
            recorder.listed(1, "/d", ["b"], isFirst: false, isEnd: false)
            recorder.wrote("/w", [120], .taken(1))
            recorder.listed(1, "/d", ["c"], isFirst: false, isEnd: false)
            recorder.listed(1, "/d", [], isFirst: false, isEnd: true)
            recorder.listed(2, "/e", ["x"], isFirst: true, isEnd: false)
            recorder.passed(milliseconds: 1)
            recorder.listed(2, "/e", [], isFirst: false, isEnd: true)
        }
        #expect(
            lines == [
                #"{"op":"D /d","errno":0,"names":["a","b"],"more":true}"#, #"{"op":"N /w x","errno":0,"ret":1}"#,
                #"{"op":"D /d","errno":0,"names":["c"],"more":true}"#,
                #"{"op":"D /e","errno":0,"names":["x"],"more":true}"#, #"{"op":"T 1"}"#,
            ])
    }

    @Test func `says which call failed, and with what`() throws {
        let lines = try recorded { recorder in
            recorder.nothing(at: "/no \u{e9}", .noEntry)
            recorder.openFailed("/a b", reading: true, writing: false, .accessDenied)
            recorder.openFailed("/a b", reading: false, writing: true, .accessDenied)
            recorder.openFailed("/a b", reading: true, writing: true, .accessDenied)
            recorder.readFailed(1, "/a", .inputOutput)
            recorder.listFailed(1, "/d", .noEntry)
            recorder.changed("/a b", permissions: 0o600, user: nil, group: 7, nil)
            recorder.link("/l", is: "../x")
            recorder.wrote("/a b", [0x80, 0, 0x22], .refused(.busy))
        }
        #expect(
            lines == [
                #"{"op":"S /no \u00c3\u00a9","errno":2}"#, #"{"op":"R /a b","errno":13,"at":"open"}"#,
                #"{"op":"N /a\\040b ","errno":13,"at":"open"}"#, #"{"op":"O /a b","errno":13}"#,
                #"{"op":"R /a","errno":5}"#, #"{"op":"D /d","errno":2}"#,
                #"{"op":"M /a\\040b mode=600 group=7","errno":0}"#, #"{"op":"L /l","errno":0,"data":"../x"}"#,
                #"{"op":"N /a\\040b \u0080\u0000\"","errno":16,"ret":-1}"#,
            ])
        let operations = try lines.map { try Operation(JSON(parsing: $0).members?["op"]?.string ?? "") }
        #expect(operations[2] == .write(path: "/a b", data: "", newline: false))
        #expect(operations[6] == .change(path: "/a b", permissions: 0o600, user: nil, group: 7))
    }

    @Test func `puts answers that come later, and time, where they came`() throws {
        let lines = try recorded { recorder in
            recorder.willWrite()
            recorder.wrote("/s", Array("offline\n".utf8), .waits("first"))
            recorder.willWrite()
            recorder.wrote("/t", Array("x".utf8), .waits("second"))
            recorder.interrupted("second")
            recorder.answered("second", .failure(Refusal(.interrupted, "signal")))
            recorder.willWrite()
            recorder.answered("first", .success(8))
            recorder.wrote("/u", Array("y".utf8), .taken(1))
            recorder.answered("nobody", .success(1))
            recorder.passed(milliseconds: 3_600_001)
        }
        #expect(
            lines == [
                #"{"op":"W /s offline","waits":1}"#, #"{"op":"N /t x","waits":2}"#, #"{"op":"I 2"}"#,
                #"{"op":"A 2","errno":4,"ret":-1}"#, #"{"op":"N /u y","errno":0,"ret":1}"#,
                #"{"op":"A 1","errno":0,"ret":8}"#, #"{"op":"T 3600000"}"#, #"{"op":"T 1"}"#,
            ])
    }

    @Test func `is deaf until it begins`() {
        var text = ""
        let recorder = TranscriptRecorder(header: "h\n") { text += String(decoding: $0, as: UTF8.self) }
        recorder.read(1, "/a", at: 0, "x".utf8, isPart: false)
        recorder.nothing(at: "/b", .noEntry)
        recorder.wrote("/c", [1], .taken(1))
        recorder.passed(milliseconds: 5)
        recorder.listed(1, "/d", ["x"], isFirst: true, isEnd: true)
        recorder.end()
        #expect(text == "h\n{\"end\":true}\n")
    }
}
