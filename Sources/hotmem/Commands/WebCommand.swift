// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Glibc

/// `hotmem web`: a running machine in a browser. What serves it is a program of its own, so that hotmem stays small.
struct WebCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "web", abstract: "Show a running machine in a browser, live.",
        discussion: """
            Prints an address, and serves a page there until it gets a signal or the machine ends: the map of memory
            blocks, zones, free lists, events as they come, the pages of a block and what keeps it; with buttons for
            what a shell would do. Each button writes one line to one file, and the page shows the same in a shell. It reads
            and writes the tree's files only, like any program.

            It listens on 127.0.0.1, and answers those only who come with the address that it printed: a random token is
            in it, which is good as long as the server runs. It keeps the mounted machine busy: end it before umount.

            It is meant for a machine that hotmem mount put somewhere. In the world of hotmem run there is no network
            but the world's own, which a browser outside cannot reach.

            The program hotmem-web serves it, which is built by make web, and looked for beside hotmem and on PATH.

            EXAMPLES:
              mkdir /tmp/m && hotmem mount /tmp/m
              hotmem web --root /tmp/m
              hotmem web --root /tmp/m --port 8080
            """)

    @Option(help: ArgumentHelp("Where the running machine's tree is mounted (default: /).", valueName: "dir"))
    var root: String?

    @Option(help: "The port to listen at (default: a free one).")
    var port: UInt16 = 0

    func run() throws {
        // Said here, where it is known what to do about it.
        _ = try ControlFile(root: root ?? "/", name: "map", hasOthers: false)
        var words: [UnsafeMutablePointer<CChar>?] = []
        for word in ["hotmem-web", "--port", "\(port)"] + (root.map { ["--root", $0] } ?? []) {
            words.append(strdup(word))
        }
        words.append(nil)
        if let beside = Self.beside { execv(beside, words) }
        execvp("hotmem-web", words)
        let reason = errno == ENOENT ? "it is not there" : String(cString: strerror(errno))
        throw Failure.failed(
            "cannot start hotmem-web: \(reason); make web builds it, and make install puts it beside hotmem")
    }

    /// Where it is if it is where hotmem is.
    private static var beside: String? {
        guard let own = realpath("/proc/self/exe", nil) else { return nil }
        defer { free(own) }
        let path = String(cString: own)
        return path.lastIndex(of: "/").map { path[...$0] + "hotmem-web" }
    }
}
