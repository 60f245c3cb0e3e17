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
        let configuration = WebServer.Configuration(root: root, socket: STDIN_FILENO, writer: "/proc/self/exe")
        do {
            try await WebServer(configuration, logger: logger).run { address in
                print(address)
                fflush(nil)
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

    private static func complain(_ error: any Error) {
        let words = (error as? MachineFileProblem)?.description ?? "the web server ended: \(error)"
        let line = Array("hotmem: \(words)\n".utf8)
        line.withUnsafeBytes { _ = write(STDERR_FILENO, $0.baseAddress, $0.count) }
    }

    static func main() async {
        let arguments = CommandLine.arguments
        if arguments.count > 1, arguments[1] == FileWriter.verb { FileWriter.run(Array(arguments.dropFirst(2))) }
        await main(nil)
    }
}
