// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Glibc
import Logging
import WebServer

/// `hotmem-web`: what `hotmem web` starts.
@main
struct HotmemWeb: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "hotmem-web", abstract: "Show a running machine in a browser.",
        discussion: "It is started by hotmem web, whose help says more.")

    @Option(help: ArgumentHelp("Where the running machine's tree is mounted (default: /).", valueName: "dir"))
    var root = "/"

    @Option(help: "The port to listen at (default: a free one).")
    var port: UInt16 = 0

    func run() async throws {
        var logger = Logger(label: "hotmem-web", factory: { StreamLogHandler.standardError(label: $0) })
        logger.logLevel = .critical
        let configuration = WebServer.Configuration(root: absolute, port: Int(port), writer: "/proc/self/exe")
        do {
            try await WebServer(configuration, logger: logger).run { address in
                print(address)
                fflush(nil)
            }
        } catch {
            Self.complain(error)
            throw ExitCode.failure
        }
    }

    /// The tree's path from anywhere: the page shows it in lines for a shell.
    private var absolute: String {
        guard let path = realpath(root, nil) else { return root }
        defer { free(path) }
        return String(cString: path)
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
