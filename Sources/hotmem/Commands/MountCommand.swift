// SPDX-License-Identifier: Apache-2.0

import ArgumentParser

/// `hotmem mount`: a machine's tree at a directory, served by a daemon.
struct MountCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "mount",
        abstract: "Mount a simulated machine's /sys and /proc at a directory.",
        discussion: """
            Returns when the tree answers; a daemon goes on serving it. Unmount with umount or fusermount3 -u. On SIGHUP
            the daemon reads the machine file again: workloads, containers and kernel parameters that can change at run
            time do, what else has changed is named in the system log and needs a restart.

            EXAMPLES:
              mkdir /tmp/m && hotmem mount /tmp/m
              lsmem --sysroot /tmp/m
              echo 0x140000000 > /tmp/m/sys/devices/system/memory/probe
              umount /tmp/m
              mount -t fuse.hotmem -o cmdline=movable_node,allow_other two-nodes /tmp/m
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

    @Flag(
        help: """
            Mount, leave the mount to the service manager and end: for a service whose daemon may not mount (see \
            hotmem@.service).
            """)
    var handOver = false

    @Argument(help: "An empty directory.", completion: .directory)
    var mountpoint: String

    func run() throws {
        let mountOptions = try MountOptions(mountOptions)
        let place =
            Mounting.handedOverDescriptor == nil
            ? try MountPoint(mountpoint, allowsContent: mountOptions.allowsContent) : MountPoint(mounted: mountpoint)
        let mounting = Mounting(
            options: options, description: try options.describe(), fuse: mountOptions.fuse, place: place,
            verbose: verbose)
        if handOver { return try mounting.handOver() }
        if foreground { throw ExitCode(try mounting.serve()) }
        try mounting.serveInBackground()
    }
}
