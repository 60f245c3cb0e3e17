// SPDX-License-Identifier: Apache-2.0

import Capture
import Glibc

/// Archives, which tar(1) packs and unpacks: it knows every compression.
enum Archive {
    /// Unpacks an archive into a temporary directory, and reads it.
    ///
    /// - Throws: where tar(1) cannot read it; the line is its own.
    static func read(_ path: String, _ read: (_ directory: String) throws(CaptureError) -> FileTree)
        throws(CaptureError) -> FileTree
    {
        try inScratch { (directory) throws(CaptureError) in
            try tar(
                ["--extract", "--file", path, "--directory", directory, "--no-same-owner", "--no-same-permissions"],
                about: path, isInput: true)
            return try read(directory)
        }
    }

    /// Packs a tree; the name's ending says how it is compressed.
    static func write(_ tree: FileTree, to path: String) throws(CaptureError) {
        _ = try inScratch { (directory) throws(CaptureError) in
            var writer = DiskWriter()
            try writer.write(tree, into: directory + "/tree")
            // The names as they are: no leading ./, and nothing for the directory itself.
            let names = tree.members.keys.sorted()
            try tar(
                [
                    "--create", "--auto-compress", "--file", path, "--directory", directory + "/tree", "--sort=name",
                    "--owner=root:0", "--group=root:0", "--numeric-owner",
                ] + names, about: path, isInput: false)
            return FileTree.empty
        }
    }

    /// Does something with a directory that is gone afterwards.
    private static func inScratch(
        _ body: (_ directory: String) throws(CaptureError) -> FileTree
    ) throws(CaptureError) -> FileTree {
        let base = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
        var template = Array((base + "/hotmem.XXXXXX").utf8CString)
        guard mkdtemp(&template) != nil else {
            throw .system("\(base): no temporary directory can be made: \(String(cString: strerror(errno)))")
        }
        let directory = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        defer { remove(directory) }
        return try body(directory)
    }

    private static func remove(_ path: String) {
        // A directory may have come without permissions.
        chmod(path, 0o700)
        if let directory = opendir(path) {
            while let entry = readdir(directory) {
                let name = withUnsafePointer(to: &entry.pointee.d_name) {
                    $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
                }
                guard name != ".", name != ".." else { continue }
                var status = stat()
                let member = path + "/" + name
                if lstat(member, &status) == 0, status.st_mode & S_IFMT == S_IFDIR {
                    remove(member)
                } else {
                    unlink(member)
                }
            }
            closedir(directory)
        }
        rmdir(path)
    }

    private static func tar(_ arguments: [String], about path: String, isInput: Bool) throws(CaptureError) {
        guard let ended = ProgramOutput(of: ["tar"] + arguments) else {
            throw .system("tar: not found; install it, or name a directory in place of an archive")
        }
        guard ended.status != 0 else { return }
        let lines = ended.text.split(separator: "\n")
        let reason =
            lines.first.map { $0.hasPrefix("tar: ") ? $0.dropFirst(5) : $0 } ?? "tar ended with \(ended.status)"
        let line = "\(path): \(isInput ? "cannot be unpacked" : "cannot be written"): \(reason)"
        throw isInput ? .input(line) : .system(line)
    }
}
