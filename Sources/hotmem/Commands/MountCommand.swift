// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import CLinux
import Glibc
import Uevents

/// `hotmem mount`: a machine's tree at a directory, served by a daemon.
struct MountCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "mount",
        abstract: "Mount a simulated machine's /sys and /proc at a directory.",
        discussion: """
            Returns when the tree answers; a daemon goes on serving it. Unmount with umount or fusermount3 -u.

            RELOADING:
            On SIGHUP the daemon reads the machine file again. What has changed in it since it was read last, and can \
            change in a running machine, does: a workload ends or begins, or ends and begins anew; containers are what \
            the file says; so are memhp_default_state=, memory_hotplug.online_policy=, its auto_movable_ratio= and \
            auto_movable_numa_aware=, hotmem.migrate= and hotmem.offline_policy=, though /proc/cmdline stays as booted. \
            What was changed by hand meanwhile stays as it is. What is refused is as before and tried again next time; \
            what else has changed needs a boot: of a service, stop and start. All of that is said in the system log and in hotmem events.

            Uevents are kept for hotmem events --root, and sent nowhere. Programs in a network namespace hear them as \
            their kernel's with --uevents-to; udevd then needs SYSTEMD_DEVICE_VERIFY_SYSFS=0 and the tree at /sys.

            CACHING:
            The kernel keeps names, listings and attributes, and is told what changes before the write that changed it \
            returns. With -o cached it keeps what files say, too: reading costs what it costs on sysfs. Then st_size is \
            a text's length, root hears of files that cannot be opened with the first read or write, and who reads a \
            file while it changes may see a text cut short. -o exact is the default; of options that exclude each other \
            the last holds.

            EXAMPLES:
              mkdir /tmp/m && hotmem mount /tmp/m
              lsmem --sysroot /tmp/m
              echo 0x140000000 > /tmp/m/sys/devices/system/memory/probe
              umount /tmp/m
              hotmem mount -o cached --machine huge /tmp/m
              mount -t fuse.hotmem -o cmdline=movable_node,allow_other two-nodes /tmp/m
            """)

    @OptionGroup var options: MachineOptions

    @Option(
        name: .customShort("o"),
        help: ArgumentHelp(
            "Mount options, as for any FUSE mount; and cached: the kernel keeps what files say, too.",
            valueName: "options"))
    var mountOptions: [String] = []

    @OptionGroup(title: "Time") var time: TimeOptions

    @OptionGroup(title: "Journal") var journalOptions: JournalOptions

    @Option(
        help: ArgumentHelp(
            "Send uevents into a network namespace: its name as ip netns has it, or a file such as /proc/PID/ns/net.",
            valueName: "namespace"))
    var ueventsTo: String?

    @Flag(
        help:
            "Send uevents into the network namespace that hotmem is in, though programs there take them for their own.")
    var ueventsToHost = false

    @Flag(
        name: .shortAndLong,
        help: """
            Serve from this process, until it is ended or the tree unmounted; without a service manager ($NOTIFY_SOCKET), \
            SIGHUP ends it, too.
            """)
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

    func validate() throws {
        if ueventsTo != nil, ueventsToHost { throw ValidationError("give --uevents-to or --uevents-to-host, not both") }
        if handOver, ueventsTo != nil || ueventsToHost || foreground {
            throw ValidationError("--hand-over ends at once, and what it hands over may send no uevents")
        }
    }

    /// Where uevents are to go, if anywhere.
    private func openNamespace() throws(Failure) -> Mounting.Uevents? {
        guard ueventsTo != nil || ueventsToHost else { return nil }
        let namespace = ueventsTo.map { NetworkNamespace($0) } ?? .own
        if !ueventsToHost, namespace.isHost {
            throw .usage(
                "--uevents-to \(ueventsTo ?? ""): this is the host's own network namespace, where every program would take "
                    + "these uevents for the host's; if that is meant, give --uevents-to-host")
        }
        do throws(NamespaceError) { return try namespace.open() } catch {
            throw .failed(
                "cannot send uevents into \(namespace.path): \(String(cString: strerror(error.errno)))"
                    + ([EPERM, EACCES].contains(error.errno) ? "; that takes root" : ""))
        }
    }

    @Argument(help: "An empty directory.", completion: .directory)
    var mountpoint: String

    func run() throws {
        let mountOptions = try MountOptions(mountOptions)
        if journalOptions.kept, Mounting.handedOverDescriptor == nil {
            // Whoever unmounted the tree was faster than this process.
            return MachineJournal.forget(journalOptions, at: MountPoint(mounted: mountpoint))
        }
        let isMounted = Mounting.handedOverDescriptor != nil || handOver && MountPoint(mounted: mountpoint).isServed()
        let place =
            isMounted
            ? MountPoint(mounted: mountpoint) : try MountPoint(mountpoint, allowsContent: mountOptions.allowsContent)
        // A daemon keeps nothing of its caller's: locks, and pipes that somebody reads to their end.
        if !foreground, !handOver, !journalOptions.kept { clinux_close_from(STDERR_FILENO + 1) }
        let mounting = Mounting(
            options: time.applied(to: options), pace: time.pace, journalOptions: journalOptions,
            mountOptions: mountOptions, place: place,
            verbose: verbose, uevents: try openNamespace(),
            ueventArguments: ueventsToHost ? ["--uevents-to-host"] : ueventsTo.map { ["--uevents-to", $0] } ?? [])
        if handOver { return try mounting.handOver() }
        if journalOptions.kept { throw ExitCode(try mounting.serve(isKept: true)) }
        if foreground { throw ExitCode(try mounting.serve()) }
        try mounting.serveInBackground()
    }
}
