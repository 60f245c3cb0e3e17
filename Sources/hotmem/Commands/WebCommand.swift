// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Glibc
import Logging

/// `hotmem web`: a running machine in a browser.
struct WebCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "web", abstract: "Show a running machine in a browser, live.",
        discussion: """
            Prints an address, and serves a page there until it gets a signal or the machine ends: the map of memory \
            blocks, zones, free lists, events as they come, the pages of a block and what keeps it; with buttons for \
            what a shell would do. Each button writes one line to one file, and the page shows the same in a shell. It reads \
            and writes the tree's files only, like any program.

            It listens on 127.0.0.1, and answers those only who come with the address that it printed: a random token is \
            in it, which is good as long as the server runs. It keeps the mounted machine busy: end it before umount.

            It is meant for a machine that hotmem mount put somewhere. For one of hotmem run there is hotmem run --web: \
            started in the world, this would listen on the world's own network, which a browser outside cannot reach.

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
        let program = try WebProgram(port: port)
        if root == nil {
            Terminal.complain(
                "this is the world of a hotmem run: browsers outside of it do not reach the page; hotmem run --web has one that "
                    + "they do", .warning)
        }
        try program.become(root: Self.absolute(root ?? "/"))
    }

    /// The tree's path from anywhere, for the page shows it in lines for a shell; through links as they are, for those
    /// in /proc lead where their names do not.
    private static func absolute(_ root: String) -> String {
        guard !root.hasPrefix("/"), let directory = getcwd(nil, 0) else { return root }
        defer { free(directory) }
        return String(cString: directory) + "/" + root
    }
}
