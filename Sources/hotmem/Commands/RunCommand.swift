// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import TreeServer

/// `hotmem run`: a command in a private world where the tree lies over the real paths.
struct RunCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run",
        abstract: "Run a command on a simulated machine, at the real paths.",
        discussion: """
            The command sees the machine at /sys/devices/system/memory and its like, with uevents in a network \
            namespace of its own; what it writes there reaches the simulated machine only. Its exit status is the \
            command's. Where any part of the world cannot be made, the command is not started.

            UDEV:
            With --udev the system's own systemd-udevd runs in the world, with the given rules and a /run/udev of its \
            own (where the host has none, all of /run is the world's); udevadm settle, monitor, info, trigger and test \
            work there. The simulated machine's devices are then the only ones: /sys/class is empty, and for root what \
            is left of the host's /sys is read-only, as are /dev and /proc/sys. Problems with rules are said on standard error. Rules can be added while it runs, in \
            /run/udev/rules.d, with udevadm control --reload. It ends with the command: let that end with udevadm settle.

            WEB:
            With --web a page shows the machine in a browser, live, as hotmem web does: the command starts once standard \
            error has its address, and it ends with the command.

            EXAMPLES:
              hotmem run -- lsmem
              hotmem run -- sh -c 'echo 0x140000000 > /sys/devices/system/memory/probe && lsmem -a'
              hotmem run --machine two-nodes --cmdline movable_node -- ./my-script.sh
              hotmem run --web -- bash
              hotmem run --udev --rules 99-memory.rules -- ./exercise.sh
            """)

    @OptionGroup var world: WorldOptions

    @Option(
        name: .customShort("o"),
        help: ArgumentHelp("cached: the kernel keeps what files say, too (see hotmem mount).", valueName: "options"))
    var mountOptions: [String] = []

    @Flag(help: "Show the machine in a browser meanwhile, at an address that standard error gets.")
    var web = false

    @Option(help: ArgumentHelp("The port of that page (default: a free one). Means --web.", valueName: "port"))
    var webPort: UInt16?

    func run() throws {
        let caching = try chosenCaching()
        try world.run(as: self, caching: caching, webPort: web ? webPort ?? 0 : webPort)
    }

    /// A world is mounted as it has to be; what the kernel keeps is all there is to say.
    private func chosenCaching() throws(Failure) -> Caching {
        let options = mountOptions.flatMap { $0.split(separator: ",").map(String.init) }
        if let other = options.first(where: { Caching(rawValue: $0) == nil }) {
            throw Failure.usage("-o \(other): hotmem run takes -o cached and -o exact (the default) only")
        }
        return options.last.flatMap(Caching.init) ?? .exact
    }
}
