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
        help: ArgumentHelp(
            "Write the results to a file as JUnit's XML, too; - for standard output, in place of the text.",
            valueName: "file"),
        completion: .file(extensions: ["xml"]))
    var junit: String?

    @Flag(help: "As TAP, the Test Anything Protocol, version 14.")
    var tap = false

    @Flag(help: "As JSON: one object a transcript.")
    var json = false

    @Argument(help: "Transcripts; - for standard input.", completion: .file(extensions: ["jsonl"]))
    var files: [String]

    func validate() throws {
        if files.count(where: { $0 == "-" }) > 1 {
            throw ValidationError("-: standard input has one transcript, and is read once")
        }
        if tap, json { throw ValidationError("give --tap or --json, not both") }
        if tap || json, junit == "-" {
            throw ValidationError("--junit -: standard output has --\(tap ? "tap" : "json"); name a file")
        }
    }

    func run() throws {
        let most = keepGoing ? Int.max : CheckReport.usual
        let machineRead = TranscriptCheck.Machine(source: try source(), commandLine: cmdline)
        let results = try resultsFile()
        var output = CheckOutput(isNeeded: results == nil)
        var checks: [TranscriptCheck] = []
        for file in files {
            let check = TranscriptCheck(file, on: machineRead)
            checks.append(check)
            if json {
                output.add(CheckReport.json(check))
            } else if !tap, junit != "-" {
                output.add(CheckReport.text(check, most: most))
            }
            if case .unusable(let reason) = check.result { Terminal.complain(reason) }
        }
        if tap { output.add(CheckReport.tap(checks, most: most)) }
        if junit == "-" { output.add(CheckReport.junit(checks, most: most)) }
        if let results {
            results.add(Array(CheckReport.junit(checks, most: most).utf8))
            do throws(Failure) { try results.finish() } catch { throw Failure.usage(error.line) }
        }
        output.end()
        if checks.contains(where: \.isUnusable) { throw ExitCode(2) }
        if !checks.allSatisfy(\.passed) { throw ExitCode(1) }
    }

    /// The file that gets the results, if one is wanted; begun before anything is said, for it may be none that can be written.
    private func resultsFile() throws(Failure) -> OutputFile? {
        guard let junit, junit != "-" else { return nil }
        return try OutputFile(junit, from: files + MachineOptions.files(of: machine))
    }

    /// The machine that was given, read once; it has to be one whatever the transcripts are.
    private func source() throws(Failure) -> (text: String, name: String)? {
        guard let machine else { return nil }
        do throws(MachineFileError) { return try MachineFile.source(machine) } catch {
            throw .usage(error.description)
        }
    }
}
