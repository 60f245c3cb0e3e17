// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Capture
import Glibc
import MachineFile
import MemoryModel
import SysfsTree

/// `hotmem export`: the tree as plain files.
struct ExportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export",
        abstract: "Write the tree as plain files, for those who cannot mount.",
        discussion: """
            Writes sys and proc below a directory, as they are now: a fixture for tools that take another root, such as \
            lsmem --sysroot. Takes the machine of the world that it is in (hotmem run), the one mounted at --root, or boots \
            one with --machine, for which nothing has to be mounted. Plain files do nothing when they are written to; what \
            cannot be read in the tree has nothing in it. All is written, or nothing. In an ordinary user's archive the owner may read those, too.

            Of a captured machine exactly what was captured is written; of others all that stands for the kernel's, and \
            none of the simulator's own controls.

            EXAMPLES:
              hotmem export --machine two-nodes fixture/ && lsmem --sysroot fixture/
              hotmem export --machine bug-1234.toml --tar bug-1234.tar.xz
              hotmem run -- sh -c 'echo 0x140000000 > /sys/devices/system/memory/probe; hotmem export after/'
            """)

    @Option(
        name: .shortAndLong, help: "Boot this machine: a machine file, or a preset (see hotmem machine list).",
        completion: .machine)
    var machine: String?

    @Option(help: ArgumentHelp("Kernel parameters, after those of the machine file.", valueName: "parameters"))
    var cmdline: String?

    @Option(help: ArgumentHelp("Where the running machine's tree is mounted (default: /).", valueName: "dir"))
    var root: String?

    @Option(
        help: ArgumentHelp("Write an archive; its ending says how it is compressed.", valueName: "file"),
        completion: .file())
    var tar: String?

    @Argument(help: "The directory to write: an empty one, or one to be made.", completion: .directory)
    var directory: String?

    func validate() throws {
        guard (tar ?? directory)?.isEmpty == false else { throw ValidationError("Name a directory, or --tar FILE.") }
        guard tar == nil || directory == nil else {
            throw ValidationError("Name a directory or --tar FILE, not both: to write both, call it twice.")
        }
        guard tar != "-" else {
            throw ValidationError("An archive needs a name: its ending says how it is compressed.")
        }
        guard root == nil || machine == nil && cmdline == nil else {
            throw ValidationError("--root names a machine that runs; --machine and --cmdline boot another.")
        }
    }

    func run() throws {
        let tree = try source()
        let archive = try tar.map { path throws(Failure) in
            (path: path, file: try OutputFile(path, from: MachineOptions.files(of: machine)))
        }
        do throws(CaptureError) {
            if let archive {
                try Archive.write(tree, as: archive.path, to: archive.file.add)
            } else {
                var writer = DiskWriter()
                let progress = Progress("writing")
                writer.onProgress = { progress.show($0) }
                defer { progress.clear() }
                try writer.write(tree, into: directory ?? "")
            }
        } catch { throw error.isUsage ? Failure.usage(error.description) : Failure.failed(error.description) }
        try archive?.file.finish()
    }

    private func source() throws(Failure) -> FileTree {
        if machine != nil || cmdline != nil { return try boot() }
        return try readMounted(root ?? "/")
    }

    private func boot() throws(Failure) -> FileTree {
        var options = MachineOptions()
        options.machine = machine ?? Preset.default.name
        options.cmdline = cmdline ?? ""
        let session = TreeSession(machine: try options.boot())
        let progress = Progress("reading")
        defer { progress.clear() }
        return FileTree(of: session, areas: FileTree.areas(of: session.machine.description)) { progress.show($0) }
    }

    private func readMounted(_ root: String) throws(Failure) -> FileTree {
        let captured = try ControlFile(root: root, name: "captured").read().split(separator: "\n").map(String.init)
        let prefix = root.hasSuffix("/") ? String(root.dropLast()) : root
        var reader = DiskReader(isLive: true)
        let progress = Progress("reading")
        reader.onProgress = { progress.show($0) }
        defer { progress.clear() }
        do throws(CaptureError) {
            var tree = FileTree.empty
            for area in captured.isEmpty ? FileTree.areas : captured {
                if let found = try reader.read(prefix + area) { tree.put(found, at: area) }
            }
            return tree
        } catch { throw Failure.failed(error.description) }
    }
}
