// SPDX-License-Identifier: Apache-2.0

/// The page of mount(8)'s helper, which takes other words than the program and ends with other statuses.
struct HelperPage {
    static let name = PageName("mount.fuse.hotmem", 8)
    let edition: Edition

    var text: String {
        var roff = Roff(Self.name, "mount a simulated machine with mount(8) or fstab(5)", edition)
        roff.section("SYNOPSIS")
        roff.synopsis([
            "\(Roff.bold("mount -t fuse.hotmem"))\n[\(Roff.bold("-o")) \(Roff.italic("options"))]\n"
                + "\(Roff.italic("machine"))\n\(Roff.italic("directory"))"
        ])
        roff.section("DESCRIPTION")
        roff.paragraph(
            "mount(8) starts this for file systems of the type fuse.hotmem. It mounts a machine's tree at a directory and "
                + "returns when the tree answers; a daemon goes on serving it, as after hotmem mount: see hotmem-mount(1)."
        )
        roff.paragraph(
            "The machine is a preset (see hotmem machine list) or the absolute path of a machine file; see hotmem.toml(5)."
        )
        roff.section("OPTIONS")
        roff.item(
            Roff.bold("cmdline=") + Roff.italic("parameters"),
            "Kernel parameters, after those of the machine file. Where they have a comma, they stand in double quotes; in "
                + "fstab(5) a blank is \\040. May be given several times.")
        roff.item(
            Roff.bold("cached"),
            "Lets the kernel keep what files say, too; hotmem-mount(1) has what that costs. "
                + "\(Roff.bold("exact")) is the default.")
        roff.item(
            Roff.bold("allow_other"),
            "Lets other users than the one who mounts see the tree. More options of FUSE are allow_root, auto_unmount, "
                + "max_read=, fsname= and subtype=; see fuse(8).")
        roff.item(Roff.bold("nonempty"), "Mounts over a directory that is not empty.")
        roff.item(
            Roff.bold("ro"),
            "And rw, exec, noexec, atime, noatime, sync, async, dirsync, context=, fscontext=, defcontext= and rootcontext= "
                + "are as for any file system; what else mount(8) takes for all of them is passed over. remount is refused."
        )
        roff.paragraph("mount(8) itself hands on:")
        roff.item(Roff.bold("-f"), "Check everything and mount nothing.")
        roff.item(
            Roff.bold("-N") + " " + Roff.italic("namespace"),
            "Mount in the mount namespace of a process, or of a file. The daemon stays in the caller's, reads the machine "
                + "file there, and does not keep the other alive.")
        roff.item(Roff.bold("-s"), "Pass over unknown options.")
        roff.item(Roff.bold("-v"), "Say what is mounted, and what boot complained of.")
        roff.section("EXIT STATUS")
        roff.item(Roff.bold("0"), "The tree is mounted and answers.")
        roff.item(Roff.bold("1"), "An unknown option, or arguments that make no sense.")
        roff.item(Roff.bold("2"), "The mount namespace cannot be entered.")
        roff.item(Roff.bold("32"), "The machine, the directory or the mounting was refused.")
        roff.section("EXAMPLES")
        roff.verbatim([
            "mount -t fuse.hotmem two-nodes /srv/m",
            "mount -t fuse.hotmem -o 'cmdline=\"mem=2G quiet\",ro' s390x /srv/m",
        ])
        roff.paragraph("In fstab(5):")
        roff.verbatim([
            "/etc/hotmem/db.toml  /srv/m  fuse.hotmem  cmdline=movable_node\\040quiet,allow_other,nofail  0 0"
        ])
        roff.references([
            PageName("hotmem-mount", 1), MachineFilePage.name, ControlsPage.name, PageName("fstab", 5),
            PageName("fuse", 8),
            PageName("mount", 8),
        ])
        return roff.text
    }
}
