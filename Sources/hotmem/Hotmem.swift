// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Glibc
import Service

/// `hotmem`: simulated, hot-pluggable memory behind a real file system.
@main
struct Hotmem: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "hotmem",
        abstract: "Simulated, hot-pluggable memory behind a real file system.",
        discussion: """
            EXAMPLES:
              hotmem run -- lsmem                    list the memory of a simulated machine
              hotmem run --machine two-nodes -- sh   a shell on a machine with two NUMA nodes
              hotmem mount /mnt                      the same tree, mounted at /mnt
              hotmem machine list                    the machines that come with hotmem
            """,
        version: version,
        subcommands: [
            RunCommand.self, RecordCommand.self, CheckCommand.self, MountCommand.self, MachineCommand.self,
            EventsCommand.self, CaptureCommand.self, ExportCommand.self, MapCommand.self, ExplainCommand.self,
            PlanCommand.self, JournalCommand.self, FaultCommand.self,
            StudyCommand.self, WebCommand.self, UeventHelperCommand.self,
        ])

    static let version = "0.1.0"

    /// Parses and runs. Errors are one line; bad usage ends with 2, a failure with 1. Under the name of a helper of mount(8)
    /// it is one.
    static func main() {
        openStandardDescriptors()
        LogDestination.takeFuseLog()
        if MountRequest.isHelper(CommandLine.arguments.first ?? "") { MountHelper.run() }
        do {
            var command = try parseAsRoot()
            let world = (command as? RunCommand)?.world ?? (command as? RecordCommand)?.world
            try OwnWords.check(butLast: world?.command.count ?? 0)
            try command.run()
        } catch let failure as Failure {
            failure.end()
        } catch let code as ExitCode {
            exit(withError: code)
        } catch {
            if exitCode(for: error) == .success { Self.help(fullMessage(for: error)) }
            Failure.usage("\(reason(for: error)) (see \(help(for: error)))").end()
        }
    }

    /// Gives the help, or another of the parser's own answers, that the words asked for, and ends the process.
    private static func help(_ text: String) -> Never {
        do throws(Failure) { try HelpRequest.check(Array(CommandLine.arguments.dropFirst())) } catch { error.end() }
        Terminal.print(text + "\n")
        Glibc.exit(0)
    }

    /// What is wrong with the words that it was started with.
    private static func reason(for error: any Error) -> String {
        let line = message(for: error).split(separator: "\n").first.map(String.init) ?? "\(error)"
        // The parser takes a negative number for an option, and then misses a value.
        let words = Array(CommandLine.arguments.prefix { $0 != "--" })
        let isNegative = { (word: String) in word.first == "-" && word.dropFirst().first?.isNumber == true }
        guard let place = words.firstIndex(where: isNegative), place > 0,
            line.hasPrefix("Missing ") || line.contains("'\(words[place])'")
        else {
            // All that is parsed here is numbers.
            guard line.contains("is invalid for '"), line.hasSuffix("'") else { return line }
            return line + (line.contains("port <") ? ": a port is a number up to 65535" : ": it takes a whole number")
        }
        let option = words[place - 1].hasPrefix("-") ? words[place - 1] + " " : ""
        return "\(option)\(words[place]): no number here may be negative"
    }

    /// How to see the help of the command that an error is of, which is in the parser's last line.
    private static func help(for error: any Error) -> String {
        let parts = fullMessage(for: error).split(separator: "\n").last?.split(separator: "'") ?? []
        return parts.count > 1 && parts[1].hasSuffix(" --help") ? String(parts[1]) : "hotmem --help"
    }

    /// A caller may have closed them. What we open ourselves must not get their numbers, for lines are written there, and
    /// a daemon leaves them.
    private static func openStandardDescriptors() {
        for descriptor in [STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO] where fcntl(descriptor, F_GETFD) < 0 {
            // What goes to a standard output that is not there cannot be written, and that is said.
            _ = open("/dev/null", descriptor == STDOUT_FILENO ? O_RDONLY : O_RDWR)
        }
    }
}
