// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Capture
import Glibc
import MemoryModel
import Picture

/// `hotmem capture`: a machine file from a real machine.
struct CaptureCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "capture",
        abstract: "Write a machine file from a real machine's /sys and /proc.",
        discussion: """
            Takes the running system, or a copy of one's files as bug reports and test suites carry them: a directory with \
            sys/devices/system/memory in it (or in a directory in it), or an archive of one. The machine that boots from \
            the file shows each captured file as it was, also those that no simulator knows, until something changes it; \
            what was not captured is simulated. Counters (meminfo, vmstat, numastat) go on from the captured values.

            Of a running system, memory and node directories, memory_hotplug's parameters, firmware's memory map and \
            /proc's texts about memory are taken; some of them only for root. Of its command line only the words about \
            memory hotplug are.

            A captured machine is checked against what it was made of before its file is written. What cannot be read, is \
            no text of the kernel's, or cannot be simulated is named, with exit status 2.

            EXAMPLES:
              hotmem capture > this-machine.toml
              hotmem capture --sysroot bug-1234.tar.bz2 bug-1234.toml
              hotmem run --machine bug-1234.toml -- lsmem
            """)

    @Option(
        help: ArgumentHelp(
            "Where to find sys and proc: a directory, or an archive that tar reads (default: the running system).",
            valueName: "dir|archive"),
        completion: .file())
    var sysroot: String?

    @Option(help: "The architecture, where the files do not tell it.", transform: Self.named)
    var arch: Architecture?

    @Option(
        help: "The kernel generation to simulate, in place of the one nearest to the captured kernel.",
        transform: Self.named)
    var abi: KernelABI?

    @Option(
        help: ArgumentHelp("Bytes in a page, where the files do not tell it: 4K, 16K, 64K.", valueName: "size"),
        transform: Self.pageSize)
    var pageSize: UInt64?

    @Flag(help: "Say on standard error what was captured, as JSON: one object.")
    var json = false

    @Argument(help: "Where to write the machine file; - is standard output.", completion: .file(extensions: ["toml"]))
    var file: String = "-"

    private static func named<Value: RawRepresentable<String> & CaseIterable>(_ name: String) throws -> Value {
        if let value = Value(rawValue: name) { return value }
        throw ValidationError("unknown; known are " + Value.allCases.map(\.rawValue).joined(separator: ", "))
    }

    private static func pageSize(_ text: String) throws -> UInt64 {
        let sizes = ["4K": 4096, "16K": 16384, "64K": 65536] as [String: UInt64]
        if let size = sizes[text] ?? UInt64(text), sizes.values.contains(size) { return size }
        throw ValidationError("no size of a page; known are 4K, 16K, 64K")
    }

    func run() throws {
        let capture: Capture
        do throws(CaptureError) { capture = try take() } catch {
            throw error.isUsage ? Failure.usage(error.description) : Failure.failed(error.description)
        }
        try OutputFile.write(capture.text, to: file, from: sysroot.map { [$0] } ?? [])
        Terminal.note(report(capture))
    }

    private func take() throws(CaptureError) -> Capture {
        guard let sysroot else { return try captureLive(below: "", name: "this machine") }
        return try captureCopy(sysroot)
    }

    /// - Parameter root: where sys and proc are, without a slash at its end.
    private func captureLive(below root: String, name: String) throws(CaptureError) -> Capture {
        var reader = DiskReader(isLive: true)
        let progress = Progress("reading \(root)/sys and \(root)/proc")
        reader.onProgress = { progress.show($0) }
        var tree = FileTree.empty
        // In a simulated machine's world, what tells of the processor and of pages is the host's.
        let isSimulated = CopyRoot.isSimulated(root)
        for path in Capture.liveAreas + (isSimulated ? Capture.simulatedFacts : Capture.liveFacts) {
            if let found = try reader.read(root + path), Self.isWhole(found) { tree.put(found, at: path) }
        }
        progress.clear()
        var hints = Capture.Hints(architecture: arch, abi: abi, isLive: true)
        hints.pageSize = pageSize ?? (root.isEmpty && !isSimulated ? UInt64(sysconf(Int32(_SC_PAGESIZE))) : nil)
        return try Capture(of: tree, areas: Capture.liveAreas, name: name, hints: hints)
    }

    /// Whether a file tells what it tells root; to others the kernel shows zeros for addresses, or nothing.
    private static func isWhole(_ tree: FileTree) -> Bool {
        guard case .file(let content, _) = tree else { return true }
        guard case .bytes(let bytes) = content else { return false }
        return !bytes.starts(with: "00000000-00000000 : ".utf8)
    }

    private func captureCopy(_ path: String) throws(CaptureError) -> Capture {
        guard !path.isEmpty else { throw .input("--sysroot \"\": name a directory or an archive") }
        var status = stat()
        guard stat(path, &status) == 0 else { throw .input("\(path): \(String(cString: strerror(errno)))") }
        let isDirectory = status.st_mode & S_IFMT == S_IFDIR
        if isDirectory {
            let root = try CopyRoot.find(in: path, name: path)
            if CopyRoot.isLive(root) { return try captureLive(below: root, name: path) }
        }
        guard isDirectory || status.st_mode & S_IFMT == S_IFREG else {
            throw .input("\(path): neither a directory nor an archive")
        }
        let tree =
            isDirectory
            ? try read(directory: path, name: path)
            : try Archive.read(path) { (directory) throws(CaptureError) in try read(directory: directory, name: path) }
        return try Capture(of: tree, name: path, hints: Capture.Hints(architecture: arch, abi: abi, pageSize: pageSize))
    }

    private func read(directory: String, name: String) throws(CaptureError) -> FileTree {
        let root = try CopyRoot.find(in: directory, name: name)
        var reader = DiskReader(isLive: false)
        let progress = Progress("reading \(name)")
        reader.onProgress = { progress.show($0) }
        defer { progress.clear() }
        var tree = FileTree.empty
        for top in ["sys", "proc"] {
            if let found = try reader.read("\(root)/\(top)"), found.isDirectory { tree.put(found, at: top) }
        }
        return tree
    }

    private func report(_ capture: Capture) -> String {
        let kept = capture.machine.captured?.records.count ?? 0
        guard !json else {
            return "{\"summary\": \(JSONText.text(capture.machine.summary)), \"files\": \(capture.fileCount), "
                + "\"simulated\": \(capture.simulatedCount), \"kept\": \(kept), \"guessed\": \(capture.isGuess)}\n"
        }
        return "hotmem: \(capture.machine.summary); \(capture.fileCount) files, \(capture.simulatedCount) of them as "
            + "simulated, the rest kept in \(kept) tables; \(capture.machine.abi.rawValue)"
            + (capture.isGuess ? "; the architecture is a guess, --arch tells\n" : "\n")
    }
}
