// SPDX-License-Identifier: Apache-2.0

import Capture
import Glibc

/// Archives, which tar(1) packs and unpacks: it knows every compression.
enum Archive {
    /// Unpacks an archive into a temporary directory, and reads it.
    ///
    /// - Throws: where tar(1) cannot read it; the line is its own.
    static func read(
        _ path: String, _ read: (_ directory: String) throws(CaptureError) -> FileTree
    ) throws(CaptureError) -> FileTree {
        guard !isCutShort(path) else {
            throw .input("\(path): cannot be unpacked: it ends within what it holds; was it cut short?")
        }
        let scratch = try ScratchDirectory()
        try tar(
            ["--extract", "--file", path, "--directory", scratch.path, "--no-same-owner", "--no-same-permissions"],
            about: path, isInput: true)
        do throws(CaptureError) { return try read(scratch.path) } catch {
            throw error.renaming(scratch.path, to: path)
        }
    }

    /// Whether an archive that is not compressed lacks its end, two blocks of zeros: tar(1) does not mind.
    private static func isCutShort(_ path: String) -> Bool {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        var (mark, end) = ([UInt8](repeating: 0, count: 5), [UInt8](repeating: 1, count: 1024))
        let size = lseek(descriptor, 0, SEEK_END)
        guard pread(descriptor, &mark, mark.count, 257) == mark.count, mark == Array("ustar".utf8) else { return false }
        return size < 1024 || pread(descriptor, &end, end.count, size - 1024) != end.count || end.contains { $0 != 0 }
    }

    /// Packs a tree; the name's ending says how it is compressed.
    static func write(_ tree: FileTree, to path: String) throws(CaptureError) {
        let scratch = try ScratchDirectory()
        var writer = DiskWriter()
        try writer.write(tree, into: scratch.path + "/tree")
        // The names as they are: no leading ./, and nothing for the directory itself.
        try tar(
            [
                "--create", "--auto-compress", "--file", path, "--directory", scratch.path + "/tree", "--sort=name",
                "--owner=root:0", "--group=root:0", "--numeric-owner",
            ] + tree.members.keys.sorted(), about: path, isInput: false)
    }

    private static func tar(_ arguments: [String], about path: String, isInput: Bool) throws(CaptureError) {
        // A colon in a name is no other machine's name.
        guard let ended = ProgramOutput(of: ["tar", "--force-local"] + arguments) else {
            throw .system("tar: not found; install it, or name a directory in place of an archive")
        }
        guard ended.status != 0 else { return }
        // Its last lines say that it ends, its first what it left out.
        let lines = ended.text.split(separator: "\n").filter {
            !$0.hasSuffix("exiting now") && !$0.contains("Exiting with failure") && !$0.contains("Removing leading")
        }
        // What unpacked for it knows more.
        let telling = lines.first { !$0.hasPrefix("tar: ") } ?? lines.last { !$0.contains("Child returned status") }
        let reason = telling.map { $0.hasPrefix("tar: ") ? $0.dropFirst(5) : $0 } ?? "tar ended with \(ended.status)"
        let line = "\(path): \(isInput ? "cannot be unpacked" : "cannot be written"): \(reason)"
        throw isInput ? .input(line) : .system(line)
    }
}
