// SPDX-License-Identifier: Apache-2.0

/// What the manual says of the program as a whole, which no table of it holds.
enum ProgramText {
    static let description = [
        "hotmem shows a machine's /sys/devices/system/memory, its NUMA nodes and the /proc texts that belong to them. "
            + "Scripts, udev rules and tools read and write them as if they were the kernel's; a model of sections, zones, "
            + "nodes and memory blocks answers as Linux does: the same texts, the same errors, the same uevents. No memory "
            + "of the host is used or changed.",
        "hotmem run starts a command in a private world where the simulated machine lies over the real paths; hotmem mount "
            + "shows the machine below a directory. The machine comes with hotmem, or is described by a file; see "
            + "hotmem.toml(5). Memory is plugged in and put to use through files; see hotmem-controls(7).",
    ]

    /// The sections of the program's own page between OPTIONS and EXAMPLES.
    static func sections(_ roff: inout Roff) {
        roff.section("ENVIRONMENT")
        roff.item(Roff.bold("PATH"), "Where hotmem run looks for its command.")
        roff.item(
            Roff.bold("SYSTEMD_DEVICE_VERIFY_SYSFS"),
            "hotmem run sets it to 0 for its command, so that libudev takes a tree that is not the kernel's own sysfs. With "
                + "hotmem mount, set it yourself.")
        roff.item(
            Roff.bold("NOTIFY_SOCKET"),
            "Where a service manager hears how hotmem mount --foreground is: that it is ready, reloads, or stops; see "
                + "sd_notify(3). With it, SIGHUP means to read the machine file again.")
        roff.item(
            Roff.bold("WATCHDOG_USEC"),
            "How often, in microseconds, the service manager wants to hear that the thread which serves the tree is alive; "
                + "WATCHDOG_PID says which process is meant.")
        roff.item(
            Roff.bold("JOURNAL_STREAM"),
            "Where standard error goes to the journal it says so, and each line then begins with its level.")
        roff.section("FILES")
        roff.item(Roff.italic("/dev/fuse"), "The device that a tree is served through.")
        roff.item(Roff.italic("/sys/kernel/debug/hotmem"), "The simulator's controls; see hotmem-controls(7).")
        roff.item(
            Roff.italic("/etc/hotmem/") + Roff.italic("NAME.toml"),
            "The machine that the service hotmem@NAME serves; see hotmem.toml(5).")
        roff.item(Roff.italic("/run/hotmem/") + Roff.italic("NAME"), "Where that service mounts it.")
        roff.section("EXIT STATUS")
        roff.item(Roff.bold("0"), "All went well.")
        roff.item(Roff.bold("1"), "Something could not be done.")
        roff.item(Roff.bold("2"), "Something was asked for that cannot be: an unknown option, an impossible machine.")
        roff.paragraph("hotmem run ends as its command does; see hotmem-run(1).")
    }

    /// The exit status of a command, unless its discussion has a section of its own.
    static func exitStatus(of command: CommandDump.Command, _ discussion: Discussion, _ roff: inout Roff) {
        guard !discussion.sections.contains(where: { $0.title == "EXIT STATUS" }) else { return }
        roff.section("EXIT STATUS")
        if command.commandName == "run" {
            roff.paragraph(
                "That of the command; if a signal ended the command, hotmem ends by the same signal. If the command was not "
                    + "started: 127 where it was not found, 126 where it cannot be executed, 2 where the machine or an option "
                    + "was refused, 1 where its world could not be made.")
        } else {
            roff.paragraph("0 if all went well, 1 if something could not be done, 2 if what was asked for cannot be.")
        }
    }

    /// Pages of others that say more.
    static let elsewhere = [PageName("lsmem", 1), PageName("chmem", 8), PageName("numactl", 8), PageName("mount", 8)]
}
