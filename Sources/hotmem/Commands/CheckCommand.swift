// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import MachineFile
import Transcripts

/// `hotmem check`: transcripts done again, and compared.
struct CheckCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Do again what hotmem record wrote down, and compare the answers.",
        discussion: """
            Boots each transcript's machine in this process, does its operations in order, and says which are answered \
            differently. Nothing is mounted or changed, and it takes no privileges. Where one answer is another, those that \
            follow often are, too: the first \(CheckReport.usual) of a transcript are told, with --keep-going all.

            With --machine or --cmdline it is done on another machine: what would the script have met there? A transcript \
            of a live kernel (Tests/KernelTests in hotmem's sources) has its machine in a file beside it, which --machine names.

            The exit status is 0 if all is as recorded, 1 if something is answered differently, and 2 if a file cannot be used, \
            or what came of it cannot be written.

            EXAMPLES:
              hotmem check grow.jsonl
              hotmem check --machine old.toml grow.jsonl
              hotmem check --junit results.xml recordings/*.jsonl
            """)

    @Option(
        name: [.customShort("m"), .customLong("machine")],
        help: ArgumentHelp("A machine file, or a preset, in place of the transcript's.", valueName: "machine"),
        completion: .machine)
    var machine: String?

    @Option(
        help: ArgumentHelp(
            "Kernel parameters after those of the machine file, in place of the transcript's.", valueName: "parameters")
    )
    var cmdline: String?

    @Flag(help: "Tell all differences, and not the first \(CheckReport.usual) of each transcript.")
    var keepGoing = false

    @Option(
        help: ArgumentHelp("Write the results to a file as JUnit's XML, too.", valueName: "file"),
        completion: .file(extensions: ["xml"]))
    var junit: String?

    @Flag(help: "As TAP, the Test Anything Protocol, version 14.")
    var tap = false

    @Flag(help: "As JSON: one object a transcript.")
    var json = false

    @Argument(help: "Transcripts; - for standard input.", completion: .file(extensions: ["jsonl"]))
    var files: [String]

    func validate() throws {
        if tap, json { throw ValidationError("give --tap or --json, not both") }
    }

    func run() throws {
        let most = keepGoing ? Int.max : CheckReport.usual
        let checked = TranscriptCheck.Machine(source: try source(), commandLine: cmdline)
        var checks: [TranscriptCheck] = []
        for file in files {
            let check = TranscriptCheck(file, on: checked)
            checks.append(check)
            if json {
                Terminal.print(CheckReport.json(check), orEndWith: 2)
            } else if !tap {
                Terminal.print(CheckReport.text(check, most: most), orEndWith: 2)
            }
            if case .unusable(let reason) = check.result { Terminal.complain(reason) }
        }
        if tap { Terminal.print(CheckReport.tap(checks, most: most), orEndWith: 2) }
        if let junit {
            do throws(Failure) { try OutputFile.write(CheckReport.junit(checks, most: most), to: junit) } catch {
                throw Failure.usage(error.line)
            }
        }
        if checks.contains(where: \.isUnusable) { throw ExitCode(2) }
        if !checks.allSatisfy(\.passed) { throw ExitCode(1) }
    }

    /// The machine that was given, read once; it has to be one whatever the transcripts are.
    private func source() throws(Failure) -> (text: String, name: String)? {
        guard let machine else { return nil }
        do throws(MachineFileError) { return try MachineFile.source(machine) } catch {
            throw .usage(error.description)
        }
    }
}
