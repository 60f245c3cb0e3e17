// SPDX-License-Identifier: Apache-2.0

import Glibc
import Journal
import Logging
import MachineFile
import MemoryModel
import Transcripts

/// A transcript's operations, done again on its machine or another.
struct TranscriptCheck {
    /// The transcript's file, as it was given.
    let file: String
    /// What came of it.
    let result: Result
    /// How long it took, in milliseconds.
    let milliseconds: Int

    enum Result {
        /// So many operations were done; what was answered differently.
        case done(operations: Int, findings: [Finding])
        /// The file cannot be used, for this reason.
        case unusable(String)
    }

    /// An operation that was answered differently, for people and programs.
    struct Finding {
        /// Which of the operations, from 1, and where it is in the file.
        let number: Int
        let line: Int
        /// What was done, in words and as the transcript has it.
        let subject: String
        let operation: String
        /// How the answers differ.
        let lines: [String]
        let differences: [Difference]
    }

    /// Which machine the operations are done on.
    struct Machine {
        /// In place of the transcript's.
        var source: (text: String, name: String)?
        /// Kernel parameters in place of the transcript's.
        var commandLine: String?
    }

    init(_ file: String, on machine: Machine) {
        let start = Self.now
        self.file = file
        result = Self.check(file, machine)
        milliseconds = Int(clamping: Self.now - start)
    }

    private static var now: UInt64 {
        var now = timespec()
        clock_gettime(CLOCK_MONOTONIC, &now)
        return UInt64(now.tv_sec) * 1000 + UInt64(now.tv_nsec) / 1_000_000
    }

    /// Whether all was answered as it was then.
    var passed: Bool { if case .done(_, let findings) = result { findings.isEmpty } else { false } }
    /// Whether there is nothing to compare.
    var isUnusable: Bool { if case .unusable = result { true } else { false } }

    private static func check(_ file: String, _ machine: Machine) -> Result {
        do {
            let transcript = try Transcript(path: file == "-" ? "/dev/stdin" : file)
            var replay = Replay(DirectPlace(try boot(transcript, file, machine)), isMounted: false)
            replay.run(transcript)
            let findings = replay.findings.map { finding in
                let text = FindingText(finding, in: transcript)
                return Finding(
                    number: finding.number, line: finding.line, subject: text.subject,
                    operation: finding.operation.description, lines: text.lines, differences: finding.differences)
            }
            return .done(operations: transcript.steps.count, findings: findings)
        } catch let error as TextError {
            return .unusable(error.description)
        } catch let error as Failure {
            return .unusable(error.line)
        } catch { return .unusable("\(file): \(error)") }
    }

    private static func boot(
        _ transcript: Transcript, _ file: String, _ machine: Machine
    ) throws(Failure) -> MemoryModel.Machine {
        let source: (text: String, name: String)
        if let given = machine.source {
            source = given
        } else if let text = transcript.machineFile {
            source = (text, "\(file): its machine")
        } else if let preset = Preset.named(transcript.machine) {
            source = (preset.text, "preset \(preset.name)")
        } else {
            throw .usage(
                "\(file): its machine, \(transcript.machine.debugDescription), is neither in it nor a preset; give --machine"
            )
        }
        let boot = BootRecord(
            program: "", name: source.name, text: source.text,
            commandLine: machine.commandLine ?? transcript.commandLine)
        let booted = MemoryModel.Machine(booting: try boot.describe())
        // Who gives parameters is told which of them do nothing.
        if machine.commandLine != nil { booted.complaints.forEach { Terminal.complain("\(file): \($0)", .warning) } }
        return booted
    }
}
