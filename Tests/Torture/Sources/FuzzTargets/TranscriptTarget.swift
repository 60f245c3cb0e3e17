// SPDX-License-Identifier: Apache-2.0

import MachineFile
import MemoryModel
import Transcripts

/// Transcripts: what is read is written as it was; what it asks for is done on its machine, or a small one, and what differs is
/// told in lines.
enum TranscriptTarget {
    static func run(_ bytes: [UInt8]) {
        let transcript: Transcript
        do throws(TextError) {
            transcript = try Transcript(parsing: String(decoding: bytes, as: UTF8.self), file: "fuzz")
        } catch {
            require(error.description.hasPrefix("fuzz:"), "does not name the file: \(error)")
            require(!error.description.unicodeScalars.contains("\n"), "more than a line: \(error)")
            return
        }
        let again = try? Transcript(parsing: transcript.text, file: "fuzz")
        require(again?.text == transcript.text, "it does not read what it writes")
        guard transcript.steps.count <= 100 else { return }
        var replay = Replay(DirectPlace(Machine(booting: machine(of: transcript))), isMounted: false)
        replay.run(transcript)
        for finding in replay.findings {
            let words = FindingText(finding, in: transcript)
            for line in [words.subject] + words.lines {
                require(!line.unicodeScalars.contains { $0.value < 0x20 && $0 != "\t" }, "not printable: \(line)")
            }
        }
    }

    private static func machine(of transcript: Transcript) -> MachineDescription {
        let text = transcript.machineFile ?? ""
        if let machine = try? MachineFile.parse(text, name: "fuzz"), machine.memory.count < 8,
            machine.memory.allSatisfy({ $0.last - $0.first <= 4 << 30 })
        {
            return machine
        }
        return Small.descriptions[0]
    }
}
