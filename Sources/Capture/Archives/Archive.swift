// SPDX-License-Identifier: Apache-2.0

import Glibc

/// Archives, which tar(1) packs and unpacks: it knows every compression.
public enum Archive {
    /// What may be unpacked at most. A small archive can hold any amount, so it is looked through before anything of it
    /// is written.
    public struct Limits: Sendable {
        /// Files, directories and links.
        public var files: Int
        /// Bytes in all files together, holes included.
        public var bytes: Int
        /// Seconds of processor time, for tar and for what decompresses for it, each.
        public var seconds: Int
        /// Bytes of memory of each.
        public var memory: Int

        /// Makes limits from their parts; what is not said is as much as a capture may be.
        public init(
            files: Int = DiskReader.mostFiles, bytes: Int = DiskReader.mostBytes, seconds: Int = 300,
            memory: Int = 1 << 30
        ) {
            (self.files, self.bytes, self.seconds, self.memory) = (files, bytes, seconds, memory)
        }
    }

    /// Unpacks an archive into a temporary directory, and reads it.
    ///
    /// - Throws: where tar(1) cannot read it, the line being its own; or where it holds too much.
    public static func read(
        _ path: String, limits: Limits = Limits(),
        _ read: (_ directory: String) throws(CaptureError) -> FileTree
    ) throws(CaptureError) -> FileTree {
        guard !isCutShort(path) else {
            throw .input("\(path): cannot be unpacked: it ends within what it holds; was it cut short?")
        }
        try survey(path, limits)
        let scratch = try ScratchDirectory()
        try tar(
            ["--extract", "--file", path, "--directory", scratch.path, "--no-same-owner", "--no-same-permissions"],
            limits, in: scratch, about: path, isInput: true)
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

    /// Looks what is in an archive, and stops where it is too much.
    private static func survey(_ path: String, _ limits: Limits) throws(CaptureError) {
        var (files, bytes) = (0, 0)
        // Names in which nothing breaks a line: no name looks like another's line.
        try tar(
            ["--list", "--verbose", "--numeric-owner", "--quoting-style=escape", "--file", path], limits, about: path,
            isInput: true
        ) { line in
            guard let size = size(in: line) else { return .keep }
            let (sum, overflow) = bytes.addingReportingOverflow(size)
            (files, bytes) = (files + 1, sum)
            return overflow || files > limits.files || bytes > limits.bytes ? .stop : .drop
        }
    }

    /// The size in a line of tar's list; nil for a line that is none of it.
    static func size(in line: ArraySlice<UInt8>) -> Int? {
        guard let type = line.first, "-bcdhlpCDLMNSV".utf8.contains(type) else { return nil }
        // Permissions, owner, size, date, time, name.
        let words = line.prefix(200).split(separator: UInt8(ascii: " "), maxSplits: 5)
        guard words.count == 6, words[0].count >= 10, words[1].contains(UInt8(ascii: "/")) else { return nil }
        // Of a device, two numbers stand there.
        let text = String(decoding: words[2], as: UTF8.self)
        guard !text.contains(",") else { return 0 }
        return Int(text).map { max(0, $0) } ?? (text.utf8.allSatisfy { $0 & 0xf0 == 0x30 } ? Int.max : nil)
    }

    /// Whether a name is one that tar(1) packs as it says: other endings are of other archives, or of nothing that it knows.
    private static func isPackable(_ path: String) -> Bool {
        let name = path.split(separator: "/").last ?? ""
        guard let dot = name.lastIndex(of: "."), dot > name.startIndex else { return true }
        let ending = String(name[name.index(after: dot)...])
        return name[..<dot].hasSuffix(".tar")
            ? ["gz", "Z", "bz2", "xz", "lzma", "lz", "lzo", "zst"].contains(ending)
            : ["tar", "tgz", "taz", "taZ", "tbz", "tbz2", "tz2", "txz", "tlz", "tzst"].contains(ending)
    }

    /// Packs a tree.
    ///
    /// - Parameters:
    ///   - path: where it will be; the name's ending says how it is compressed.
    ///   - sink: takes the archive's bytes, in pieces, once all of it is packed.
    /// - Throws: for a name that ends as no archive of tar's does, too.
    public static func write(_ tree: FileTree, as path: String, to sink: ([UInt8]) -> Void) throws(CaptureError) {
        guard isPackable(path) else {
            throw .input(
                "\(path): tar writes no such archive; let the name end with .tar, .tar.gz, .tar.xz or .tar.zst")
        }
        let scratch = try ScratchDirectory()
        let directory = scratch.path + "/tree"
        let archive = "\(scratch.path)/archive.\(path.split(separator: "/").last ?? "")"
        var writer = DiskWriter()
        // Others than root cannot read what is only to be written to, as tar does.
        if geteuid() != 0 { writer.least = UInt16(S_IRUSR) }
        try writer.make(directory, of: tree)
        // The names as they are: no leading ./, and nothing for the directory itself.
        try tar(
            [
                "--create", "--auto-compress", "--file", archive, "--directory", directory, "--sort=name",
                "--owner=root:0", "--group=root:0", "--numeric-owner",
            ] + tree.members.keys.sorted(), nil, in: scratch, about: path, isInput: false)
        let descriptor = open(archive, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw .system("\(path): \(String(cString: strerror(errno)))") }
        defer { close(descriptor) }
        var piece = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = piece.withUnsafeMutableBytes { Glibc.read(descriptor, $0.baseAddress, $0.count) }
            guard count >= 0 else { throw .system("\(path): \(String(cString: strerror(errno)))") }
            if count == 0 { return }
            sink(Array(piece.prefix(count)))
        }
    }

    private static func tar(
        _ arguments: [String], _ limits: Limits?, in scratch: ScratchDirectory? = nil, about path: String,
        isInput: Bool,
        judging judge: (ArraySlice<UInt8>) -> ProgramOutput.Verdict = { _ in .keep }
    ) throws(CaptureError) {
        // A colon in a name is no other machine's name.
        let words = ["tar", "--force-local"] + arguments
        // Where less is allowed already, that holds.
        let script = limits.map {
            "ulimit -t \($0.seconds); ulimit -v \($0.memory >> 10); exec 2>&3 3>&-; exec \"$@\""
        }
        let limited = script.map { ["sh", "-c", "exec 3>&2 2>/dev/null; \($0)", "sh"] + words } ?? words
        let begun = ContinuousClock.now
        guard let ended = ProgramOutput(of: limited, holding: scratch?.holder, judging: judge),
            limits == nil || ended.status != 127
        else {
            throw .system("tar: not found; install it, or name a directory in place of an archive")
        }
        if let limits {
            if ended.wasStopped {
                throw .input(
                    "\(path): cannot be unpacked: more than \(limits.files) files or \(limits.bytes >> 20) MiB in it")
            }
            // Where processor time ends the kernel kills. If that was what decompresses, tar may only see that there is no more.
            let killed =
                [SIGKILL, SIGXCPU].contains { ended.status == 128 + $0 }
                || ended.status != 0 && begun.duration(to: .now) >= .seconds(limits.seconds)
            if killed {
                throw .input("\(path): cannot be unpacked: it takes more than \(limits.seconds) s")
            }
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
