// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Foundation
import Transcripts

/// `oracle`: what a real kernel answers, and whether hotmem answers the same.
@main
struct Oracle: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "oracle",
        abstract: "Ask a real kernel, emulated by QEMU, and hold hotmem to its answers.",
        discussion: """
            EXAMPLES:
              oracle walk --machine m1 --seed 7                   a random walk on both, and what differs
              oracle record hotplug.ops --output hotplug.jsonl    a list of operations, as a transcript
              oracle compare Tests/KernelTests/Transcripts/*      transcripts, on hotmem alone

            Ends with 0 if hotmem answers as the kernel does, with 1 if it does not, with 2 if what it was given cannot be
            used, and with 3 if no kernel can be asked. Tests/Oracle/README.md says what operations are.
            """,
        subcommands: [WalkCommand.self, RecordCommand.self, CompareCommand.self])

    /// Parses and runs; errors are one line.
    static func main() {
        do {
            var command = try parseAsRoot()
            try command.run()
        } catch let failure as Failure {
            complain(failure.line)
            Foundation.exit(failure.status)
        } catch let code as ExitCode {
            exit(withError: code)
        } catch {
            guard exitCode(for: error) != .success else { exit(withError: error) }
            let line = message(for: error).split(separator: "\n").first.map(String.init) ?? "\(error)"
            complain(line + " (see oracle --help)")
            Foundation.exit(2)
        }
    }

    /// A line on standard output, at once: a walk takes its time.
    static func say(_ line: String) { write("\(line)\n", to: STDOUT_FILENO) }

    /// A line on standard error.
    static func complain(_ line: String) { write("oracle: \(line)\n", to: STDERR_FILENO) }

    /// Writes a file, in a directory that is made if it is not there.
    static func write(_ text: String, to path: String) throws(Failure) {
        let directory = URL(filePath: path).deletingLastPathComponent()
        do {
            try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        } catch { throw Failure(line: "\(directory.path): \(error.localizedDescription)", status: 2) }
        do { try Files.write(Array(text.utf8), to: path) } catch { throw .input(error) }
    }

    private static func write(_ text: String, to descriptor: Int32) {
        var bytes = Array(text.utf8)[...]
        while !bytes.isEmpty {
            let count = bytes.withUnsafeBytes { Foundation.write(descriptor, $0.baseAddress, $0.count) }
            guard count > 0 || errno == EINTR else { return }
            bytes = bytes.dropFirst(max(0, count))
        }
    }
}

/// Why a command ends before it is done.
struct Failure: Error {
    let line: String
    let status: Int32

    /// What was given cannot be used.
    static func input(_ error: any Error) -> Failure { Failure(line: "\(error)", status: 2) }
    /// No kernel can be asked.
    static func kernel(_ error: KernelFailure) -> Failure { Failure(line: error.description, status: 3) }
}
