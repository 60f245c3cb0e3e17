// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Foundation
import Transcripts

/// `oracle walk`: random walks on a live kernel and on hotmem.
struct WalkCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "walk", abstract: "Take random walks on a kernel and on hotmem; shrink what differs.",
        discussion: """
            Each walk boots a kernel. One on which hotmem answers differently is shrunk to the shortest list of operations
            that still shows it, by asking new kernels, and that is saved as a transcript. The same seed on the same machine
            makes the same walk, as long as the kernel's own pages do not stand in the way.

            EXAMPLES:
              oracle walk --machine m1 --cmdline movable_node --seed 7 --operations 200
              oracle walk --minutes 10        machines and command lines in turn, new seeds
            """)

    @OptionGroup var options: KernelOptions

    @Option(
        help: ArgumentHelp(
            "The first walk's seed, by default the time; the next walk's is one more.", valueName: "number"))
    var seed: UInt64 = UInt64(Date().timeIntervalSince1970)

    @Option(
        help: ArgumentHelp(
            "How many operations a walk chooses; each is followed by a look at everything.", valueName: "number"))
    var operations = 60

    @Option(
        help: ArgumentHelp("The machine; by default, one of those that the command line is for.", valueName: "name"))
    var machine: String?

    @Option(help: ArgumentHelp("The kernel's command line; by default, one of several.", valueName: "text"))
    var cmdline: String?

    @Option(help: ArgumentHelp("Walk until so many minutes have gone by.", valueName: "number"))
    var minutes: Double = 0

    @Option(help: ArgumentHelp("Take this many walks at most, in --minutes.", valueName: "number"))
    var walks: UInt64 = .max

    @Option(help: ArgumentHelp("Shrink for at most so many minutes.", valueName: "number"))
    var shrinkMinutes: Double = 5

    @Option(help: ArgumentHelp("Where differences are saved.", valueName: "directory"))
    var output = ".build/oracle/differences"

    @Option(help: ArgumentHelp("Save walks without differences, too, in this directory.", valueName: "directory"))
    var save: String?

    func validate() throws {
        guard (1...100_000).contains(operations) else { throw ValidationError("--operations is 1 to 100000") }
        guard minutes >= 0, shrinkMinutes >= 0 else { throw ValidationError("minutes are not negative") }
    }

    func run() throws {
        let end = ContinuousClock.now + .seconds(minutes * 60)
        var tally = Tally()
        let first = seed
        var seed = seed
        repeat {
            try walk(seed: seed, &tally)
            seed += 1
        } while ContinuousClock.now < end && seed - first < walks
        Oracle.say(tally.line)
        if tally.failed > 0 { throw ExitCode(1) }
        if tally.passed == 0 { throw Failure(line: "no walk came to its end", status: 3) }
    }

    private struct Tally {
        var (passed, failed, lost, operations) = (0, 0, 0, 0)

        var line: String {
            "\(passed + failed + lost) walks, \(operations) operations: \(passed) passed, \(failed) failed"
                + (lost > 0 ? ", \(lost) given up: the kernel died, or answered otherwise the next time" : "")
        }
    }

    private func walk(seed: UInt64, _ tally: inout Tally) throws {
        let scene = Scene.of(seed: seed, machine: machine, commandLine: cmdline)
        let (subject, hardware) = try options.subject(machine: scene.machine, commandLine: scene.commandLine)
        let walker = Walker(
            subject: subject, hardware: hardware, seed: seed, operations: operations, say: Oracle.complain)
        let name = "walk-\(subject.name)-\(seed)"
        let again =
            "--machine \(scene.machine) --cmdline '\(scene.commandLine)' --seed \(seed) --operations \(operations)"
        let recording: Recording
        do { recording = try walker.walk() } catch  where error.isWorthAnotherTry {
            // It is the kernel that went wrong, not hotmem.
            tally.lost += 1
            Oracle.say("\(name) (\(again)): given up: \(error)")
            try save(error, name: name, of: subject)
            return
        } catch {
            guard tally.failed == 0 else { throw ExitCode(1) }
            throw Failure.kernel(error)
        }
        tally.operations += recording.steps.count
        Oracle.say(
            "\(name) (\(again)): \(recording.steps.count) operations"
                + (recording.findings.isEmpty ? "" : ", the last of them not as hotmem does"))
        guard recording.findings.isEmpty else {
            // What the kernel does not repeat is chance: its own pages come and go.
            guard let again = try? walker.walk(),
                again.findings.map(\.description) == recording.findings.map(\.description)
            else {
                tally.lost += 1
                Oracle.say("  a new kernel does not repeat it: given up")
                return
            }
            tally.failed += 1
            Oracle.say("  answered differently by hotmem, twice:")
            try report(recording, walker, name: name)
            return
        }
        tally.passed += 1
        if let save {
            try Oracle.write(recording.transcript(name: name, of: subject).text, to: "\(save)/\(name).jsonl")
        }
    }

    private func report(_ recording: Recording, _ walker: Walker, name: String) throws {
        for finding in recording.findings { Oracle.say("  \(finding)") }
        let shrunk = walker.shrunk(recording, until: .now + .seconds(shrinkMinutes * 60))
        let path = "\(output)/\(name).jsonl"
        try Oracle.write(shrunk.transcript(name: name, of: walker.subject).text, to: path)
        Oracle.say("  shrunk to \(shrunk.steps.count) operations, saved as \(path):")
        for step in shrunk.steps { Oracle.say("    \(step.operation)") }
        for finding in shrunk.findings { Oracle.say("  \(finding)") }
    }

    /// What a kernel died of, for its developers.
    private func save(_ failure: KernelFailure, name: String, of subject: Subject) throws {
        if let log = failure.log { try Oracle.write(log, to: "\(output)/\(name).log") }
        guard !failure.operations.isEmpty else { return }
        let list = OperationList(
            name: name, machine: subject.name, commandLine: subject.commandLine, operations: failure.operations)
        try Oracle.write(list.text, to: "\(output)/\(name).ops")
    }
}
