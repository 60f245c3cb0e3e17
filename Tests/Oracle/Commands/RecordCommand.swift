// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Foundation
import Transcripts

/// `oracle record`: operations from files, on a live kernel and on hotmem.
struct RecordCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "record",
        abstract: "Ask a kernel for lists of operations; save transcripts, say where hotmem differs.",
        discussion: """
            A list is a text file with an operation per line, after lines `machine NAME` and `cmdline TEXT`; or a transcript,
            whose operations are asked for again. A list that needs a file which this kernel lacks is passed over.

            EXAMPLE:
              printf '%s\\n' 'machine m1' 'H plug d1 134217728 1' U B > one.ops
              oracle record one.ops --output one.jsonl
            """)

    @OptionGroup var options: KernelOptions

    @Argument(help: ArgumentHelp("Lists of operations.", valueName: "file"))
    var files: [String]

    @Option(help: ArgumentHelp("The machine, if a list does not say.", valueName: "name"))
    var machine: String?

    @Option(help: ArgumentHelp("The kernel's command line, if a list does not say.", valueName: "text"))
    var cmdline = ""

    @Option(
        name: .shortAndLong,
        help: ArgumentHelp("Where to save the transcript; a directory, for several.", valueName: "file"))
    var output: String?

    func run() throws {
        // What cannot be read is to be known before the first kernel boots.
        var lists: [(OperationList, Subject)] = []
        for file in files {
            let list: OperationList
            do { list = try OperationList(path: file) } catch { throw Failure.input(error) }
            guard let machine = list.machine ?? machine else {
                throw Failure.input(
                    TextError(file: file, reason: "says no machine; begin it with `machine NAME`, or use --machine"))
            }
            let subject = try options.subject(machine: machine, commandLine: list.commandLine ?? cmdline).subject
            lists.append((list, subject))
        }
        var (passed, failed) = (0, 0)
        // The kernel is the same in each list: what the first has found out spares others their boot.
        var features: KernelFeatures?
        for (list, subject) in lists {
            let recording: Recording?
            do { recording = try recordTwice(list, subject, &features) } catch {
                // What was found so far counts for more than a kernel that went away.
                guard failed == 0 else { break }
                throw Failure.kernel(error)
            }
            guard let recording else { continue }
            Oracle.say(
                "\(list.name): \(recording.steps.count) operations, \(recording.findings.count) answered differently by hotmem"
            )
            for finding in recording.findings { Oracle.say("  \(finding)") }
            if recording.findings.isEmpty { passed += 1 } else { failed += 1 }
            guard let output else { continue }
            let name = name(of: list)
            let path = files.count == 1 ? output : "\(output)/\(name).jsonl"
            try Oracle.write(recording.transcript(name: name, of: subject).text, to: path)
        }
        Oracle.say("\(passed) passed, \(failed) failed, \(lists.count - passed - failed) passed over")
        if failed > 0 { throw ExitCode(1) }
    }

    /// What a new kernel does not repeat is chance: its own pages come and go, and what is refused for them is tried again.
    private func recordTwice(
        _ list: OperationList, _ subject: Subject, _ features: inout KernelFeatures?
    ) throws(KernelFailure) -> Recording? {
        let recording = try record(list, subject, &features)
        guard let recording, !recording.findings.isEmpty else { return recording }
        Oracle.say("\(list.name): not all of it as hotmem does it; a new kernel is asked")
        for finding in recording.findings { Oracle.say("  once: \(finding)") }
        return try record(list, subject, &features)
    }

    private func record(
        _ list: OperationList, _ subject: Subject, _ features: inout KernelFeatures?
    ) throws(KernelFailure) -> Recording? {
        if let features, passesOver(list, features) { return nil }
        return try subject.withKernel(Oracle.complain) { (kernel) throws(KernelFailure) -> Recording? in
            let found = try KernelFeatures(of: kernel)
            features = found
            return passesOver(list, found) ? nil : try Recording(kernel, subject.machine, list.operations)
        }
    }

    private func passesOver(_ list: OperationList, _ features: KernelFeatures) -> Bool {
        guard let path = list.operations.lazy.compactMap(features.missing).first else { return false }
        Oracle.say("\(list.name): passed over, for the kernel has no \(path)")
        return true
    }

    private func name(of list: OperationList) -> String {
        guard let output, files.count == 1 else { return list.name }
        return URL(filePath: output).lastPathComponent.withoutEnding
    }
}
