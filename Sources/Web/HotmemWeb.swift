// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Glibc
import Logging
import Service
import WebServer

/// `hotmem-web`: what `hotmem web` and `hotmem run --web` start, with a socket that listens as standard input.
@main
struct HotmemWeb: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "hotmem-web", abstract: "Show a running machine in a browser.",
        discussion: "It is started by hotmem web, whose help says more.")

    @Option(help: ArgumentHelp("Where the running machine's tree is mounted (default: /).", valueName: "dir"))
    var root = "/"

    func validate() throws {
        var (isListening, size) = (Int32(0), socklen_t(MemoryLayout<Int32>.size))
        guard getsockopt(STDIN_FILENO, SOL_SOCKET, SO_ACCEPTCONN, &isListening, &size) == 0, isListening != 0 else {
            throw ValidationError("standard input is no socket that listens: use hotmem web")
        }
    }

    func run() async throws {
        var logger = Logger(label: "hotmem-web", factory: { StreamLogHandler.standardError(label: $0) })
        logger.logLevel = .critical
        Self.raiseLimit()
        let configuration = WebServer.Configuration(root: root, socket: STDIN_FILENO, writer: "/proc/self/exe") {
            Self.say("the machine does not answer")
            _exit(1)
        }
        do {
            try await WebServer(configuration, logger: logger).run { address in
                guard Self.say(address + "\n", on: STDOUT_FILENO) else {
                    // Nobody could come without it.
                    Self.say("the page's address cannot be written: \(String(cString: strerror(errno)))")
                    _exit(1)
                }
                // In the world of hotmem run, the command waits for this.
                if let socket = getenv("NOTIFY_SOCKET") {
                    ServiceManager(socket: String(cString: socket))?.tell(.ready)
                }
            }
        } catch {
            Self.complain(error)
            throw ExitCode.failure
        }
    }

    /// Descriptors for as many connections as there may be, and for what is read and written meanwhile.
    private static func raiseLimit() {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return }
        limit.rlim_cur = min(max(limit.rlim_cur, 1024), limit.rlim_max)
        setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    }

    private static func complain(_ error: any Error) {
        say((error as? MachineFileProblem)?.description ?? "the web server ended: \(error)")
    }

    private static func say(_ words: String) { _ = say("hotmem: \(words)\n", on: STDERR_FILENO) }

    /// Whether somebody took it.
    private static func say(_ text: String, on descriptor: Int32) -> Bool {
        Array(text.utf8).withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) == $0.count }
    }

    static func main() async {
        let arguments = CommandLine.arguments
        if arguments.count > 1, arguments[1] == FileWriter.verb { FileWriter.run(Array(arguments.dropFirst(2))) }
        await main(nil)
    }
}
