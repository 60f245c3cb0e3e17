// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Glibc
import TreeServer

/// `hotmem mount`: a machine's tree at a directory, served by a daemon.
struct MountCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "mount",
        abstract: "Mount a simulated machine's /sys and /proc at a directory.",
        discussion: """
            Returns when the tree answers; a daemon goes on serving it. Unmount with umount or fusermount3 -u.

            EXAMPLES:
              mkdir /tmp/m && hotmem mount /tmp/m
              lsmem --sysroot /tmp/m
              echo 0x140000000 > /tmp/m/sys/devices/system/memory/probe
              umount /tmp/m
            """)

    @OptionGroup var options: MachineOptions

    @Option(
        name: .customShort("o"), help: ArgumentHelp("Mount options, as for any FUSE mount.", valueName: "options"))
    var mountOptions: [String] = []

    @Flag(name: .shortAndLong, help: "Serve from this process, until it is ended or the tree unmounted.")
    var foreground = false

    @Flag(
        name: .shortAndLong,
        help: "Say what boot complained of, and with --foreground every refusal and every uevent.")
    var verbose = false

    @Argument(help: "An empty directory.", completion: .directory)
    var mountpoint: String

    func run() throws {
        let mountOptions = try MountOptions(mountOptions)
        let place = try MountPoint(mountpoint, allowsContent: mountOptions.allowsContent)
        let machine = try options.boot(verbose: verbose)
        let server: MachineServer
        do throws(ServerError) {
            server = try MachineServer(
                machine: machine, owner: (getuid(), getgid()), options: mountOptions.fuse,
                logger: StandardErrorLog.logger(verbose: verbose))
            try server.mount(at: place.path)
        } catch { throw Failure.failed(error.reason) }
        if foreground { throw ExitCode(Background.serveUntilSignal(server)) }

        let daemon: Int32
        do throws(Failure) { daemon = try Background.daemonise(server) } catch {
            server.unmount()
            throw error
        }
        guard place.answers() else {
            kill(daemon, SIGTERM)
            throw Failure.failed("\(place.path): the tree does not answer; try again with --foreground --verbose")
        }
    }
}
