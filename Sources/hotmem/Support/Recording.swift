// SPDX-License-Identifier: Apache-2.0

import Glibc
import Journal
import MachineFile
import Transcripts

/// A transcript that is written while a command runs: the recorder, and its file.
final class Recording {
    let recorder: TranscriptRecorder
    private let file: TranscriptFile

    /// Begins one.
    ///
    /// - Parameters:
    ///   - path: the file; what it held is gone.
    ///   - boot: what the machine is booted from.
    init(to path: String, of boot: BootRecord) throws(Failure) {
        let file = try TranscriptFile(path)
        self.file = file
        let preset = Preset.all.first { $0.text == boot.text }
        let name = Self.stem(path)
        // Its bytes are characters, as everywhere in a transcript; presets are ASCII.
        let header = Transcript(
            name: name, machine: preset?.name ?? Self.stem(boot.name), commandLine: boot.commandLine,
            kernel: "hotmem \(Hotmem.version)", machineFile: preset == nil ? boot.text : nil, hasAllUevents: true,
            steps: [])
        recorder = TranscriptRecorder(header: header.header) { file.add($0) }
    }

    /// A file's name without its directory and ending.
    private static func stem(_ path: String) -> String {
        String(path.split(separator: "/").last ?? "transcript").withoutEnding
    }

    /// Writes what is left, once nobody records any more.
    func end() throws(Failure) {
        recorder.end()
        try file.end()
    }
}

/// A file that is written in large pieces. What cannot be written is said at the end.
private final class TranscriptFile {
    private let path: String
    private let descriptor: Int32
    private var bytes: [UInt8] = []
    private var error: Int32 = 0
    private static let piece = 1 << 16

    init(_ path: String) throws(Failure) {
        self.path = path
        descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw .usage("\(path): \(String(cString: strerror(errno)))") }
    }

    deinit { close(descriptor) }

    func add(_ more: [UInt8]) {
        bytes += more
        if bytes.count >= Self.piece { write() }
    }

    private func write() {
        var rest = bytes[...]
        while error == 0, !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno != EINTR { error = errno }
            rest = rest.dropFirst(max(0, count))
        }
        bytes.removeAll(keepingCapacity: true)
    }

    func end() throws(Failure) {
        write()
        guard error == 0 else {
            throw .failed("\(path): \(String(cString: strerror(error))); the recording is not whole")
        }
    }
}
