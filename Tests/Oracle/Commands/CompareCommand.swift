// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Foundation
import MachineFile
import MemoryModel
import Transcripts

/// `oracle compare`: replays transcripts in process.
struct CompareCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "compare", abstract: "Replay transcripts on hotmem alone, and say where it answers differently.",
        discussion: """
            Needs neither QEMU nor a kernel. The machine that a transcript names is looked for in --machines.

            EXAMPLE:
              oracle compare Tests/KernelTests/Transcripts/dimm.jsonl
            """)

    @Argument(help: ArgumentHelp("Transcripts.", valueName: "file"))
    var files: [String]

    @Option(help: ArgumentHelp("Where machine files are.", valueName: "directory"))
    var machines = "Tests/KernelTests/Machines"

    func run() throws {
        var failed = 0
        for file in files {
            let differences: [String]
            do {
                let transcript = try Transcript(path: file)
                var description = try MachineFile.load(path: "\(machines)/\(transcript.machine).toml")
                description.commandLine = transcript.commandLine
                var replay = Replay(DirectPlace(Machine(booting: description)), isMounted: false)
                replay.run(transcript)
                differences = replay.differences
                Oracle.say("\(file): \(replay.answers) answers, \(differences.count) of their parts differ")
            } catch { throw Failure.input(error) }
            for difference in differences { Oracle.say("  \(difference)") }
            failed += differences.isEmpty ? 0 : 1
        }
        Oracle.say("\(files.count - failed) passed, \(failed) failed")
        if failed > 0 { throw ExitCode(1) }
    }
}
